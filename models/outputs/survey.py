"""Finding our own outputs again among whatever lies in a folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from models.outputs import formats, read
from models.protocol import BadInput, Medium


def ours(folder: Path, *, deep: bool) -> Iterator[tuple[Path, Medium, dict[str, Any]]]:
    """Every file that this program wrote there, its medium and the record in it; `deep` looks into folders inside too.

    What is not ours, is broken or vanishes meanwhile is passed over: it is no part of the library.
    """
    for path, medium in _files(folder, deep):
        try:
            found = read.read_settings(path)
        except (BadInput, OSError):
            continue
        if found is not None and found["source"] == "everyform":
            yield path, medium, read.bare(found)


def _files(folder: Path, deep: bool) -> list[tuple[Path, Medium]]:
    try:
        below = folder.rglob("*") if deep else folder.iterdir()
        seen = sorted(p for p in below if not p.name.startswith("."))
    except OSError:
        return []
    return [(path, medium) for path in seen if (medium := formats.medium_of(path.suffix))]
