"""Whether a disk has room for what is to come, asked before anything comes."""

from __future__ import annotations

import shutil
from pathlib import Path

from models import sizes

SPARE_BYTES = 64 * 2**20  # a disk that is full to the last byte hurts every program


def free(place: Path) -> int:
    """Bytes that may be written there; the folder itself need not exist yet. Raises OSError."""
    there = place.absolute()
    while not there.exists() and there != there.parent:
        there = there.parent
    return shutil.disk_usage(there).free


def lacking(name: str, place: Path, total: int, there: int) -> str:
    """Why a model of `total` bytes, `there` of them on the disk already, does not fit; empty where it does."""
    missing = total - there + SPARE_BYTES - free(place)
    if total - there <= 0 or missing <= 0:
        return ""
    rest = f"{name} needs {sizes.size(total - there)} more" if there else f"{name} needs {sizes.size(total)}"
    return f"{rest}, and {sizes.size(free(place))} are free in {place}: free {sizes.size(missing)}, then go on."
