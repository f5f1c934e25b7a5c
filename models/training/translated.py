"""How good a translation of pictures is: unseen renders go in through the studio, the reader sees what comes out."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from models.reader.attributes import seen, shares, tally
from models.reader.grammar import Named
from models.reader.network import Reader
from models.reader.scene import SEASONAL, Scene, sample
from models.runtime.pixels import to_image
from models.training.faithful import FIRST, READER
from models.training.lab import Lab
from models.training.pictures import as_bytes
from models.training.psnr import psnr
from models.training.sketches import PAPERS, dabs, difference, papers, sketchable, usual
from models.training.starter import pictures, ship
from models.training.world.render import render

COUNT = 200  # unseen renders of each kind
Check = Callable[[Scene], bool]


def unseen(count: int, fits: Check) -> list[Scene]:
    """The first scenes of that kind that no training has seen."""
    found: list[Scene] = []
    seed = FIRST
    while len(found) < count:
        scene = sample(seed)
        seed += 1
        if fits(scene):
            found.append(scene)
    return found


def translate(path: Path, sources: Tensor, name: str, settings: Mapping[str, object] | None = None) -> Tensor:
    """What the model makes of pictures (N, 3, H, W) in 0..1, given it as its input `name`; the same shape."""
    with tempfile.TemporaryDirectory() as folder:
        inputs = []
        for k, source in enumerate(sources):
            inputs.append({name: str(Path(folder) / f"{k}.png")})
            to_image(source * 2 - 1).save(inputs[-1][name])
        return pictures(path, len(sources), inputs=inputs, settings=settings)


def found(reader: Reader, made: Tensor, wanted: list[Named]) -> dict[str, float]:
    """Per cent of what is wanted that the reader finds, each kind of attribute and all."""
    return shares(tally(wanted, reader.read(made)))


# ── from a sketch ─────────────────────────────────────────────────────────────


def drawn(scene: Scene, colours: bool) -> Named:
    """What a sketch of the scene tells: no time, weather or season, and colours only where there are dabs."""
    whole = replace(seen(scene), time=None, weather=None, season=None)
    return whole if colours else replace(whole, things=tuple(replace(t, colour="") for t in whole.things))


def ship_sketch(lab: Lab, folder: Path, *, size: int, count: int = COUNT, **told: Any) -> None:
    """Ship a model that makes scenes of sketches: measured on sketches alone, and on such with dabs of colour."""
    ship(lab, folder, figures={}, size=size, **told)
    if lab.hurried:
        return
    reader = Reader.load(READER)
    scenes = unseen(count, sketchable)
    parts = [render(scenes[k : k + 50], size) for k in range(0, count, 50)]
    lines, real = (torch.cat([getattr(p, n) for p in parts]) for n in ("sketch", "picture"))
    plain = torch.cat([render([usual(s) for s in scenes[k : k + 50]], size).picture for k in range(0, count, 50)])
    coloured = lines * dabs(real, difference(real, plain), papers(scenes), lab.generator(1))
    figures: dict[str, Any] = {}
    made: dict[str, Tensor] = {}
    for words, sources, colours in (
        (f"per cent kept of {count} unseen sketches", lines.expand(-1, 3, -1, -1), False),
        ("with dabs of colour on them", coloured, True),
    ):
        made[words] = torch.empty_like(real)
        for time in PAPERS:
            rows = [k for k, scene in enumerate(scenes) if scene.time == time]
            if rows:
                made[words][rows] = translate(folder, sources[rows], "sketch", {"light": time})
        figures[words] = found(reader, made[words], [drawn(scene, colours) for scene in scenes])
    lights = [Named(time=scene.time) for scene in scenes]
    figures["per cent in the light asked for"] = found(reader, next(iter(made.values())), lights)["time"]
    columns = [
        v[:16]
        for v in (lines.expand(-1, 3, -1, -1), next(iter(made.values())), coloured, *list(made.values())[1:], real)
    ]
    lab.sheet("sheet", torch.stack(columns, 1).flatten(0, 1), columns=10)
    ship(lab, folder, figures=figures, size=size, **told)
    lab.say(f"shipped {folder.name}: {figures}")


# ── from one season to the other ──────────────────────────────────────────────


def ship_seasons(
    lab: Lab, folder: Path, *, size: int, domains: tuple[str, str], fits: Check, count: int = COUNT, **told: Any
) -> None:
    """Ship a model that turns one season into another and back: is the season changed, and is all else kept?"""
    ship(lab, folder, figures={}, size=size, domains=list(domains), **told)
    if lab.hurried:
        return
    reader = Reader.load(READER)
    figures: dict[str, Any] = {}
    rows = []
    for one, other in (domains, domains[::-1]):
        scenes = unseen(count, lambda scene, one=one: fits(scene) and scene.season == one)  # type: ignore[misc]
        real = torch.cat(
            [as_bytes(render(scenes[k : k + 50], size).picture).float() / 255 for k in range(0, count, 50)]
        )
        made = translate(folder, real, "picture", {"direction": f"{one} to {other}"})
        back = translate(folder, made, "picture", {"direction": f"{other} to {one}"})
        wanted = [replace(seen(scene), season=other) for scene in scenes]
        figures[f"{one} to {other}, per cent of {count} unseen renders"] = {
            ("season changed" if name == "season" else f"{name} kept"): value
            for name, value in found(reader, made, [replace(w, season=None) for w in wanted]).items()
        } | {"season changed": found(reader, made, wanted)["season"]}
        figures[f"{one} to {other} and back, PSNR dB"] = round(psnr(back, real), 2)
        rows += [torch.stack([real, made, back], 1)[:16].flatten(0, 1)]
    lab.sheet("sheet", torch.cat(rows), columns=12)
    ship(lab, folder, figures=figures, size=size, domains=list(domains), **told)
    lab.say(f"shipped {folder.name}: {figures}")


def in_daylight(scene: Scene) -> bool:
    """Where it can be seen what season it is, and no snow falls or rain."""
    return scene.terrain in SEASONAL and scene.weather in ("clear", "cloudy") and scene.time != "night"
