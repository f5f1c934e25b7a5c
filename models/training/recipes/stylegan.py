"""The portraits starter: a small StyleGAN2 of the world's people at 128².

A GAN that starts from nothing needs millions of pictures before it draws a face, which is days on one core. So this one
first learns by imitation: it is told a code of each portrait as z (`portrait_codes`). Its upper half learns to paint
portraits of features and styles (`stylegan_painter`), its lower half where everything lies in those features, by
imitation (`stylegan_layout`) and by a game (`stylegan_features`). Here both halves play together against critics of
whole pictures, layers are fed with mixed styles, and noise is let in. What is known of the codes goes on keeping it
from collapse.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from safetensors.torch import load_file
from torch import Tensor, nn

from models.networks import dcgan, weights
from models.networks.stylegan2 import SLOW, Generator, MappingNetwork
from models.training.contest import Sides, contest, logistic
from models.training.encoded import kept
from models.training.lab import Budget, Lab, Recipe
from models.training.measure import finish
from models.training.portrait_codes import LENGTH, encode, laid_out
from models.training.portraits import PEOPLE, Portraits, face
from models.training.starter import STARTERS
from models.training.world.people import sample_portrait

SIZE = 128
CONFIG: dict[str, Any] = {"z": 128, "w": 192, "layers": 4, "channels": (256, 256, 64, 48, 32, 24)}
MEETING = 16  # the resolution whose features the halves meet at
CRITIC = (16, 24, 48, 96, 128)  # at 64, 32, 16, 8 and 4 pixels
PLAY = 1.5e-3  # the learning rate
FRESH_NOISE = 0.05
PSI = 0.9  # what the starter begins with


def codes(lab: Lab) -> Tensor:
    """(N, z): a code of each portrait."""
    count, length = lab.budget.pictures, CONFIG["z"]
    return kept(
        lab, f"portrait-codes-by-share-{count}-{length}",
        lambda: torch.tensor([encode(sample_portrait(seed), length) for seed in range(count)]),
    )  # fmt: skip


def learn_names(lab: Lab, mapping: MappingNetwork, steps: int = 4_000, batch: int = 512) -> None:
    """Teach the mapping network to lay out what a code says, with no picture yet: the first numbers of w then are that.

    Layers that have to find it out by themselves make a blur of everything: told z they were 9 % nearer to the features
    of unseen portraits than the median of all is after 4,800 of them, told what it says 47 % after 9,600. The weights
    learn here even where they do not afterwards.
    """
    learning = [p.requires_grad for p in mapping.parameters()]
    mapping.requires_grad_(True)
    optimizer = torch.optim.Adam(mapping.parameters(), lr=5e-2 / SLOW)
    fall = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    lost = torch.zeros(2)
    for step in range(steps):
        z = torch.randn(batch, CONFIG["z"], generator=lab.generator(step))
        wanted = laid_out(z).to(lab.device)
        value = (mapping(z.to(lab.device))[:, :LENGTH] - wanted).square().mean()
        optimizer.zero_grad(set_to_none=True)
        value.backward()
        optimizer.step()
        fall.step()
        lost += torch.tensor([value.item(), wanted.square().mean().item()])
        if lab.due(step, 250):
            lab.say(f"names {step + 1}", off=lost[0].item() / 250, unlearned=lost[1].item() / 250)
            lost.zero_()
    for weight, learned in zip(mapping.parameters(), learning, strict=True):
        weight.requires_grad_(learned)


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


class Mixed(nn.Module):
    """The generator as it is trained: noise in every layer, and from some layer on the style of another picture
    (Karras et al. 2019, arXiv:1812.04948, §3.1)."""

    def __init__(self, generator: Generator) -> None:
        super().__init__()
        self.generator = generator

    def forward(self, z: Tensor, crossing: Tensor) -> Tensor:
        """(B, z) and the first layer (B,) whose style is the neighbour's, to pictures (B, 3, 128, 128)."""
        generator = self.generator
        ws = generator.styles(generator.mapping(z))
        other = torch.arange(ws.shape[1], device=z.device) >= crossing[:, None]
        ws = torch.where(other[:, :, None], ws.roll(1, 0), ws)
        return generator.synthesis(ws, lambda _, size: torch.randn(len(z), 1, size, size).to(z.device))


def inputs(draw: torch.Generator, classes: Tensor | None, count: int) -> tuple[Tensor, ...]:
    """z, and where styles are mixed: not in the first half of them, which is what is held to known portraits, too."""
    layers = 2 * len(CONFIG["channels"])
    crossing = torch.randint(1, layers, (count,), generator=draw)
    crossing[: count // 2] = layers
    return torch.randn((count, CONFIG["z"]), generator=draw), crossing


def run(lab: Lab) -> None:
    torch.manual_seed(0)
    world = Portraits(lab.root / PEOPLE, lab.budget.pictures, SIZE, lab.device)
    z = codes(lab)
    generator, twin = Generator(**CONFIG).to(lab.device), Generator(**CONFIG).to(lab.device)
    generator.load_state_dict(load_file(lab.result("stylegan-features") / "generator.safetensors"))
    let_noise_in(generator)
    sides = Sides(
        Mixed(generator), Mixed(twin), dcgan.Critic(CRITIC).to(lab.device), inputs,
        lambda model, name: look(lab, model.generator, name), logistic,
        heads=1.0, rate=PLAY, alone=100, codes=lambda seeds, draw: z[seeds],
    )  # fmt: skip
    save(lab, contest(lab, world, sides).generator)


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
    finish(
        lab, folder, name="Portraits", makes=RECIPE.makes,
        about="Portraits of people, drawn by a small StyleGAN2 that learned from Everyform's own painter.",
        parameters=sum(p.numel() for p in generator.parameters()), world=PEOPLE, defaults={"truncation_psi": PSI},
        stages=("stylegan-painter", "stylegan-layout", "stylegan-features"),
    )  # fmt: skip


RECIPE = Recipe("stylegan", "StyleGAN2: portraits of the starter world's people", run,
                cpu=Budget(steps=1_200, batch=8, pictures=10_000),
                cuda=Budget(steps=8_000, batch=64, pictures=50_000),
                needs=("stylegan-painter", "stylegan-features"),
                shipped=STARTERS / "portraits")  # fmt: skip
