"""How this program is started once more, from its sources and when it is packaged."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

_BEGAN = "EVERYFORM_BEGAN"


def command() -> list[str]:
    """The words that start it; what it is to do follows them."""
    if getattr(sys, "frozen", False):
        return [sys.executable]
    return [sys.executable, str(Path(__file__).resolve().parent.parent / "main.py")]


def environment() -> dict[str, str]:
    """What it is started with: `since_start` then counts from now."""
    return os.environ | {_BEGAN: repr(time.time())}


def since_start() -> float:
    """Seconds since whoever started this program did so; 0 where it has told nothing."""
    began = os.environ.get(_BEGAN)
    return time.time() - float(began) if began else 0.0
