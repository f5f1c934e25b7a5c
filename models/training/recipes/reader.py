"""The reader of pictures: learns to name every attribute of a render, and scores what the starters make."""

from __future__ import annotations

import torch

from models.reader.attributes import answers, loss, seen, shares, tally, targets
from models.reader.network import SIZE, Reader
from models.reader.scene import sample
from models.training.faithful import READER
from models.training.lab import Average, Budget, Lab, Recipe, descend, rate
from models.training.pictures import UNSEEN, Pictures, as_bytes, as_signed
from models.training.world.render import render

TRUSTED = 97.0  # per cent right on unseen renders, from which on its scores of the starters mean something


def blemish(pictures: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """Small shifts, blur and noise, so that a generator's softness does not read as another world."""
    shift = torch.randint(-4, 5, (2,), generator=generator).tolist()
    pictures = torch.roll(torch.nn.functional.pad(pictures, (4, 4, 4, 4), mode="replicate"), shift, (2, 3))[
        ..., 4:-4, 4:-4
    ]
    kind = torch.rand((), generator=generator).item()
    if kind < 0.3:
        soft = torch.nn.functional.avg_pool2d(pictures, 3, 1, 1, count_include_pad=False)
        return soft if kind < 0.15 else (pictures + soft) / 2
    noise = torch.randn(pictures.shape, generator=generator).to(pictures.device)
    return pictures + noise * 0.06 * torch.rand((), generator=generator).item()


def run(lab: Lab) -> None:
    torch.manual_seed(0)
    world = Pictures(lab.root / "world", lab.budget.pictures, SIZE, lab.device)
    setting, things = targets([seen(s) for s in world.scenes])
    model = Reader().to(lab.device)
    average = Average(model, Reader().to(lab.device))
    optimizer = torch.optim.AdamW(model.parameters(), lr=0, betas=(0.9, 0.98), weight_decay=0.02)
    for step in lab.steps({"model": model, "average": average, "optimizer": optimizer}):
        draw = lab.generator(step)
        seeds = torch.randint(0, world.count, (lab.budget.batch,), generator=draw)
        pictures = blemish(world.batch(seeds), draw)
        with lab.autocast():
            logits = model(pictures)
        value = loss(logits, (setting[seeds], things[seeds]))
        lost = descend(value, model, optimizer, rate(step, lab.budget.steps, 2e-3))
        average.update(model)
        if step % 100 == 0:
            lab.say(f"step {step}", loss=lost)
        if step % 500 == 499:
            lab.say(f"step {step}", **score(average.model, lab, 512))
    right = score(average.model, lab, lab.prompts * 20)
    lab.figures(
        samples=lab.budget.steps * lab.budget.batch,
        unseen_renders=lab.prompts * 20,
        per_cent_right=right,
        parameters=sum(p.numel() for p in model.parameters()),
    )
    average.model.save(lab.state / "result")
    if right["all"] >= TRUSTED:
        average.model.save(READER)


@torch.inference_mode()
def score(model: Reader, lab: Lab, count: int) -> dict[str, float]:
    """Per cent of attributes read right on renders of unseen seeds."""
    wanted, found = [], []
    for start in range(0, count, 64):
        scenes = [sample(UNSEEN + k) for k in range(start, start + 64)]
        pictures = as_signed(as_bytes(render(scenes, SIZE, lab.device).picture))
        found += answers(model(pictures))
        wanted += [seen(s) for s in scenes]
    return shares(tally(wanted, found))


RECIPE = Recipe(
    "reader",
    "reads the attributes back from a picture; scores every picture starter",
    run,
    cpu=Budget(steps=4_000, batch=64, pictures=40_960),
    cuda=Budget(steps=6_000, batch=256, pictures=100_000),
    shipped=READER,
)
