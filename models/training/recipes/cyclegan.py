"""The seasons starter: CycleGAN between summer and winter, from pictures of either that do not belong together."""

from __future__ import annotations

import time
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from models.networks.translators import PatchDiscriminator, ResnetGenerator
from models.training.adversarial import LEAST_SQUARES, GeneratorAverage, adam, frozen, update
from models.training.copying import copying
from models.training.lab import Budget, Lab, Recipe, rate
from models.training.pictures import Pictures
from models.training.recipes.pix2pix import started
from models.training.starter import STARTERS
from models.training.translated import in_daylight, ship_seasons

SIZE, CROP = 128, 64  # it is learned on pieces: what season it is shows everywhere
DOMAINS = ("summer", "winter")
COPYING = 0.06  # share of the steps in which both learn to copy, before there is a critic
# Against the critics': of the way there and back at first and at the end, and of what is in its season already. The
# paper's 10 from the start held everything where it was, and the critics were fooled with fine dots.
CYCLE, LOOSE, SELF = (2.0, 5.0), 0.6, 2.0


def network() -> ResnetGenerator:
    """Batch norms that are never fed statistics, so that they only scale and shift: the same on a piece and a whole."""
    return ResnetGenerator(3, 3, 16, 4, norm="batch", bias=False).eval()


class Season:
    """Pieces of the pictures of one season, in daylight."""

    def __init__(self, world: Pictures, season: str) -> None:
        self.world = world
        fitting = [k for k, s in enumerate(world.scenes) if in_daylight(s) and s.season == season]
        self.seeds = torch.tensor(fitting)

    def batch(self, count: int, draw: torch.Generator, crop: int = CROP) -> Tensor:
        """(count, 3, crop, crop) in -1..1"""
        whole = self.world.batch(self.seeds[torch.randint(0, len(self.seeds), (count,), generator=draw)])
        places = torch.randint(0, SIZE - crop + 1, (count, 2), generator=draw).tolist()
        pieces = torch.stack([w[:, y : y + crop, x : x + crop] for w, (y, x) in zip(whole, places, strict=True)])
        return torch.where(
            (torch.rand((count, 1, 1, 1), generator=draw) < 0.5).to(pieces.device), pieces.flip(3), pieces
        )


class Both(nn.Module):
    """The two directions, as one network for the optimizer and the average: A is summer, as the authors call them."""

    def __init__(self) -> None:
        super().__init__()
        self.G_A, self.G_B = copying(network()), copying(network())


def run(lab: Lab) -> None:
    torch.manual_seed(0)
    world = Pictures(lab.root / "world", lab.budget.pictures, SIZE, lab.device)
    summer, winter = (Season(world, name) for name in DOMAINS)
    both = Both().to(lab.device)
    critics = nn.ModuleList(started(PatchDiscriminator(3, 32, 2, norm="none", widest=96)) for _ in DOMAINS).to(
        lab.device
    )
    average = GeneratorAverage(both, Both().to(lab.device), lab.budget.batch, half_life=500)
    ours, theirs = adam(both, 0.5, 0.99), adam(critics, 0.5, 0.99)
    shown = [s.batch(12, lab.generator(-1), SIZE) for s in (summer, winter)]
    sums, began = torch.zeros(4), time.process_time()
    for step in lab.steps({"both": both, "critics": critics, "average": average, "ours": ours, "theirs": theirs}):
        draw = lab.generator(step)
        real = [s.batch(lab.budget.batch, draw) for s in (summer, winter)]
        learning = rate(step, lab.budget.steps, 6e-4, 50)
        if step < COPYING * lab.budget.steps:
            with lab.autocast():
                loss = sum(((way(r) - r).abs().mean() for way in (both.G_A, both.G_B) for r in real), torch.zeros(()))
            sums[0] += update(loss, ours, learning) / 4
        else:
            sums += play(lab, both, critics, ours, theirs, real, learning, tightness(step / lab.budget.steps))
        average.update(both)
        if step % 50 == 49:
            spent, began = time.process_time() - began, time.process_time()
            lab.say(f"step {step + 1}", cycle=sums[0].item() / 50, change=sums[1].item() / 50,
                    fooled=sums[2].item() / 50, critics=sums[3].item() / 50,
                    processor_ms_a_pair=spent * 20 / lab.budget.batch)  # fmt: skip
            sums.zero_()
        if lab.due(step, 300):
            look(lab, average.model, shown, f"step-{step + 1}")
    look(lab, average.model, shown, "end")
    folder = Path(lab.out) / "seasons"
    folder.mkdir(parents=True, exist_ok=True)
    for name, way in average.model.named_children():
        weights = {k: v.half().contiguous().cpu() for k, v in way.state_dict().items() if v.is_floating_point()}
        save_file(weights, folder / f"latest_net_{name}.safetensors")
    lab.figures(samples=lab.budget.steps * lab.budget.batch)
    ship_seasons(
        lab, folder, name="Seasons", makes=RECIPE.makes, size=SIZE, domains=DOMAINS, fits=in_daylight,
        about="Summer to winter and back, learned from pictures of either that do not belong together.",
        parameters=sum(p.numel() for p in average.model.parameters()), statistics="trained",
    )  # fmt: skip


def tightness(share: float) -> float:
    """The cycle's weight at that share of the training: loose at first, so that a picture may leave its season."""
    low, high = CYCLE
    return low + (high - low) * max(0.0, (share - LOOSE) / (1 - LOOSE))


def play(
    lab: Lab,
    both: Both,
    critics: nn.ModuleList,
    ours: torch.optim.Adam,
    theirs: torch.optim.Adam,
    real: list[Tensor],
    peak: float,
    cycle_weight: float,
) -> Tensor:
    """One step of both sides. Returns the losses: of the cycle, of change, of the generators and of the critics."""
    ways = (both.G_A, both.G_B)
    with lab.autocast():
        made = [way(r) for way, r in zip(ways, real, strict=True)]  # winter out of summer, summer out of winter
        of_critics = sum(
            (
                LEAST_SQUARES.critic(critic(r), critic(m.detach()))
                for critic, r, m in zip(critics, real[::-1], made, strict=True)
            ),
            torch.zeros(()),
        )
    told = update(of_critics, theirs, 1.3 * peak)
    with frozen(critics), lab.autocast():
        fooled = sum(
            (LEAST_SQUARES.generator(critic(m)) for critic, m in zip(critics, made, strict=True)), torch.zeros(())
        )
        back = [way(m) for way, m in zip(ways[::-1], made, strict=True)]
        cycle = sum(((b - r).abs().mean() for b, r in zip(back, real, strict=True)), torch.zeros(()))
        half = len(real[0]) // 2  # enough to hold the colours of things; each pass costs
        same = sum(((way(r[:half]) - r[:half]).abs().mean() for way, r in zip(ways[::-1], real, strict=True)),
                   torch.zeros(()))  # fmt: skip
    update(fooled + cycle_weight * cycle + SELF * same, ours, peak)
    change = sum(((m.detach() - r).abs().mean() for m, r in zip(made, real, strict=True)), torch.zeros(()))
    return torch.tensor([cycle.item() / 2, change.item() / 2, fooled.item() / 2, told / 2])


@torch.no_grad()
def look(lab: Lab, both: Both, shown: list[Tensor], name: str) -> None:
    """Each picture, its translation, and the way back."""
    rows = []
    for there, back, real in ((both.G_A, both.G_B, shown[0]), (both.G_B, both.G_A, shown[1])):
        made = there(real)
        rows.append(torch.stack([real, made, back(made)], 1).flatten(0, 1))
    lab.sheet(name, (torch.cat(rows) + 1) / 2, columns=12)


RECIPE = Recipe("cyclegan", "CycleGAN: summer to winter and back, from unpaired pictures", run,
                cpu=Budget(steps=6_000, batch=4, pictures=22_528),
                cuda=Budget(steps=20_000, batch=32, pictures=100_000), shipped=STARTERS / "seasons")  # fmt: skip
