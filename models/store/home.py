"""Where links in a model's folder may lead."""

from __future__ import annotations

from pathlib import Path


def at_home(lies: Path, home: Path) -> bool:
    """Whether a resolved path lies in that resolved folder, or where the cache of the Hugging Face hub keeps its files:
    snapshots/REVISION/NAME is a link to ../../blobs/HASH there."""
    blobs = (place.parent / "blobs" for place in (home, *home.parents) if place.name == "snapshots")
    return any(lies.is_relative_to(place) for place in (home, *blobs))
