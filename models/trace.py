"""The engine's log: what went wrong in detail, for whoever mends it; the person gets a sentence instead."""

from __future__ import annotations

import contextlib
import faulthandler
import sys
import time
import traceback
from pathlib import Path
from typing import TextIO

from models import folders

MAX_BYTES = 2**20

_file: TextIO | None = None


def path() -> Path:
    return folders.data() / "engine.log"


def begin() -> None:
    """Open the log, and let a crash of this process write its stack there. Without a disk there is no log."""
    global _file
    with contextlib.suppress(OSError):
        where = path()
        where.parent.mkdir(parents=True, exist_ok=True)
        if where.exists() and where.stat().st_size > MAX_BYTES:
            where.replace(where.with_suffix(".old.log"))
        _file = where.open("a", encoding="utf-8", errors="replace")
        faulthandler.enable(_file)


def keep(error: BaseException, doing: str) -> None:
    """Append the error with its stack."""
    lines = "".join(traceback.format_exception(error))
    with contextlib.suppress(OSError, ValueError):
        out = _file or sys.stderr
        out.write(f"\n{time.strftime('%Y-%m-%d %H:%M:%S')} while {doing}\n{lines}")
        out.flush()
