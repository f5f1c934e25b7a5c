"""Folders for weights that wait on the disk: one for each loaded model, gone with it, and swept after a crash."""

from __future__ import annotations

import os
import shutil
import weakref
from pathlib import Path
from typing import Any

from models import folders
from models.outputs.atomic import gone


def folder(owner: Any) -> Path:
    """An empty folder for this owner alone, which goes when it goes."""
    sweep()
    made = _home() / f"{os.getpid()}-{id(owner):x}"
    shutil.rmtree(made, ignore_errors=True)
    made.mkdir(parents=True)
    weakref.finalize(owner, shutil.rmtree, str(made), ignore_errors=True)
    return made


def sweep() -> None:
    """Delete what engines left that have died."""
    for old in _home().glob("*-*"):
        process = old.name.partition("-")[0]
        if not process.isdigit() or gone(process):
            shutil.rmtree(old, ignore_errors=True)


def _home() -> Path:
    return folders.data() / "offload"
