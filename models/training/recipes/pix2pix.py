"""The sketch starter: pix2pix from a sketch, with dabs of colour on it where one likes, to a scene of the world."""

from __future__ import annotations

import time
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from torch import Tensor, nn

from models.networks.translators import PatchDiscriminator, UNetGenerator
from models.training.adversarial import LEAST_SQUARES, GeneratorAverage, adam, frozen, settle, update
from models.training.lab import Budget, Lab, Recipe, rate
from models.training.pictures import Pictures
from models.training.sketches import PAPERS, Sketches, dabs, difference, drawn_by_hand, papers, sketchable
from models.training.starter import STARTERS
from models.training.translated import ship_sketch

SIZE = 128
WIDTHS = (24, 48, 96, 160, 192, 192)
# From this share of the steps on, the critic plays along: before, it would only see that nothing is there yet.
ALONE = 0.5
LIKENESS = 10.0  # of the L1 loss against the critic's (the authors' λ is 100)
LINES = 16.0  # an error counts so much more where lines are dense: there the things are, and a sky is soon learned
COLOURED = 0.7  # share of the sketches that have dabs, and pictures in colours of their own


class Pairs:
    """Sketches on paper (B, 3, H, W), and the pictures that belong to them, both -1..1."""

    def __init__(self, lab: Lab) -> None:
        self.world = Pictures(lab.root / "world", lab.budget.pictures, SIZE, lab.device)
        self.seeds = torch.tensor([k for k, scene in enumerate(self.world.scenes) if sketchable(scene)])
        scenes = [self.world.scenes[k] for k in self.seeds.tolist()]
        self.sketches = Sketches(lab, scenes, SIZE)
        self.papers = papers(scenes)

    def batch(self, count: int, draw: torch.Generator) -> tuple[Tensor, Tensor, Tensor]:
        """Also how much each place counts (B, 1, H, W)."""
        chosen = torch.randint(0, len(self.seeds), (count,), generator=draw)
        own = (self.world.batch(self.seeds[chosen]) + 1) / 2
        lines, usual = (v[chosen].to(own.device).float() / 255 for v in (self.sketches.lines, self.sketches.pictures))
        paper = self.papers[chosen].to(own.device)
        coloured = (torch.rand((count, 1, 1, 1), generator=draw) < COLOURED).to(own.device)
        pictures = torch.where(coloured, own, usual)
        turned = (torch.rand((count, 1, 1, 1), generator=draw) < 0.5).to(own.device)
        pictures, lines, where = (torch.where(turned, v.flip(3), v) for v in (pictures, lines, difference(own, usual)))
        counts = 1 + LINES * F.avg_pool2d(1 - lines, 9, 1, 4)
        ground = torch.where(coloured, dabs(pictures, where, paper, draw), 1.0) * paper
        return ground * drawn_by_hand(lines, draw) * 2 - 1, pictures * 2 - 1, counts


def run(lab: Lab) -> None:
    torch.manual_seed(0)
    pairs = Pairs(lab)
    generator = UNetGenerator(3, 3, WIDTHS).to(lab.device)
    critic = started(PatchDiscriminator(6, 32, 3, norm="none", widest=96)).to(lab.device)
    average = GeneratorAverage(generator, UNetGenerator(3, 3, WIDTHS).to(lab.device), lab.budget.batch, half_life=1_000)
    ours, theirs = adam(generator, 0.5, 0.99), adam(critic, 0.5, 0.99)
    shown = pairs.batch(16, lab.generator(-1))
    sums, began = torch.zeros(3), time.process_time()
    for step in lab.steps(
        {"generator": generator, "critic": critic, "average": average, "ours": ours, "theirs": theirs}
    ):
        draw = lab.generator(step)
        sketches, pictures, counts = pairs.batch(lab.budget.batch, draw)
        dropout = float(torch.rand((), generator=draw)) * 0.5
        learning = rate(step, lab.budget.steps, 1e-3, 100)
        with lab.autocast():
            made = generator(sketches, dropout=dropout, draw=draw)
            unlike = ((made - pictures).abs() * counts).mean()
        sums[0] += unlike.item()
        if step < ALONE * lab.budget.steps:
            update(unlike, ours, learning)
        else:
            if step % 2 == 0:  # the critic is the dearer of the two, and quick to learn
                with lab.autocast():
                    real, unreal = (critic(torch.cat([sketches, p], 1)) for p in (pictures, made.detach()))
                sums[1] += 2 * update(LEAST_SQUARES.critic(real, unreal), theirs, 4e-4)
            with frozen(critic):
                with lab.autocast():
                    fooled = LEAST_SQUARES.generator(critic(torch.cat([sketches, made], 1)))
                update(LIKENESS * unlike + fooled, ours, min(learning, 5e-4))
            sums[2] += fooled.item()
        average.update(generator)
        if step % 100 == 99:
            spent, began = time.process_time() - began, time.process_time()
            lab.say(f"step {step + 1}", l1=sums[0].item() / 100, critic=sums[1].item() / 100,
                    fooled=sums[2].item() / 100,
                    processor_ms_a_sample=spent * 10 / lab.budget.batch)  # fmt: skip
            sums.zero_()
        if lab.due(step, 1000):
            look(lab, average.model, shown, f"step-{step + 1}")
    settle(average.model, (pairs.batch(32, lab.generator(10**6 + k))[0] for k in range(8)))
    look(lab, average.model, shown, "end")
    folder = Path(lab.out) / "sketch"
    folder.mkdir(parents=True, exist_ok=True)
    save_file({k: v.half().contiguous().cpu() for k, v in average.model.state_dict().items() if v.is_floating_point()},
              folder / "latest_net_G.safetensors")  # fmt: skip
    lab.figures(samples=lab.budget.steps * lab.budget.batch)
    ship_sketch(
        lab, folder, name="Sketch", makes=RECIPE.makes,
        about="A sketch, and the landscape that it could be of: trained on sketches of the starter world.",
        parameters=sum(p.numel() for p in average.model.parameters()),
        size=SIZE, papers={name: [round(255 * v) for v in paper] for name, paper in PAPERS.items()},
        statistics="trained",
    )  # fmt: skip


def started(critic: PatchDiscriminator) -> PatchDiscriminator:
    """Without norms, signals keep their size from layer to layer by He et al.'s weights (arXiv:1502.01852, eq. 15)."""
    for part in critic.modules():
        if isinstance(part, nn.Conv2d):
            nn.init.kaiming_normal_(part.weight, 0.2)
            assert part.bias is not None
            nn.init.zeros_(part.bias)
    return critic


@torch.no_grad()
def look(lab: Lab, generator: UNetGenerator, shown: tuple[Tensor, ...], name: str) -> None:
    """Sketch, what is made of it, and what it was of, side by side."""
    generator.train()  # by the batch's own statistics while those of the average are not known
    made = generator(shown[0])
    generator.eval()
    lab.sheet(name, (torch.stack([shown[0], made, shown[1]], 1).flatten(0, 1) + 1) / 2, columns=12)


RECIPE = Recipe("pix2pix", "pix2pix: a scene of the starter world from a sketch", run,
                cpu=Budget(steps=24_000, batch=4, pictures=16_384),
                cuda=Budget(steps=20_000, batch=32, pictures=100_000), shipped=STARTERS / "sketch")  # fmt: skip
