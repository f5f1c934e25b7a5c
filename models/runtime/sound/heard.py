"""What can be heard of codes while they are still being written: whole frames alone, each decoded about once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

_CONTEXT = 50  # frames that are decoded again, so that what follows sounds as it does after them
_EDGE = 8  # frames whose sound still depends on what comes after them


class Books:
    """A stopping criterion for `generate` that stops nothing and sees each code: rows of books, each delayed by
    `delays` frames, behind a mark that begins.

    `given` are codes (books, frames) that stand at the beginning, whatever is drawn in their places.
    """

    def __init__(self, delays: list[int], given: Tensor | None = None) -> None:
        self._delays, self._given = delays, given
        self._rows: Tensor | None = None

    def __call__(self, input_ids: Tensor, scores: Any, **_: Any) -> Tensor:
        self._rows = input_ids
        return torch.zeros(len(input_ids), dtype=torch.bool, device=input_ids.device)

    def frames(self) -> Tensor | None:
        """(books, frames) that are whole; None where there is none."""
        if self._rows is None or (whole := self._rows.shape[1] - 1 - max(self._delays)) < 1:
            return None
        found = torch.stack(
            [row[1 + late : 1 + late + whole] for row, late in zip(self._rows, self._delays, strict=True)]
        )
        if self._given is not None:
            kept = self._given[:, :whole]
            found[:, : kept.shape[1]] = kept
        return found


class SoFar:
    """The sound of a row of codes that grows. `decode` makes (channels, samples) of (books, frames)."""

    def __init__(self, decode: Callable[[Tensor], Tensor]) -> None:
        self._decode = decode
        self._wave = torch.zeros(0)
        self._frames = 0

    def of(self, codes: Tensor) -> Tensor:
        """The mono sound (samples,) of all codes (books, frames), of which only the new ones are decoded, with some
        before them."""
        begin = max(self._frames - _CONTEXT, 0)
        made = self._decode(codes[:, begin:]).float().mean(0).cpu()
        hop = len(made) // (codes.shape[1] - begin)
        settled = max(self._frames - _EDGE, 0)
        self._wave = torch.cat([self._wave[: settled * hop], made[(settled - begin) * hop :]])
        self._frames = codes.shape[1]
        return self._wave
