"""Finding our own outputs again among whatever lies in a folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from models.outputs import formats, read
from models.protocol import BadInput

_EXTENSIONS = tuple(f.extension for f in formats.FORMATS if f.medium == "picture")


def ours(folder: Path, *, deep: bool) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Every picture that this program wrote there, with the record in it; `deep` looks into folders inside too.

    What is not ours, is no picture or vanishes meanwhile is passed over: it is no part of the library.
    """
    for path in _pictures(folder, deep):
        try:
            found = read.read_settings(path)
        except (BadInput, OSError):
            continue
        if found is not None and found["source"] == "everyform":
            yield path, {name: v for name, v in found.items() if name not in ("source", "unread", "created")}


def _pictures(folder: Path, deep: bool) -> list[Path]:
    try:
        below = folder.rglob("*") if deep else folder.iterdir()
        return sorted(p for p in below if p.suffix.lower() in _EXTENSIONS and not p.name.startswith("."))
    except OSError:
        return []
