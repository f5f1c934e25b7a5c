"""Engine against a plain diffusers script: the same folder, prompt, seed and settings, previews on."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

from tests.bench import child

SETTINGS = {
    "prompt": "a red sailboat on a calm sea at sunset",
    "negative_prompt": "fog",
    "steps": 20,
    "guidance_scale": 5.0,
    "width": 128,
    "height": 128,
    "scheduler": "DPM++ 2M Karras",
    "seed": 1,
}


@dataclass(frozen=True)
class Compared:
    """Medians over the pairs. Seconds and bytes; `ratio` is engine / plain, the median of each pair's own."""

    plain: float
    engine: float
    ratio: float


@dataclass(frozen=True)
class Found:
    """`first` from the start of a process to its first file, `more` for each further picture, `work` the seconds that
    cores were busy for all of it, which other programs disturb least."""

    more: Compared
    first: Compared
    work: Compared
    peak: Compared
    previews: float
    difference: int


def measure(folder: Path, scratch: Path, pairs: int, count: int) -> Found:
    """`previews` for each picture; `difference` is the largest between their last pictures, of 255."""
    from models.runtime.fitting import plan

    how = plan.for_model(folder)
    given: dict[str, Any] = {
        **SETTINGS, "folder": str(folder), "count": count, "dtype": how.dtype, "device": how.device
    }  # fmt: skip
    plains, engines = [], []
    for pair in range(pairs):
        out = scratch / f"pair-{pair}"
        out.mkdir()
        # In turns, and each side first as often as the other: a noisy machine then disturbs both alike.
        sides = (("plain_child", plains), ("engine_child", engines))
        for module, results in sides if pair % 2 == 0 else sides[::-1]:
            results.append(child.run(module, given | {"out": str(out)}, scratch / "home"))
    return Found(
        more=_compared([_each(r) for r in plains], [_each(r) for r in engines]),
        first=_compared([r["ends"][0] for r in plains], [r["ends"][0] for r in engines]),
        work=_compared([r["work"] for r in plains], [r["work"] for r in engines]),
        peak=_compared([r["peak"] for r in plains], [r["peak"] for r in engines]),
        previews=median(r["previews"] for r in engines) / count,
        difference=_difference(plains[-1]["last"], engines[-1]["last"]),
    )


def _each(result: dict[str, Any]) -> float:
    ends = result["ends"]
    return median(later - sooner for sooner, later in pairwise(ends))


def _compared(plain: list[float], engine: list[float]) -> Compared:
    return Compared(median(plain), median(engine), median(e / p for p, e in zip(plain, engine, strict=True)))


def _difference(one: str, other: str) -> int:
    from PIL import Image, ImageChops

    with Image.open(one) as a, Image.open(other) as b:
        return max(high for _, high in ImageChops.difference(a.convert("RGB"), b.convert("RGB")).getextrema())
