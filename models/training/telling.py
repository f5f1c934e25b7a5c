"""How good a language model tells the world's stories: put to work through the studio, then read by the grammar."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.reader import descriptions, stories
from models.training.starter import media

LONGEST = 256  # tokens; the longest of the world's texts have some 230, the mean 160


def texts(path: Path, prompts: Sequence[str], settings: Mapping[str, object] | None = None) -> Iterator[str]:
    """The model's answers with what they answer, as the studio has them: the k-th of seed k."""
    asked = {"max_new_tokens": LONGEST, **(settings or {})}
    made = media(path, len(prompts), task="continue", prompts=prompts, settings=asked)
    for prompt, one in zip(prompts, made, strict=True):
        yield prompt + one.text


def figures(made: Sequence[str]) -> dict[str, Any]:
    """What the grammar makes of texts, in per cent: sentences that are its own, stories in which characters stay who
    they are, texts whose wishes, troubles and endings (or what was to be described) fit, and whole texts."""
    told = [stories.read(text) for text in made if not text.startswith(descriptions.ASKED)]
    shown = [descriptions.read(text) for text in made if text.startswith(descriptions.ASKED)]
    both: list[stories.Reading | descriptions.Account] = [*told, *shown]
    found = [said for reading in both for _, said in reading.found]
    return {
        f"per_cent_of_{len(made)}_unseen_prompts": {
            "sentences of the grammar": _share([said is not None for said in found]),
            "characters consistent": _share([not reading.mixed_up for reading in told]),
            "cause and ending fit": _share([not reading.misfits for reading in both]),
            "complete": _share([reading.complete for reading in both]),
        },
        "distinct 4-grams, per cent": distinct(made),
    }


def _share(right: Sequence[bool]) -> float:
    return round(100 * sum(right) / max(1, len(right)), 1)


def distinct(made: Sequence[str], length: int = 4) -> float:
    """How many of all runs of four words differ, in per cent, over all texts (Li et al. 2016, arXiv:1510.03055, §5)."""
    runs = [tuple(words[k : k + length]) for t in made for words in [t.split()] for k in range(len(words) - length + 1)]
    return round(100 * len(set(runs)) / max(1, len(runs)), 1)


@torch.inference_mode()
def perplexity(model: nn.Module, stream: Tensor, length: int, rows: int = 64) -> float:
    """Of a stream (tokens,), in rows of that length: e to the mean surprise of a token."""
    stream = stream[: rows * length + 1].long()
    total, count = 0.0, 0
    for start in range(0, len(stream) - 1, length):
        part = stream[start : start + length + 1].to(next(model.parameters()).device)
        logits = model(part[None, :-1]).logits[0].float()
        total += F.cross_entropy(logits, part[1:], reduction="sum").item()
        count += len(part) - 1
    return math.exp(total / count)
