"""The portraits starter: a small StyleGAN2 of the world's people at 128².

A GAN that starts from nothing needs millions of pictures before it draws a face, which is days on one core. So this one
first learns by imitation: it is told a code of each portrait as z (`portrait_codes`). Its upper half learns to paint
portraits of features and styles (`stylegan_painter`), its lower half where everything lies in those features
(`stylegan_layout`). Here a critic comes in, that judges it on such codes and on any others; layers are fed with mixed
styles, and noise is let in. What is known of the codes goes on keeping it from collapse.
"""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from safetensors.torch import load_file
from torch import Tensor, nn

from models.networks import weights
from models.networks.stylegan2 import SLOW, Generator
from models.training.adversarial import NON_SATURATING, GeneratorAverage, adam, frozen, r1, update
from models.training.encoded import kept
from models.training.lab import Budget, HasState, Lab, Recipe
from models.training.measure import finish
from models.training.portrait_codes import LENGTH, NUMBERS, encode, named
from models.training.portraits import PEOPLE, Portraits, face
from models.training.starter import STARTERS
from models.training.world.people import VALUES, sample_portrait

SIZE = 128
CONFIG: dict[str, Any] = {"z": 128, "w": 192, "layers": 4, "channels": (256, 256, 64, 48, 32, 24)}
MEETING = 16  # the resolution whose features the halves meet at
PLAY = 1.5e-3  # the learning rate
FAITH = 12.0  # what a mean error of 1 weighs against the critic
R1, LAZY = 0.4, 8
FRESH_NOISE = 0.05
PSI = 0.9  # what the starter begins with


class Critic(nn.Module):
    """(B, 3, 128, 128) in -1..1 to scores (B, 128): half of them of places, half of the whole picture.

    Patches of 4 × 4 pixels are taken at once, which costs a processor a tenth of convolutions at full size.
    """

    def __init__(self, width: int = 96, deep: int = 128) -> None:
        super().__init__()
        self.patches = nn.Conv2d(48, width, 3, padding=1)
        self.down = nn.ModuleList(nn.Conv2d(i, deep, 3, stride=2, padding=1) for i in (width, deep, deep))
        self.places = nn.Conv2d(deep, 1, 1)
        self.last = nn.Conv2d(deep + 1, deep, 3, padding=1)
        self.whole = nn.Sequential(nn.Linear(16 * deep, deep), nn.LeakyReLU(0.2), nn.Linear(deep, 1))

    def forward(self, pictures: Tensor) -> Tensor:
        x = F.leaky_relu(self.patches(F.pixel_unshuffle(pictures, 4)), 0.2)
        x = F.leaky_relu(self.down[0](x), 0.2)
        x = F.leaky_relu(self.down[1](x), 0.2)
        places = self.places(x).flatten(1)
        x = F.leaky_relu(self.down[2](x), 0.2)
        # How much the pictures of a batch differ (Karras et al. 2018, arXiv:1710.10196, §3).
        spread = (x.var(0, unbiased=False) + 1e-8).sqrt().mean()
        x = torch.cat([x, spread.expand(len(x), 1, *x.shape[2:])], 1)
        whole = self.whole(F.leaky_relu(self.last(x), 0.2).flatten(1))
        return torch.cat([places, whole.expand(-1, places.shape[1])], 1)


def codes(lab: Lab) -> Tensor:
    """(N, z): a code of each portrait."""
    count, length = lab.budget.pictures, CONFIG["z"]
    return kept(
        lab, f"portrait-codes-{count}-{length}",
        lambda: torch.tensor([encode(sample_portrait(seed), length) for seed in range(count)]),
    )  # fmt: skip


def learn_names(lab: Lab, generator: Generator, steps: int = 1500, batch: int = 512) -> None:
    """Teach the mapping network to lay out what a code says, with no picture yet: w then holds it in the open."""
    total = LENGTH - len(NUMBERS)
    head = nn.Linear(CONFIG["w"], LENGTH).to(lab.device)
    optimizer = torch.optim.Adam(
        [{"params": generator.mapping.parameters(), "lr": 1e-3 / SLOW}, {"params": head.parameters(), "lr": 3e-3}]
    )
    fall = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    sizes = [len(values) for values in VALUES.values()]
    lost = 0.0
    for step in range(steps):
        z = torch.randn(batch, generator.z, generator=lab.generator(step))
        said, numbers = named(z)
        told = head(generator.mapping(z.to(lab.device)))
        value = (told[:, total:] - numbers.to(lab.device)).square().mean()
        for part, answer in zip(told[:, :total].split(sizes, 1), said.values(), strict=True):
            value = value + F.cross_entropy(part, answer.to(lab.device)) / len(sizes)
        optimizer.zero_grad(set_to_none=True)
        value.backward()
        optimizer.step()
        fall.step()
        lost += value.item()
        if step % 250 == 249:
            lab.say(f"names {step + 1}", loss=lost / 250)
            lost = 0.0


def difference(made: Tensor, real: Tensor) -> Tensor:
    """Mean absolute error at three sizes, and that of the slopes; what is where the face is counts three times."""
    off = made - real
    weigh = face(made.shape[-1]).to(made.device)
    value = (off.abs() * weigh).mean()
    for scale in (2, 4):
        value = value + 0.5 * (F.avg_pool2d(off, scale).abs() * F.avg_pool2d(weigh, scale)).mean()
    across, down = (off[..., 1:] - off[..., :-1]).abs(), (off[..., 1:, :] - off[..., :-1, :]).abs()
    return value + (across * weigh[..., 1:]).mean() + (down * weigh[..., 1:, :]).mean()


def silent(_layer: int, _resolution: int) -> None:
    return None


class Training:
    """Both sides, their optimizers, and the steps that they take."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.generator, twin = Generator(**CONFIG).to(lab.device), Generator(**CONFIG).to(lab.device)
        self.critic = Critic().to(lab.device)
        self.average = GeneratorAverage(self.generator, twin, lab.budget.batch, half_life=100 * lab.budget.batch)
        self.player, self.judge = adam(self.generator), adam(self.critic)

    def parts(self) -> dict[str, HasState]:
        return {"generator": self.generator, "critic": self.critic, "average": self.average,
                "player": self.player, "judge": self.judge}  # fmt: skip

    def play(self, step: int, z: Tensor, real: Tensor, rate: float) -> tuple[float, float, float]:
        """One step of each side: half of the pictures are made from known codes, half from any, some of two styles."""
        draw = self.lab.generator(step + 1_000_000)
        generator, half = self.generator, len(z) // 2

        def noise(_layer: int, resolution: int) -> Tensor:
            return torch.randn(len(z), 1, resolution, resolution, generator=draw).to(z.device)

        unknown = torch.randn(2 * (len(z) - half), generator.z, generator=draw).to(z.device)
        w = generator.mapping(torch.cat([z[:half], unknown]))
        ws = generator.styles(w[: len(z)])
        mixed = generator.styles(w[len(z) :])
        # Style mixing (Karras et al. 2019, arXiv:1812.04948, §3.1): from some layer on the style is another's.
        rows = torch.stack([self._crossing(step * len(z) + k) for k in range(len(mixed))]).to(z.device)
        ws = torch.cat([ws[:half], torch.where(rows[:, :, None], mixed, ws[half:])])
        made = generator.synthesis(ws, noise)
        loss = NON_SATURATING.critic(self.critic(real), self.critic(made.detach()))
        if step % LAZY == 0:
            part = real[: max(len(real) // 2, 1)]
            loss = loss + R1 / 2 * LAZY * r1(lambda x: self.critic(x).mean(1), part)
        judged = update(loss, self.judge, rate)
        off = difference(made[:half], real[:half])
        with frozen(self.critic):
            fooled = NON_SATURATING.generator(self.critic(made))
            update(fooled + FAITH * off, self.player, rate)
        self.average.update(generator)
        return judged, fooled.item(), off.item()

    def _crossing(self, key: int) -> Tensor:
        """(layers + 1,): where the other style is taken; nowhere in half of all pictures."""
        dice = random.Random(f"mix {key}")
        layers = self.generator.synthesis.layers + 1
        start = dice.randrange(1, layers) if dice.random() < 0.5 else layers
        return torch.arange(layers) >= start


def run(lab: Lab) -> None:
    torch.manual_seed(0)
    world = Portraits(lab.root / PEOPLE, lab.budget.pictures, SIZE, lab.device)
    z = codes(lab)
    training = Training(lab)
    total = torch.zeros(3)
    for step in lab.steps(training.parts()):
        if step == 0:
            learned = load_file(lab.result("stylegan-layout") / "generator.safetensors")
            for network in (training.generator, training.average.model):
                network.load_state_dict(learned)
                let_noise_in(network)
        seeds = torch.randint(0, len(z), (lab.budget.batch,), generator=lab.generator(step))
        speed = min(1.0, (step + 1) / 50, (lab.budget.steps - step) / (0.3 * lab.budget.steps))
        total += torch.tensor(training.play(step, z[seeds], world.batch(seeds), PLAY * speed))
        if step % 50 == 49:
            names = ("critic", "generator", "off")
            lab.say(f"step {step + 1}", **dict(zip(names, (total / 50).tolist(), strict=True)))
            total.zero_()
        if step % 200 == 199:
            look(lab, training.average.model, f"step-{step + 1}")
    save(lab, training.average.model)


def let_noise_in(generator: Generator) -> None:
    """What no code names, strands of hair and puffs of cloud, needs something to be drawn from."""
    for resolution in generator.synthesis.resolutions[3:]:
        block = getattr(generator.synthesis, f"b{resolution}")
        for layer in (block.conv0, block.conv1):
            nn.init.constant_(layer.noise_strength, FRESH_NOISE)


@torch.inference_mode()
def look(lab: Lab, generator: Generator, name: str) -> None:
    z = torch.randn(32, generator.z, generator=lab.generator(7)).to(lab.device)
    lab.sheet(name, generator.synthesis(generator.styles(generator.mapping(z)), silent) / 2 + 0.5)


@torch.inference_mode()
def save(lab: Lab, generator: Generator) -> None:
    generator.mapping.w_avg.copy_(generator.mean_w(lab.generator(8)))
    folder = Path(lab.out) / "portraits"
    weights.save(generator, folder, "stylegan", **CONFIG)
    lab.figures(samples=lab.budget.steps * lab.budget.batch)
    finish(
        lab, folder, name="Portraits", makes=RECIPE.makes,
        about="Portraits of people, drawn by a small StyleGAN2 that learned from Everyform's own painter.",
        parameters=sum(p.numel() for p in generator.parameters()), world=PEOPLE, defaults={"truncation_psi": PSI},
        stages=("stylegan-painter", "stylegan-layout"),
    )  # fmt: skip


RECIPE = Recipe("stylegan", "StyleGAN2: portraits of the starter world's people", run,
                cpu=Budget(steps=1_000, batch=16, pictures=10_000),
                cuda=Budget(steps=8_000, batch=64, pictures=50_000), needs=("stylegan-painter", "stylegan-layout"),
                shipped=STARTERS / "portraits")  # fmt: skip
