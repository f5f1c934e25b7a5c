"""What a model weighed before a token was drawn: its own chances, before temperature and what else narrows the draw."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from torch import Tensor

LIKELIEST = 5  # so many are told of each token: what a person looks through at one glance


@dataclass(frozen=True)
class Weighed:
    """The chance of the token that was taken, and the likeliest ones with theirs, the likeliest first; from 0 to 1."""

    probability: float
    likeliest: tuple[tuple[int, float], ...]


def weighed(logits: Tensor, token: int) -> Weighed:
    """Of logits (V,), on any device; they cross to the CPU as a handful of numbers."""
    chances = logits.float().nan_to_num(-1e9).softmax(-1)
    top = chances.topk(min(LIKELIEST, len(chances)))
    mine, *others = [*chances[token : token + 1].tolist(), *top.values.tolist()]
    return Weighed(mine, tuple(zip(top.indices.tolist(), others, strict=True)))


class Ear:
    """Hears each step's logits from transformers' `generate`, as the last of the processors that stand before the
    warpers: penalties are in them, temperature is not."""

    def __init__(self) -> None:
        self._logits: Tensor | None = None

    def processor(self) -> Any:
        """It as a processor, which changes nothing."""
        from transformers import LogitsProcessor

        ear = self

        class Hears(LogitsProcessor):
            def __call__(self, input_ids: Tensor, scores: Tensor) -> Tensor:
                ear._logits = scores[0]
                return scores

        return Hears()

    def of(self, token: int) -> Weighed | None:
        """What was weighed when this token was taken, the one since the last call."""
        logits, self._logits = self._logits, None
        return None if logits is None else weighed(logits, token)
