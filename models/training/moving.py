"""Clips of the starter world as a latent network sees them: rendered, encoded, said in several ways, once for all."""

from __future__ import annotations

import random
from dataclasses import replace
from functools import partial

import torch
import torch.nn.functional as F
from diffusers import AutoencoderKL
from torch import Tensor
from transformers import CLIPTokenizer

from models.reader.motion import DIRECTIONS, MOVES, Clip, describe_clip, sample
from models.reader.scene import TIMES
from models.training.encoded import WAYS, kept_parts, mark
from models.training.lab import Lab
from models.training.recipes.scenes_text import as_ids
from models.training.world.motion import film

FRAMES, FPS = 16, 8  # two seconds, as long as the world's clips last
TOKENS = 72  # of the longest sentence that says a scene and what moves in it
# What differs from a clip's mean by this share of the latents' own deviation counts as moving.
PLAIN = 1.0
# What may be asked to move, and the answers to where, or to what the time of day becomes; "" is nowhere, or no other.
MOVERS, WAYS_OF, BECOMES = (*MOVES, "clouds"), ("", *DIRECTIONS), ("", *TIMES)
_OTHER = {"": "", "left": "right", "right": "left", "up": "down", "down": "up"}
_STEP = {"": (0.0, 0.0), "left": (-1.0, 0.0), "right": (1.0, 0.0), "up": (0.0, -1.0), "down": (0.0, 1.0)}


def clips(seeds: range) -> list[Clip]:
    """Those of these seeds, in pairs: an odd one is the even one before it, but whatever moves goes the other way."""
    return [opposite(sample(seed - 1)) if seed % 2 else sample(seed) for seed in seeds]


def opposite(clip: Clip) -> Clip:
    """The same scene, in which all that goes somewhere goes the other way."""
    return replace(clip, moves=tuple(_OTHER[way] for way in clip.moves), clouds=_OTHER[clip.clouds])


def latents(lab: Lab, vae: AutoencoderKL, count: int, size: int) -> Tensor:
    """(count, FRAMES, channels, size / 8, size / 8), half precision, scaled, of the first `count` clips."""
    return kept_parts(lab, f"clip-pairs-{size}-{mark(vae)}", count, partial(_encode, lab, vae, size))


@torch.inference_mode()
def _encode(lab: Lab, vae: AutoencoderKL, size: int, seeds: range) -> Tensor:
    made = []
    for clip in clips(seeds):
        frames = film([clip], size, FRAMES, lab.device)[0] * 2 - 1
        with lab.autocast():
            spread = vae.encode(frames).latent_dist
        made.append((spread.mode().float() * vae.config.scaling_factor).half().cpu())
    lab.say(f"clips {seeds.start} to {seeds.stop} rendered")
    return torch.stack(made)


def sentences(filmed: list[Clip], words: CLIPTokenizer) -> Tensor:
    """(N, WAYS, TOKENS) as 16-bit ids: each clip said in several ways."""
    said = [describe_clip(clip, random.Random(f"{way} {clip.scene.seed}"))[0] for clip in filmed for way in range(WAYS)]
    return as_ids(words, said).short().unflatten(0, (len(filmed), WAYS))


def ways(filmed: list[Clip]) -> Tensor:
    """(N, MOVERS + 1): which of WAYS_OF each of MOVERS goes, and last which of BECOMES the time of day turns to."""
    told = torch.zeros(len(filmed), len(MOVERS) + 1, dtype=torch.long)
    for row, clip in zip(told, filmed, strict=True):
        gone = {thing.kind: way for thing, way in zip(clip.scene.things, clip.moves, strict=True)}
        for k, mover in enumerate(MOVERS):
            row[k] = WAYS_OF.index(clip.clouds if mover == "clouds" else gone.get(mover, ""))
        row[-1] = BECOMES.index(clip.until)
    return told


def steps(told: Tensor) -> Tensor:
    """(N, MOVERS, 2): where each of MOVERS goes, across and down, by `ways` (N, MOVERS + 1)."""
    return torch.tensor([_STEP[way] for way in WAYS_OF])[told[:, :-1]]


def gone(frames: int) -> Tensor:
    """(frames,) in -1..1: how much of its way is behind a mover in each frame; half of it is as it comes."""
    return torch.linspace(-1, 1, FRAMES)[:: FRAMES // frames]


def motion(clean: Tensor) -> Tensor:
    """(B, T, 1, h, w) in 0..1: how plainly each place of latents (B, T, C, h, w) differs from its mean over time, and
    its neighbours, so that what is about to be passed counts too."""
    change = (clean - clean.mean(1, keepdim=True)).abs().mean(2).amax(1)
    return F.max_pool2d((change / PLAIN).clamp(max=1)[:, None], 3, 1, 1)[:, None]
