"""Letters to sounds: a network that says words that stand in no list."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

PLACES = 3  # for sounds, of each letter: "x" is two, "u" in "use" too
SILENT = 0  # the number of what is no sound


class Letters(nn.Module):
    """Words of one length, as numbers of letters (B, letters), to logits of sounds (B, letters * PLACES, sounds).

    Residual convolutions see the whole word, and each letter has room for a few sounds or none; what stays of the
    places after repeats and SILENT are left out is the word as it is said (Graves et al. 2006, connectionist temporal
    classification, eq. 1). So nothing is written one after the other, and no part of a word can be lost or said twice.
    """

    def __init__(self, letters: int, sounds: int, varieties: int, width: int = 128, layers: int = 7) -> None:
        super().__init__()
        self.letters = nn.Embedding(letters, width)
        self.variety = nn.Embedding(varieties, width)
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(layers))
        self.layers = nn.ModuleList(nn.Conv1d(width, width, 5, padding=2) for _ in range(layers))
        self.norm = nn.LayerNorm(width)
        self.sounds = nn.Linear(width, PLACES * sounds)

    def forward(self, letters: Tensor, variety: Tensor) -> Tensor:
        """`variety` (B,) is the number of how English is said."""
        x = self.letters(letters) + self.variety(variety)[:, None]
        for norm, layer in zip(self.norms, self.layers, strict=True):
            x = x + F.gelu(layer(norm(x).transpose(1, 2)).transpose(1, 2))
        return self.sounds(self.norm(x)).unflatten(2, (PLACES, -1)).flatten(1, 2)


def read(logits: Tensor) -> list[list[int]]:
    """The sounds of each word, of logits (B, places, sounds)."""
    best = logits.argmax(-1)
    new = torch.ones_like(best, dtype=torch.bool)
    new[:, 1:] = best[:, 1:] != best[:, :-1]
    return [row[kept].tolist() for row, kept in zip(best, new & (best != SILENT), strict=True)]
