"""Portraits of the starter world's people: head and shoulders, batched, anti-aliased, the same for the same seed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from models.training.world.backdrop import paint_backdrop
from models.training.world.clothes import CLOTHES, HATS, paint_glasses
from models.training.world.face import paint_beard, paint_features, paint_head, paint_neck
from models.training.world.hair import BEHIND, FALLING, SHORT
from models.training.world.people import Portrait
from models.training.world.render import SIZES
from models.training.world.sitting import Sheet

# So many pixels at once stay in a processor's cache.
_AT_ONCE = 16 * 128**2


@dataclass(frozen=True)
class Sitting:
    """`picture` (B, 3, S, S) in 0..1."""

    picture: Tensor


@torch.inference_mode()
def render_portraits(people: Sequence[Portrait], size: int, device: torch.device | str = "cpu") -> Sitting:
    """Draw people at size × size. Raises ValueError outside 32 to 512."""
    if not SIZES[0] <= size <= SIZES[1]:
        raise ValueError(f"a portrait is drawn at {SIZES[0]} to {SIZES[1]} pixels, not {size}")
    # Those who wear the same are drawn together.
    order = sorted(range(len(people)), key=lambda k: (people[k].hair, people[k].clothes))
    at_once = max(_AT_ONCE // size**2, 1) if torch.device(device).type == "cpu" else len(people)
    picture = torch.empty(len(people), 3, size, size, device=device)
    for start in range(0, len(order), at_once):
        part = order[start : start + at_once]
        picture[torch.tensor(part, device=device)] = _draw([people[k] for k in part], size, device)
    return Sitting(picture)


def _draw(people: list[Portrait], size: int, device: torch.device | str) -> Tensor:
    """Each layer in its window, as large as what it paints can be (as shares of the canvas)."""
    sheet = Sheet(people, size, device)
    paint_backdrop(sheet)
    _each(sheet.window(0.05, 1.0, 0.10, 0.90), BEHIND, [p.hair for p in people])
    paint_neck(sheet.window(0.60, 1.0, 0.20, 0.80))
    _each(sheet.window(0.65, 1.0), CLOTHES, [p.clothes for p in people])
    face = sheet.window(0.17, 0.82, 0.20, 0.80)
    paint_head(face)
    _some(face, paint_beard, [p.beard != "none" for p in people])
    paint_features(sheet)
    _each(sheet.window(0.05, 0.85, 0.12, 0.88), SHORT, [p.hair for p in people])
    _each(sheet.window(0.05, 1.0, 0.10, 0.90), FALLING, [p.hair for p in people])
    _some(sheet.window(0.33, 0.68, 0.15, 0.85), paint_glasses, [p.glasses != "none" for p in people])
    _each(sheet.window(0.0, 0.60), HATS, [p.hat for p in people])
    return sheet.rgb.clamp(0, 1)


def _each(sheet: Sheet, painters: Mapping[str, Callable[[Sheet], None]], wanted: list[str]) -> None:
    for name, paint in painters.items():
        _some(sheet, paint, [want == name for want in wanted])


def _some(sheet: Sheet, paint: Callable[[Sheet], None], wanted: list[bool]) -> None:
    chosen = [k for k, want in enumerate(wanted) if want]
    if chosen:
        part = sheet.rows(chosen)
        paint(part)
        sheet.put_back(chosen, part)
