"""The starter world in motion: a scene drawn again and again while its things, clouds, waters and light go on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from itertools import pairwise

import torch
from torch import Tensor

from models.reader.motion import Clip
from models.reader.scene import Scene
from models.training.world.light import Dice, Light, light_of
from models.training.world.render import paint

SECONDS = 2.0  # that a clip lasts, however many frames show it
TRAVEL, CLIMB, DRIFT = 0.30, 0.22, 0.22  # of the picture, over a clip: across, up or down, and of clouds
_BELOW = 0.66  # where the sun goes under


class Moving(Dice):
    """Dice whose numbers go on with time: `shifts` are added to them by name, a mapping for each scene."""

    def __init__(self, scenes: Sequence[Scene], device: torch.device | str, shifts: Sequence[Mapping[str, float]]):
        super().__init__(scenes, device)
        self.shifts = shifts

    def __call__(self, name: str, low: float = 0.0, high: float = 1.0) -> Tensor:
        moved = torch.tensor([shift.get(name, 0.0) for shift in self.shifts], device=self.device)
        return super().__call__(name, low, high) + moved.view(-1, 1, 1, 1)

    def part(self, rows: Sequence[int]) -> Moving:
        return Moving([self.scenes[i] for i in rows], self.device, [self.shifts[i] for i in rows])


@torch.inference_mode()
def film(clips: Sequence[Clip], size: int, frames: int = 16, device: torch.device | str = "cpu") -> Tensor:
    """Clips (B, frames, 3, size, size) in 0..1. Raises ValueError for sizes that no scene is drawn at, or no frames."""
    if frames < 1:
        raise ValueError("a clip has at least one frame")
    shown = []
    for clip in clips:
        moments = [k / max(1, frames - 1) for k in range(frames)]
        dice = Moving([clip.scene] * frames, device, [_shifts(clip, at) for at in moments])
        shown.append(paint(dice, _light(clip, dice, moments), size).picture)
    return torch.stack(shown)


def _shifts(clip: Clip, at: float) -> dict[str, float]:
    """How far every number of the scene has gone on at a moment from 0 to 1."""
    seconds = at * SECONDS
    # Ripples, flakes and drops, in the units of their own patterns.
    shifts = {"wave y": 0.05 * seconds, "road y": 0.10 * seconds, "fog x": 0.012 * seconds, "snow y": -0.30 * seconds,
              "rain y": -0.9 * seconds}  # fmt: skip
    drift = {"left": -DRIFT, "right": DRIFT, "": 0.0}[clip.clouds]
    for layer, scale in enumerate((0.16, 0.26)):
        shifts[f"cloud x {layer}"] = -drift * at * scale * (1 + 0.4 * layer)
    for slot, (thing, way) in enumerate(zip(clip.scene.things, clip.moves, strict=True)):
        shifts[f"thing turn {slot}"] = 1.1 * seconds
        # A place is the middle of the way, so that things stay where their sentence has them.
        gone = at - 0.5
        if way in ("left", "right"):
            shifts[f"thing x {slot}"] = (gone if way == "right" else -gone) * TRAVEL / 0.08
        elif way:
            lift = 0.10 if thing.kind == "balloon" else 0.16
            shifts[f"thing y {slot}"] = (gone if way == "down" else -gone) * CLIMB / lift
    return shifts


def _light(clip: Clip, dice: Moving, moments: Sequence[float]) -> Light:
    """The light of each frame: the scene's, or on its way to that of a later time of day."""
    if not clip.until:
        return light_of(dice.scenes, dice)
    through = (clip.scene.time, "sunset", clip.until) if (clip.scene.time, clip.until) == ("day", "night") else (
        clip.scene.time, clip.until)  # fmt: skip
    lights = [light_of([replace(s, time=time) for s in dice.scenes], dice) for time in through]
    at = torch.tensor([m * (len(through) - 1) for m in moments], device=dice.device).view(-1, 1, 1, 1)
    light = lights[0]
    for k, (time, later) in enumerate(pairwise(through)):
        share = (at - k).clamp(0, 1)
        mixed = {f.name: torch.lerp(*_wide(getattr(light, f.name), getattr(lights[k + 1], f.name)), share)
                 for f in fields(Light)}  # fmt: skip
        if "night" in (time, later):
            # One of sun and moon goes under before the other rises.
            sinking = torch.lerp(light.sun_y, torch.full_like(light.sun_y, _BELOW), (2 * share).clamp(max=1))
            rising = torch.lerp(lights[k + 1].sun_y, torch.full_like(light.sun_y, _BELOW), (2 - 2 * share).clamp(max=1))
            mixed["sun_y"] = torch.where(share < 0.5, sinking, rising)
        light = Light(**mixed)
    return light


def _wide(one: Tensor, other: Tensor) -> tuple[Tensor, Tensor]:
    return tuple(torch.broadcast_tensors(one, other))  # type: ignore[return-value]
