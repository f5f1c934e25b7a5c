"""How faithful a video model is: unseen sentences, what its clips show of them, and how quietly."""

from __future__ import annotations

import random
from dataclasses import replace

import torch
import torch.nn.functional as F
from torch import Tensor

from models.reader.attributes import shares, tally
from models.reader.clips import watch
from models.reader.motion import Clip, NamedMotion, describe_clip, sample
from models.reader.network import Reader
from models.training.faithful import FIRST
from models.training.world.motion import film

FARTHEST = 3  # pixels that a part of a picture may move from one frame to the next
PART = 8  # pixels of a part's side


def prompts(count: int) -> tuple[list[str], list[NamedMotion], list[Clip]]:
    """Sentences of clips that no training has seen, what each names, and the clips themselves."""
    clips = [sample(FIRST + k) for k in range(count)]
    said = [describe_clip(clip, random.Random(FIRST + k)) for k, clip in enumerate(clips)]
    return [text for text, _ in said], [named for _, named in said], clips


def score(reader: Reader, clips: list[Tensor], named: list[NamedMotion]) -> dict[str, float]:
    """Per cent of the named attributes and ways that are found in clips (T, 3, H, W) in 0..1, and their flicker.

    Places are those of the middle of a way, so things are read in the middle frame; where the time of day changes,
    the sentence's scene is that of the first.
    """
    found, right = [], {"way": [0, 0], "time that it becomes": [0, 0]}
    for frames, wanted in zip(clips, named, strict=True):
        middle, first = reader.read(frames[[len(frames) // 2, 0]])
        found.append(replace(middle, time=first.time, weather=first.weather) if wanted.until else middle)
        seen = watch(reader, frames)
        ways = [seen.ways.get(kind) == way for kind, way in wanted.moves]
        ways += [seen.clouds == wanted.clouds] if wanted.clouds else []
        right["way"][0] += sum(ways)
        right["way"][1] += len(ways)
        if wanted.until:
            right["time that it becomes"][0] += seen.last == wanted.until
            right["time that it becomes"][1] += 1
    told = shares(tally([one.named for one in named], found))
    told |= {name: round(100 * good / all_, 2) for name, (good, all_) in right.items() if all_}
    return told | {"flicker": round(sum(map(flicker, clips)) / len(clips), 5)}


def renders(clips: list[Clip], size: int, frames: int) -> list[Tensor]:
    """The clips as the world itself shows them, to compare with."""
    return [film([clip], size, frames)[0] for clip in clips]


def flicker(frames: Tensor) -> float:
    """Mean error from one frame (T, 3, H, W) to the next, each part of it where it fits best: what no motion tells."""
    before, after = frames[:-1], frames[1:]
    padded = F.pad(before, (FARTHEST,) * 4, mode="replicate")
    height, width = frames.shape[-2:]
    best = None
    for down in range(2 * FARTHEST + 1):
        for across in range(2 * FARTHEST + 1):
            off = (padded[..., down : down + height, across : across + width] - after).abs().mean(1, keepdim=True)
            off = F.avg_pool2d(off, PART)
            best = off if best is None else torch.minimum(best, off)
    assert best is not None
    return best.mean().item()
