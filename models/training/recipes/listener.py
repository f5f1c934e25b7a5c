"""The listener of soundscapes: learns to name the sounds of a render, and scores what sound starters make."""

from __future__ import annotations

import torch
from torch import Tensor

from models.reader.listener import BANDS, RATE, Listener, answers, bands, loss, shares, targets
from models.reader.soundscape import sample
from models.training.encoded import kept
from models.training.lab import Average, Budget, Lab, Recipe, descend, rate
from models.training.pictures import UNSEEN
from models.training.starter import STARTERS
from models.training.world.soundscapes import sound

LISTENER = STARTERS.parent / "listener"
SECONDS = 4.0
TRUSTED = 97.0  # per cent of sounds right on unseen renders, from which on its scores mean something


def heard(first: int, count: int) -> Tensor:
    """(count, BANDS, frames), half precision: log mel bands of the soundscapes of these seeds."""
    parts = []
    for start in range(first, first + count, 64):
        scapes = [sample(seed) for seed in range(start, min(start + 64, first + count))]
        parts.append(bands(sound(scapes, SECONDS, RATE)).half())
    return torch.cat(parts)


def blemish(mel: Tensor, draw: torch.Generator) -> Tensor:
    """Louder or softer, with some bands raised, moved in time, and with grain, as a generator's sound may be."""
    count, _, frames = mel.shape

    def chance(*shape: int) -> Tensor:
        return torch.randn(shape, generator=draw).to(mel.device)

    mel = torch.roll(mel, int(torch.randint(frames, (), generator=draw)), 2)
    tilt = torch.linspace(-1, 1, BANDS, device=mel.device)[None, :, None]
    return mel + 0.06 * chance(count, 1, 1) + 0.05 * chance(count, 1, 1) * tilt + 0.04 * chance(*mel.shape)


def run(lab: Lab) -> None:
    torch.manual_seed(0)
    count = lab.budget.pictures
    store = kept(lab, f"soundscapes-{count}", lambda: heard(0, count))
    wanted = targets([sample(seed).layers for seed in range(count)])
    model = Listener().to(lab.device)
    average = Average(model, Listener().to(lab.device), 0.995)
    optimizer = torch.optim.AdamW(model.parameters(), lr=0, betas=(0.9, 0.98), weight_decay=0.02)
    for step in lab.steps({"model": model, "average": average, "optimizer": optimizer}):
        draw = lab.generator(step)
        seeds = torch.randint(0, count, (lab.budget.batch,), generator=draw)
        with lab.autocast():
            logits = model(blemish(store[seeds.to(store.device)].float(), draw))
        value = loss(logits, wanted[seeds].to(lab.device))
        lost = descend(value, model, optimizer, rate(step, lab.budget.steps, 2e-3, 100))
        average.update(model)
        if step % 100 == 0:
            lab.say(f"step {step}", loss=lost)
    unseen = lab.prompts * 2
    with torch.inference_mode():
        mel = heard(UNSEEN, unseen)
        found = [a for part in mel.split(64) for a in answers(average.model(part.float().to(lab.device)))]
    right = shares([sample(UNSEEN + k).layers for k in range(unseen)], found)
    lab.say("done", **right)
    lab.figures(samples=lab.budget.steps * lab.budget.batch, unseen_renders=unseen, per_cent_right=right,
                parameters=sum(p.numel() for p in model.parameters()))  # fmt: skip
    average.model.save(lab.state / "result")
    if right["sounds"] >= TRUSTED:
        average.model.save(LISTENER)


RECIPE = Recipe("listener", "reads the sounds back from a soundscape; scores every starter of sound", run,
                cpu=Budget(steps=1_200, batch=32, pictures=4_000),
                cuda=Budget(steps=4_000, batch=128, pictures=20_000),
                shipped=LISTENER)  # fmt: skip
