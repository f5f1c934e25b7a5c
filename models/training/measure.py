"""How good a finished starter is: put to work through the studio, then looked at by the reader."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from models.reader.network import Reader
from models.registry import Registry
from models.store.files import SIDECAR, Files
from models.training.faithful import READER, prompts, score_pictures
from models.training.lab import Lab
from models.training.land import LAND, land_likeness
from models.training.likeness import likeness, renders, variety
from models.training.portraits import PEOPLE, portrait_likeness
from models.training.starter import pictures, ship

FEWEST_PROMPTS, FEWEST_PICTURES, FEWEST_TEXTS = 200, 500, 100


def measure(path: Path, count: int = 0, settings: Mapping[str, object] | None = None) -> tuple[dict[str, Any], Tensor]:
    """Figures, and the pictures (N, 3, H, W) in 0..1 that they are of.

    A model that reads prompts: what is found of unseen ones. Any other: its distance to unseen renders. Both: how
    many different scenes there are among its pictures. A model that writes: what the grammar makes of its texts, and
    no pictures.
    """
    _, match = Registry().recognise(path)
    if match.card.medium == "text":
        from models.training import tales, telling

        asked = tales.prompts(count or FEWEST_TEXTS, 0)
        return telling.figures(list(telling.texts(path, asked, settings))), torch.empty(0)
    reader = Reader.load(READER)
    if not match.card.prompt_limit:
        made = pictures(path, count or FEWEST_PICTURES, settings=settings)
        files = Files(path)
        world = str(files.json(SIDECAR).get("world")) if files.exists(SIDECAR) else ""
        compare = {PEOPLE: portrait_likeness, LAND: land_likeness}.get(world, likeness)
        return compare(reader, made).as_figures(), made
    said, named = prompts(count or FEWEST_PROMPTS)
    made = pictures(path, len(said), prompts=said, settings=settings)
    return {
        f"per_cent_found_of_{len(said)}_unseen_prompts": score_pictures(reader, made, named),
        "different scenes": variety(reader, made),
        "different scenes of renders": variety(reader, renders(len(said), made.shape[-1])),
    }, made


def finish(lab: Lab, folder: Path, *, count: int = 0, figures: Mapping[str, Any] | None = None, **told: Any) -> None:
    """Ship a starter whose weights lie in `folder`: measured, with a sheet of 16 to look at.

    `figures` are further ones that the recipe took itself, `told` what `ship` wants to know.
    """
    ship(lab, folder, figures=figures or {}, **told)
    if lab.hurried:
        return
    found, made = measure(folder, count)
    lab.sheet("sheet", made[:16], columns=4)
    ship(lab, folder, figures={**(figures or {}), **found}, **told)
    lab.say(f"shipped {folder.name}: {found}")
