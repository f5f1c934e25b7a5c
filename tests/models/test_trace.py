"""The engine's log: details are kept, and it does not grow for ever."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from models import trace

CRASH = "from models import trace; trace.begin(); import ctypes; ctypes.string_at(0)"


def test_a_long_log_makes_room_and_a_crash_leaves_its_stack(home: Path) -> None:
    home.mkdir(parents=True)
    trace.path().write_text("old\n" * (trace.MAX_BYTES // 4 + 1), encoding="utf-8")
    done = subprocess.run([sys.executable, "-c", CRASH], capture_output=True, text=True, timeout=60)
    assert done.returncode != 0
    said = trace.path().read_text(encoding="utf-8")
    assert "string_at" in said
    assert "old" not in said
    assert (home / "engine.old.log").stat().st_size > trace.MAX_BYTES
    assert done.stderr == ""


def test_without_a_disk_there_is_no_log_and_no_harm(tmp_path: Path, home: Path) -> None:
    home.parent.mkdir(parents=True, exist_ok=True)
    home.touch()  # a file where the folder should be
    done = subprocess.run([sys.executable, "-c", "from models import trace; trace.begin()"], timeout=60)
    assert done.returncode == 0
