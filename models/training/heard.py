"""Whether a model listens to its words: told while it learns, for a loss falls as well where it does not."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from models.training.lab import Lab

EVERY = 250  # steps


@torch.no_grad()
def tell(lab: Lab, step: int, loss: Callable[[Tensor], Tensor], count: int, another: Tensor | None = None) -> None:
    """Every so many steps, say the loss of `count` examples with the words of each, and with another's: while both are
    alike, words are not heard. `loss` takes whose words each example is told, (count,), and must draw alike in both
    calls; `another` says whose those of the second are, else the one's before."""
    if step % EVERY != EVERY - 1:
        return
    own = torch.arange(count)
    other = own.roll(1) if another is None else another
    lab.say("heard", with_own_words=loss(own).item(), with_another_s=loss(other).item())
