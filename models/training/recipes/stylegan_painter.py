"""The upper half of the portraits starter: from 16 × 16 features and a style to portraits, learned with an encoder.

Two cores see too few portraits for a game about pixels from nothing. So the layers that paint learn first what there is
to paint, as the decoder of an autoencoder; from the start with the styles that they will have, which is why these say
some of it.
"""

from __future__ import annotations

import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from models.networks.stylegan2 import GAIN, Generator
from models.training import halves
from models.training.adversarial import GeneratorAverage
from models.training.lab import Budget, Lab, Recipe, descend, rate
from models.training.portraits import PEOPLE, Portraits
from models.training.recipes.stylegan import CONFIG, MEETING, SIZE, codes, difference, learn_names, silent

HALF_LIFE = 2_000  # portraits, of the average
GRAIN = 0.2  # what is told will never be exact: the painter learns to stand that much noise


class Painter(nn.Module):
    """An encoder of portraits (B, 3, 128, 128) to features (B, C, 16, 16), and the generator, of which it paints."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = halves.encoder(CONFIG["channels"][MEETING.bit_length() - 3], nn.LeakyReLU(0.2))
        self.generator = Generator(**CONFIG)
        # What is below has no part yet, nor may it have one of its own later.
        for resolution in self.generator.synthesis.resolutions:
            block = getattr(self.generator.synthesis, f"b{resolution}")
            nn.init.zeros_(block.torgb.weight)
            block.requires_grad_(resolution > MEETING)
            block.torgb.requires_grad_(resolution >= MEETING)
        self.generator.mapping.requires_grad_(False)

    def features(self, portraits: Tensor) -> Tensor:
        return self.encoder(portraits) * GAIN

    def painted(self, features: Tensor, w: Tensor) -> Tensor:
        """Portraits (B, 3, 128, 128) of features and (B, w)."""
        synthesis, ws = self.generator.synthesis, self.generator.styles(w)
        picture = synthesis.seen(MEETING, features, ws, None)
        for resolution, above in synthesis.features(ws, silent, features):
            picture = synthesis.seen(resolution, above, ws, picture)
        return picture

    def forward(self, portraits: Tensor, z: Tensor, draw: torch.Generator) -> Tensor:
        features = self.features(portraits)
        grain = torch.randn(features.shape, generator=draw).to(features)
        return self.painted(features + GRAIN * grain, self.generator.mapping(z))


def run(lab: Lab) -> None:
    torch.manual_seed(0)
    world = Portraits(lab.root / PEOPLE, lab.budget.pictures, SIZE, lab.device)
    z = codes(lab)
    model, twin = Painter().to(lab.device), Painter().to(lab.device)
    average = GeneratorAverage(model, twin, lab.budget.batch, half_life=HALF_LIFE)
    learned = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.Adam(learned, lr=0, betas=(0.9, 0.99))
    shown = torch.arange(16)
    total = 0.0
    for step in lab.steps({"model": model, "average": average, "optimizer": optimizer}):
        if step == 0:
            learn_names(lab, model.generator.mapping)
            twin.generator.mapping.load_state_dict(model.generator.mapping.state_dict())
        draw = lab.generator(step)
        seeds = torch.randint(0, len(z), (lab.budget.batch,), generator=draw)
        real = world.batch(seeds)
        off = difference(model(real, z[seeds], draw), real)
        total += descend(off, model, optimizer, rate(step, lab.budget.steps, 3e-3))
        average.update(model)
        if step % 100 == 99:
            lab.say(f"step {step + 1}", loss=total / 100)
            total = 0.0
        if lab.due(step, 400):
            look(lab, average.model, world.batch(shown), z[shown], f"step-{step + 1}")
    look(lab, average.model, world.batch(shown), z[shown], "end")
    halves.leave(lab, average.model, "painter")
    lab.figures(samples=lab.budget.steps * lab.budget.batch)


def learned_painter(lab: Lab) -> Painter:
    """The one that the last run of this recipe left."""
    painter = Painter()
    painter.load_state_dict(load_file(lab.result("stylegan-painter") / "painter.safetensors"))
    return painter.to(lab.device).eval()


@torch.no_grad()
def look(lab: Lab, model: Painter, real: Tensor, z: Tensor, name: str) -> None:
    """Portraits beside what is painted of their features."""
    model.eval()
    made = model.painted(model.features(real), model.generator.mapping(z))
    model.train()
    lab.sheet(name, torch.stack([real, made], 1).flatten(0, 1) / 2 + 0.5)


RECIPE = Recipe("stylegan-painter", "the layers of the portraits starter that paint", run,
                cpu=Budget(steps=1_600, batch=16, pictures=10_000),
                cuda=Budget(steps=8_000, batch=64, pictures=50_000))  # fmt: skip
