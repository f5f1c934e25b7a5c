"""Clips of the starter world as a latent network sees them: rendered, encoded, said in several ways, once for all."""

from __future__ import annotations

import random

import torch
import torch.nn.functional as F
from diffusers import AutoencoderKL
from torch import Tensor
from transformers import CLIPTokenizer

from models.reader.motion import Clip, describe_clip, sample
from models.training.encoded import WAYS, kept, mark
from models.training.lab import Lab
from models.training.world.motion import film

FRAMES, FPS = 16, 8  # two seconds, as long as the world's clips last
TOKENS = 72  # of the longest sentence that says a scene and what moves in it
CHUNK = 64  # clips to a file, so that a rendering that is cut off goes on
# What differs from a clip's mean by this share of the latents' own deviation counts as moving.
PLAIN = 1.0


def clips(count: int, first: int = 0) -> list[Clip]:
    return [sample(seed) for seed in range(first, first + count)]


def latents(lab: Lab, vae: AutoencoderKL, count: int, size: int) -> Tensor:
    """(count, FRAMES, channels, size / 8, size / 8), half precision, scaled, of the first `count` clips."""
    name = mark(vae)
    parts = [
        kept(lab, f"clips-{size}-{start}-{name}", lambda start=start: _encode(lab, vae, start, size))  # type: ignore[misc]
        for start in range(0, count, CHUNK)
    ]
    return torch.cat(parts)[:count]


@torch.inference_mode()
def _encode(lab: Lab, vae: AutoencoderKL, start: int, size: int) -> Tensor:
    made = []
    for clip in clips(CHUNK, start):
        frames = film([clip], size, FRAMES, lab.device)[0] * 2 - 1
        with lab.autocast():
            spread = vae.encode(frames).latent_dist
        made.append((spread.mode().float() * vae.config.scaling_factor).half().cpu())
    lab.say(f"clips {start} to {start + CHUNK} rendered")
    return torch.stack(made)


def sentences(filmed: list[Clip], words: CLIPTokenizer) -> Tensor:
    """(N, WAYS, TOKENS) as 16-bit ids: each clip said in several ways."""
    said = [describe_clip(clip, random.Random(f"{way} {clip.scene.seed}"))[0] for clip in filmed for way in range(WAYS)]
    return as_ids(words, said).short().unflatten(0, (len(filmed), WAYS))


def as_ids(words: CLIPTokenizer, said: list[str]) -> Tensor:
    return words(said, padding="max_length", truncation=True, max_length=TOKENS, return_tensors="pt").input_ids


def motion(clean: Tensor) -> Tensor:
    """(B, T, 1, h, w) in 0..1: how plainly each place of latents (B, T, C, h, w) differs from its mean over time, and
    its neighbours, so that what is about to be passed counts too."""
    change = (clean - clean.mean(1, keepdim=True)).abs().mean(2).amax(1)
    return F.max_pool2d((change / PLAIN).clamp(max=1)[:, None], 3, 1, 1)[:, None]
