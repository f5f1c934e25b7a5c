"""The lower half of the portraits starter plays against a critic of features, in the space that its painter paints of.

Imitation (`stylegan_layout`) makes a mean of whatever codes leave open, and a mean of faces has no eyes. A critic finds
that out; and a critic of 16 × 16 features sees ten portraits in the time that one of pixels takes for one.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from safetensors.torch import load_file
from torch import Tensor, nn

from models.training import halves
from models.training.adversarial import GeneratorAverage, adam, move, update
from models.training.contest import falling, logistic, pull
from models.training.lab import Budget, Lab, Recipe
from models.training.portraits import face
from models.training.projected import spread
from models.training.recipes.stylegan import CONFIG, MEETING
from models.training.recipes.stylegan_layout import Layout, lessons, look
from models.training.recipes.stylegan_painter import GRAIN, learned_painter

RATE, CRITIC_RATE = 3e-3, 2e-4
HALF_LIFE = 3_000  # features, of the average
R1 = 10.0  # with 1, the critic had won after four hundred steps: its loss was 0.16
FAITH = 1.0  # how hard the portraits pull that half of a batch is told the codes of, the critic pulling with 1
ALONE = 100  # steps that the critic learns first, the generator holding still


class FeatureCritic(nn.Module):
    """Features (B, C, 16, 16) to scores (B, 1): of places and of the whole, added."""

    def __init__(self, channels: int, width: int = 96, deep: int = 160) -> None:
        super().__init__()
        self.near = nn.Conv2d(channels, width, 3, padding=1)
        self.halved = nn.Conv2d(width, deep, 4, 2, 1)
        self.places = nn.Conv2d(deep, 1, 1)
        self.last = nn.Conv2d(deep + 1, deep, 4, 2, 1)
        self.whole = nn.Sequential(nn.Linear(16 * deep, deep), nn.LeakyReLU(0.2), nn.Linear(deep, 1))

    def forward(self, features: Tensor) -> Tensor:
        x = F.leaky_relu(self.halved(F.leaky_relu(self.near(features), 0.2)), 0.2)
        places = self.places(x).mean((1, 2, 3))
        x = F.leaky_relu(self.last(torch.cat([x, spread(x)], 1)), 0.2)
        return places[:, None] + self.whole(x.flatten(1))


def run(lab: Lab) -> None:
    torch.manual_seed(0)
    given = lessons(lab)
    z, store = given.z, given.store
    model, twin = (Layout(learned_painter(lab).generator) for _ in range(2))
    for layout in (model, twin):
        layout.generator.load_state_dict(load_file(lab.result("stylegan-layout") / "generator.safetensors"))
    critic, batch = FeatureCritic(CONFIG["channels"][MEETING.bit_length() - 3]).to(lab.device), lab.budget.batch
    average = GeneratorAverage(model, twin, batch, half_life=HALF_LIFE)
    player, judge = adam(model), adam(critic)
    weigh, total = face(MEETING).to(lab.device), torch.zeros(3)
    for step in lab.steps({"model": model, "critic": critic, "average": average, "player": player, "judge": judge}):
        draw = lab.generator(step)
        seeds = torch.randint(0, len(z), (batch,), generator=draw)
        real = store[seeds].float().to(lab.device)
        told = z[seeds[: batch // 2]]
        # The grain that the painter stands: without it the critic could live on what nobody will see.
        grain = GRAIN * torch.randn((2 * batch, *real.shape[1:]), generator=draw).to(real)
        whole = model(torch.cat([torch.randn((batch, z.shape[1]), generator=draw), told]).to(lab.device))
        made, copies = whole[:batch], whole[batch:]
        speed = falling(lab, step)
        judge.zero_grad(set_to_none=True)
        by_critic, wanted = logistic(critic, real + grain[:batch], made.detach() + grain[batch:], step, draw, R1)
        move(judge, CRITIC_RATE * speed)
        off = ((copies - real[: batch // 2]).abs() * weigh).mean()
        if step >= ALONE:
            (way,) = torch.autograd.grad(off, copies, retain_graph=True)
            update(pull(made, wanted) + FAITH * pull(copies, way), player, RATE * speed)
            average.update(model)
        total += torch.tensor([by_critic, off.item(), (wanted.norm() * batch**0.5).item()])
        if step % 50 == 49:
            names = ("critic", "off", "slope")
            lab.say(f"step {step + 1}", **dict(zip(names, (total / 50).tolist(), strict=True)))
            total.zero_()
        if lab.due(step, 250):
            look(lab, given, average.model, f"step-{step + 1}")
    look(lab, given, average.model, "end")
    halves.leave(lab, average.model.generator, "generator")
    lab.figures(samples=lab.budget.steps * batch)


RECIPE = Recipe("stylegan-features", "the layers of the portraits starter below those that paint, by a game", run,
                cpu=Budget(steps=1_200, batch=16, pictures=10_000),
                cuda=Budget(steps=20_000, batch=128, pictures=50_000),
                needs=("stylegan-painter", "stylegan-layout"))  # fmt: skip
