"""What the DCGAN starter's generator begins with: it has learned, as a decoder, what pictures there are to paint.

Two cores see too few pictures for a game from nothing: after forty thousand the things are still blobs with a weave. A
variational autoencoder with the generator as its decoder hears of every pixel (Larsen et al. 2016, arXiv:1512.09300);
its pictures are blurred, which is what the game is for.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from torch import Tensor, nn

from models.training.adversarial import GeneratorAverage
from models.training.encoded import kept
from models.training.lab import Budget, Lab, Recipe, descend, rate
from models.training.pictures import Pictures
from models.training.presence import presence
from models.training.projected import Glance
from models.training.psnr import psnr
from models.training.recipes.dcgan import LATENT, SIZE, generator
from models.training.recipes.scenes_autoencoder import difference

HALF_LIFE = 5_500  # pictures, of the average
NAT = 3e-4  # what a nat costs that a picture's numbers tell of it, against its mean difference
WARM_UP = 0.3  # of the training, until it costs in full (Sønderby et al. 2016, arXiv:1602.02282, §2.3)
THINGS = 4.0  # how much more a pixel counts where a thing shows: they cover an eighth of a picture
NOTICED = 0.15  # what the reader notices of a picture, against its pixels: things are small, and much to a reader
WIDTHS = (24, 48, 64, 96, 128)  # of the encoder, at 64, 32, 16, 8 and 4 pixels


class Codes(nn.Module):
    """Pictures (B, 3, S, S) in -1..1 to the mean and the log variance (B, LATENT) of the numbers that they are made
    from."""

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        before = 3
        for k, width in enumerate(WIDTHS):
            layers.append(nn.Conv2d(before, width, 4, 2, 1))
            if k:
                layers.append(nn.BatchNorm2d(width))
            layers.append(nn.LeakyReLU(0.2))
            before = width
        self.main = nn.Sequential(*layers, nn.Flatten(), nn.Linear(before * (SIZE >> len(WIDTHS)) ** 2, 2 * LATENT))

    def forward(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        mean, spread = self.main(pictures).chunk(2, 1)
        return mean, spread.clamp(-8, 2)


class Pair(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.codes, self.generator = Codes(), generator()


def drawn(mean: Tensor, spread: Tensor, draw: torch.Generator) -> Tensor:
    """(B, LATENT) of normal numbers with that mean and log variance."""
    return mean + (spread / 2).exp() * torch.randn(mean.shape, generator=draw).to(mean.device)


def nats(mean: Tensor, spread: Tensor) -> Tensor:
    """(B,) of the divergence from standard normal numbers (Kingma & Welling 2014, arXiv:1312.6114, appendix B)."""
    return (mean.square() + spread.exp() - 1 - spread).sum(1) / 2


def run(lab: Lab) -> None:
    torch.manual_seed(0)
    world = Pictures(lab.root / "world", lab.budget.pictures, SIZE, lab.device)
    layout = torch.channels_last
    model, twin = (Pair().to(lab.device).to(memory_format=layout) for _ in range(2))  # type: ignore[call-overload]
    average = GeneratorAverage(model, twin, lab.budget.batch, half_life=HALF_LIFE)
    optimizer = torch.optim.AdamW(model.parameters(), lr=0, betas=(0.9, 0.99), weight_decay=0.01)
    glance = Glance().to(lab.device)
    places = kept(lab, f"presence-{world.count}", lambda: presence(world.scenes, 16, lab.device))
    shown = world.batch(torch.arange(32))
    told = torch.zeros(3)
    for step in lab.steps({"model": model, "average": average, "optimizer": optimizer}):
        draw = lab.generator(step)
        seeds = torch.randint(0, world.count, (lab.budget.batch,), generator=draw)
        real = world.batch(seeds).contiguous(memory_format=layout)
        mean, spread = model.codes(real)
        made = model.generator(drawn(mean, spread, draw))
        there = F.interpolate(places[seeds.to(places.device)].float(), SIZE)
        off, known = difference(made, real) + THINGS * (there * (made - real).abs()).mean(), nats(mean, spread).mean()
        noticed = unlike(glance, made, real)
        cost = NAT * min(1.0, (step + 1) / (WARM_UP * lab.budget.steps))
        descend(off + NOTICED * noticed + cost * known, model, optimizer, rate(step, lab.budget.steps, 2e-3))
        average.update(model)
        told += torch.tensor([off.item(), noticed.item(), known.item()])
        if step % 100 == 99:
            names = ("off", "noticed", "nats")
            lab.say(f"step {step + 1}", **dict(zip(names, (told / 100).tolist(), strict=True)))
            told.zero_()
        if step % 500 == 499:
            look(lab, average.model, shown, f"step-{step + 1}")
    found = look(lab, average.model, shown, "end")
    folder = lab.state / "result"
    folder.mkdir(parents=True, exist_ok=True)
    save_file({k: v.contiguous().cpu() for k, v in average.model.state_dict().items()}, folder / "pair.safetensors")
    lab.figures(samples=lab.budget.steps * lab.budget.batch, psnr_db=found)


def unlike(glance: Glance, made: Tensor, real: Tensor) -> Tensor:
    """How much else the reader notices in the one than in the other, against all that it notices."""
    with torch.no_grad():
        wanted = glance(real)
    pairs = zip(glance(made), wanted, strict=True)
    return sum(((one - other).abs().mean() / other.abs().mean() for one, other in pairs), made.new_zeros(()))


@torch.no_grad()
def look(lab: Lab, model: Pair, real: Tensor, name: str) -> float:
    """Pictures beside what is painted of their codes, then some of chance; the PSNR of the first in dB."""
    model.eval()
    mean, _ = model.codes(real)
    copies = model.generator(mean)
    chance = model.generator(torch.randn((len(real), LATENT), generator=lab.generator(2)).to(real.device))
    model.train()
    both = torch.stack([real, copies], 1).flatten(0, 1)
    lab.sheet(name, (torch.cat([both[: len(real)], chance]) + 1) / 2)
    found = psnr((copies + 1) / 2, (real + 1) / 2)
    lab.say(name, psnr_db=found)
    return round(found, 2)


RECIPE = Recipe("dcgan-codes", "what the DCGAN starter's generator begins with: pictures from their codes", run,
                cpu=Budget(steps=2_400, batch=16, pictures=22_528),
                cuda=Budget(steps=8_000, batch=64, pictures=100_000))  # fmt: skip
