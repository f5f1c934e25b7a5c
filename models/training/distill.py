"""What students of the scenes starter learn from: its guided way from noise to picture, solved once and kept."""

from __future__ import annotations

import json
import random
import shutil
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch
from diffusers import StableDiffusionPipeline, UNet2DConditionModel
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from transformers import CLIPTextModel, CLIPTokenizer

from models.reader.grammar import describe
from models.reader.scene import sample
from models.training import low_rank
from models.training.encoded import shipped_text_encoder, shipped_vae, shipped_words
from models.training.lab import Lab, write_atomic
from models.training.recipes.scenes import GUIDANCE, schedule
from models.training.recipes.scenes_text import as_ids
from models.training.starter import SCENES

POINTS = 12  # on each way, besides its end
CHUNK, BATCH = 64, 32  # ways in a file, and solved at once


def network(lab: Lab) -> UNet2DConditionModel:
    """The starter's U-Net, which every student begins as, in full precision."""
    made = UNet2DConditionModel.from_pretrained(SCENES / "unet", torch_dtype=torch.float32, local_files_only=True)
    return made.to(lab.device)


class Levels:
    """Stable Diffusion's noise levels: `signal` and `grain` (1000,) are √ᾱ and √(1 - ᾱ), as (B, 1, 1, 1) by time."""

    def __init__(self, device: torch.device) -> None:
        alphas = schedule().alphas_cumprod.to(device)
        self.signal, self.grain = alphas.sqrt(), (1 - alphas).sqrt()

    def at(self, times: Tensor) -> tuple[Tensor, Tensor]:
        return self.signal[times].view(-1, 1, 1, 1), self.grain[times].view(-1, 1, 1, 1)

    def clean(self, noisy: Tensor, velocity: Tensor, times: Tensor) -> Tensor:
        """The picture that a predicted velocity speaks of (Salimans & Ho 2022, appendix D)."""
        signal, grain = self.at(times)
        return signal * noisy - grain * velocity


class Teacher(nn.Module):
    """The starter, for use alone: its U-Net, its text encoder, and what that makes of no words at all."""

    def __init__(self, lab: Lab) -> None:
        super().__init__()
        self.unet = network(lab).eval().requires_grad_(False)
        self.encoder: CLIPTextModel = shipped_text_encoder(lab)
        self.words: CLIPTokenizer = shipped_words()
        self.levels = Levels(lab.device)
        self.silence = self.read(as_ids(self.words, [""]).to(lab.device))

    @torch.no_grad()
    def read(self, ids: Tensor) -> Tensor:
        """Sentences as tokens (B, 48) to what the U-Nets listen to (B, 48, 128)."""
        return self.encoder(ids).last_hidden_state.float()

    @torch.no_grad()
    def look(self, noisy: Tensor, times: Tensor, states: Tensor) -> tuple[Tensor, Tensor]:
        """Expected pictures with guidance (Ho & Salimans 2022, eq. 6), and how far guidance moved each (B, 1, H, W)."""
        both = torch.cat([self.silence.expand_as(states), states])
        silent, spoken = self.unet(noisy.repeat(2, 1, 1, 1), times.repeat(2), both).sample.float().chunk(2)
        velocity = silent + GUIDANCE * (spoken - silent)
        return self.levels.clean(noisy, velocity, times), (spoken - silent).abs().mean(1, keepdim=True)


@dataclass(frozen=True)
class Ways:
    """N solved ways: `points` (N, POINTS, C, H, W) at `times` (N, POINTS), where they end, `ends` (N, C, H, W), the
    sentences `ids` (N, 48), and `told` (N, 1, H, W) in 0..1, how much the words had a say at each place."""

    points: Tensor
    times: Tensor
    ends: Tensor
    ids: Tensor
    told: Tensor

    def __len__(self) -> int:
        return len(self.ends)


def times_of(count: int, draw: torch.Generator) -> Tensor:
    """(count, POINTS): from 999 down evenly, the points between moved at random so that students see every time."""
    even = torch.arange(POINTS) + (torch.rand(count, POINTS, generator=draw) - 0.5) * (torch.arange(POINTS) > 0)
    return (999 - even * 1000 / POINTS).round().long()


def solve(teacher: Teacher, noise: Tensor, times: Tensor, states: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Points, ends and `told` of the teacher's ways from `noise` (B, C, H, W), as `Ways` has them.

    DPM-Solver++(2M) of Lu et al. 2022 (arXiv:2211.01095, algorithm 2): in twelve steps it comes as far as DDIM does
    in twice as many.
    """
    levels = teacher.levels
    now, points = noise, []
    told = torch.zeros_like(noise[:, :1])
    before, step_before = noise, torch.ones_like(noise[:, :1, :1, :1])  # not read before they are known
    for k in range(POINTS):
        points.append(now)
        signal, grain = levels.at(times[:, k])
        clean, moved = teacher.look(now, times[:, k], states)
        told += moved
        if k + 1 == POINTS:
            continue
        signal_next, grain_next = levels.at(times[:, k + 1])
        step = (signal_next / grain_next).log() - (signal / grain).log()
        ahead = clean if k == 0 else clean + step / (2 * step_before) * (clean - before)
        now = grain_next / grain * now - signal_next * torch.expm1(-step) * ahead
        before, step_before = clean, step
    return torch.stack(points, 1), clean, told / told.amax((2, 3), keepdim=True)


def ways(lab: Lab, teacher: Teacher, count: int) -> Ways:
    """The first `count` ways, from files that all students share, in half precision; a killed run goes on."""
    folder = lab.root / "world" / f"ways-{POINTS}-{GUIDANCE:g}"
    folder.mkdir(parents=True, exist_ok=True)
    parts = []
    for k in range(-(-count // CHUNK)):
        path = folder / f"{k}.safetensors"
        if not path.exists():
            write_atomic(path, partial(save_file, _chunk(lab, teacher, k)))
            lab.say(f"{(k + 1) * CHUNK} of {count} ways solved")
        parts.append(load_file(path))
    return Ways(**{name: torch.cat([part[name] for part in parts]).to(lab.device) for name in parts[0]})


@torch.inference_mode()
def _chunk(lab: Lab, teacher: Teacher, k: int) -> dict[str, Tensor]:
    draw = lab.generator(k)
    seeds = range(k * CHUNK, (k + 1) * CHUNK)
    ids = as_ids(teacher.words, [describe(sample(seed), random.Random(f"way {seed}"))[0] for seed in seeds])
    times = times_of(CHUNK, draw)
    shape = (CHUNK, teacher.unet.config.in_channels, *[teacher.unet.config.sample_size] * 2)
    noise = torch.randn(shape, generator=draw)
    parts = []
    for part in (slice(s, s + BATCH) for s in range(0, CHUNK, BATCH)):
        given = (x[part].to(lab.device) for x in (noise, times, ids))
        here, when, said = given
        with lab.autocast():
            parts.append(solve(teacher, here, when, teacher.read(said)))
    points, ends, told = (torch.cat(kind).half().cpu() for kind in zip(*parts, strict=True))
    return {"points": points, "times": times, "ends": ends, "ids": ids, "told": told}


# ── the student, put to work and saved ────────────────────────────────────────


def pipeline(lab: Lab, teacher: Teacher, unet: UNet2DConditionModel, scheduler: Any) -> StableDiffusionPipeline:
    """The student in its teacher's place, as plain diffusers runs it."""
    pipe = StableDiffusionPipeline(
        vae=shipped_vae(lab), text_encoder=teacher.encoder, tokenizer=teacher.words, unet=unet, scheduler=scheduler,
        safety_checker=None, feature_extractor=None, requires_safety_checker=False)  # fmt: skip
    pipe.set_progress_bar_config(disable=True)
    return pipe


def save(folder: Path, unet: UNet2DConditionModel, scheduler: Any) -> dict[str, Any]:
    """A student's own parts, its U-Net as an adapter for its teacher's; returns what its sidecar must say: whose
    the others are, and their colours.

    Nothing of an older run is left in the folder.
    """
    shutil.rmtree(folder, ignore_errors=True)
    adapts = low_rank.save(unet, folder)
    scheduler.save_pretrained(folder / "scheduler")
    index = json.loads((SCENES / "model_index.json").read_text("utf-8"))
    index["scheduler"] = ["diffusers", type(scheduler).__name__]
    write_atomic(folder / "model_index.json", lambda p: p.write_text(json.dumps(index, indent=1), "utf-8"))
    told = json.loads((SCENES / "everyform.json").read_text("utf-8"))
    shares = dict.fromkeys(("vae", "text_encoder", "tokenizer"), SCENES.name)
    return {"shares": shares, "adapts": adapts, "latent_rgb": told["latent_rgb"]}
