"""How a decoder learns to make waveforms: spectra like the real ones first, then what a critic of spectra misses."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.training.adversarial import frozen
from models.training.lab import Average, Lab, descend, rate
from models.training.mel import mel
from models.training.spectra import Critic, judged, persuaded, unlike

WARM = 100  # how many steps a critic learns before it is heard
# Beside the spectra's difference of about 1 (Kong et al. 2020, arXiv:2010.05646, eq. 7, has 1, 2 and 45 of the mel's).
FOOLED, NOTICED, OF_MEL = 0.1, 0.5, 1.0

N = TypeVar("N", bound=nn.Module)


def learn(
    lab: Lab,
    build: Callable[[], N],
    drawn: Callable[[int], tuple[Any, Tensor]],
    made_by: Callable[[N, Any], Tensor],
    weights: Callable[[N], Iterable[nn.Parameter]] = lambda model: model.parameters(),
    begins: float = 0.4,
    peak: float = 1e-3,
) -> N:
    """The averaged network after the budget's steps.

    `drawn` gives for a step what the network is told and the waveforms (B, samples) that belong to it, `made_by` the
    network's own; `weights` are those that learn, `begins` the share of the steps after which there is a critic.
    """
    model, critic = build().to(lab.device), Critic().to(lab.device)
    average = Average(model, build().to(lab.device), 0.997)
    learner = torch.optim.AdamW(list(weights(model)), lr=0, betas=(0.8, 0.99), weight_decay=0.01)
    judge = torch.optim.AdamW(critic.parameters(), lr=0, betas=(0.8, 0.99), weight_decay=0.01)
    kept: dict[str, Any] = {"model": model, "critic": critic, "average": average, "learn": learner, "judge": judge}
    told = dict.fromkeys(("spectrum", "mel", "critic"), 0.0)
    for step in lab.steps(kept):
        given, real = drawn(step)
        first = round(begins * lab.budget.steps)
        made = made_by(model, given)
        off, near = unlike(made, real), F.l1_loss(mel(made), mel(real))
        loss = off + OF_MEL * near
        if step >= first:
            seen = critic(real)
            value = judged(seen, critic(made.detach()))
            told["critic"] += descend(value, critic, judge, 5e-4)
            if step >= first + WARM:
                with frozen(critic):
                    fooled, noticed = persuaded(seen, critic(made))
                loss = loss + FOOLED * fooled + NOTICED * noticed
        descend(loss, model, learner, rate(step, lab.budget.steps, peak))
        average.update(model)
        told["spectrum"] += off.item()
        told["mel"] += near.item()
        if step % 50 == 49:
            lab.say(f"step {step + 1}", **{name: value / 50 for name, value in told.items()})
            told = dict.fromkeys(told, 0.0)
    return average.model.eval()
