"""The lower half of the DCGAN starter's generator: from a code to the features that its painter paints of.

Two cores see too few pictures for a game from nothing: after forty thousand the things are still blobs with a weave,
and a decoder of whole pictures has not found the things by then either. Of features it sees ten times as many in that
time. So the half learns as the decoder of a variational autoencoder of features (Larsen et al. 2016, arXiv:1512.09300,
do so with what a critic notices); what it gets wrong is what the game is for.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from models.training.adversarial import GeneratorAverage
from models.training.encoded import kept
from models.training.lab import Budget, Lab, Recipe, descend, rate
from models.training.pictures import Pictures
from models.training.presence import presence
from models.training.recipes.dcgan import CHANNELS, LATENT, MEETING, SIZE, generator, lower
from models.training.recipes.dcgan_painter import Halves

HALF_LIFE = 20_000  # features, of the average
SIDE = 4 << MEETING
NAT = 1.5e-4  # what a nat costs that a code tells, against the mean difference of features
WARM_UP = 0.3  # of the training, until it costs in full (Sønderby et al. 2016, arXiv:1602.02282, §2.3)
THINGS = 6.0  # how much more a place counts where a thing shows: they cover an eighth of a picture
WIDTHS = (128, 256)  # of the encoder, at 8 and 4 places a side


class Codes(nn.Module):
    """Features (B, C, 16, 16) to the mean and the log variance (B, LATENT) of the numbers that they are made from."""

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        before = CHANNELS[MEETING]
        for width in WIDTHS:
            layers += [nn.Conv2d(before, width, 4, 2, 1), nn.BatchNorm2d(width), nn.LeakyReLU(0.2)]
            before = width
        side = SIDE >> len(WIDTHS)
        self.main = nn.Sequential(*layers, nn.Flatten(), nn.Linear(before * side**2, 2 * LATENT))

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor]:
        mean, spread = self.main(features).chunk(2, 1)
        return mean, spread.clamp(-8, 2)


class Pair(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.codes, self.lower = Codes(), lower(generator())

    def made(self, code: Tensor) -> Tensor:
        """(B, C, 16, 16) of (B, LATENT)."""
        return self.lower(code[:, :, None, None])


def drawn(mean: Tensor, spread: Tensor, draw: torch.Generator) -> Tensor:
    """(B, LATENT) of normal numbers with that mean and log variance."""
    return mean + (spread / 2).exp() * torch.randn(mean.shape, generator=draw).to(mean.device)


def nats(mean: Tensor, spread: Tensor) -> Tensor:
    """(B,) of the divergence from standard normal numbers (Kingma & Welling 2014, arXiv:1312.6114, appendix B)."""
    return (mean.square() + spread.exp() - 1 - spread).sum(1) / 2


@torch.inference_mode()
def features(painter: Halves, world: Pictures) -> Tensor:
    """(N, C, 16, 16), half precision: what the painter is told of each picture."""
    parts: Iterator[Tensor] = (
        painter.encoder(world.batch(torch.arange(start, min(start + 64, world.count)))).half().cpu()
        for start in range(0, world.count, 64)
    )
    return torch.cat(list(parts))


def run(lab: Lab) -> None:
    torch.manual_seed(0)
    world = Pictures(lab.root / "world", lab.budget.pictures, SIZE, lab.device)
    painter = Halves().to(lab.device)
    painter.load_state_dict(load_file(lab.result("dcgan-painter") / "halves.safetensors"))
    painter.eval().requires_grad_(False)
    mark = f"{float(painter.encoder[0].weight.double().sum()):.6f}"  # type: ignore[union-attr,operator]
    store = kept(lab, f"dcgan-features-{world.count}-{mark}", lambda: features(painter, world))
    places = kept(lab, f"presence-{world.count}", lambda: presence(world.scenes, SIDE, lab.device))
    model, twin = Pair().to(lab.device), Pair().to(lab.device)
    average = GeneratorAverage(model, twin, lab.budget.batch, half_life=HALF_LIFE)
    optimizer = torch.optim.AdamW(model.parameters(), lr=0, betas=(0.9, 0.99), weight_decay=0.01)
    told = torch.zeros(2)
    for step in lab.steps({"model": model, "average": average, "optimizer": optimizer}):
        draw = lab.generator(step)
        seeds = torch.randint(0, world.count, (lab.budget.batch,), generator=draw).to(store.device)
        real, there = store[seeds].float(), places[seeds].float()
        mean, spread = model.codes(real)
        made = model.made(drawn(mean, spread, draw))
        off = ((made - real).abs() * (1 + THINGS * there)).mean()
        known = nats(mean, spread).mean()
        cost = NAT * min(1.0, (step + 1) / (WARM_UP * lab.budget.steps))
        descend(off + cost * known, model, optimizer, rate(step, lab.budget.steps, 2e-3))
        average.update(model)
        told += torch.tensor([off.item(), known.item()])
        if step % 100 == 99:
            lab.say(f"step {step + 1}", **dict(zip(("off", "nats"), (told / 100).tolist(), strict=True)))
            told.zero_()
        if step % 500 == 499:
            look(lab, painter, average.model, store[:32].float(), f"step-{step + 1}")
    look(lab, painter, average.model, store[:32].float(), "end")
    folder = lab.state / "result"
    folder.mkdir(parents=True, exist_ok=True)
    save_file({k: v.contiguous().cpu() for k, v in average.model.state_dict().items()}, folder / "codes.safetensors")
    lab.figures(samples=lab.budget.steps * lab.budget.batch)


@torch.no_grad()
def look(lab: Lab, painter: Halves, model: Pair, real: Tensor, name: str) -> None:
    """What is painted of features beside what is painted of their codes, then some of chance."""
    model.eval()
    mean, _ = model.codes(real)
    chance = torch.randn((len(real), LATENT), generator=lab.generator(2)).to(real.device)
    shown = [painter.upper(part) for part in (real, model.made(mean), model.made(chance))]
    model.train()
    both = torch.stack(shown[:2], 1).flatten(0, 1)
    lab.sheet(name, (torch.cat([both[: len(real)], shown[2]]) + 1) / 2)


RECIPE = Recipe("dcgan-codes", "the layers of the DCGAN starter below those that paint", run,
                cpu=Budget(steps=2_500, batch=64, pictures=22_528),
                cuda=Budget(steps=10_000, batch=256, pictures=100_000), needs=("dcgan-painter",))  # fmt: skip
