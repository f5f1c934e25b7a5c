"""That libraries keep what they see to themselves, however they are asked by default."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from models.offline import OFFLINE

ROOT = Path(__file__).resolve().parents[2]

_OPEN_A_GRAPH = """
from models.families.hybrid import onnx
onnx.tiny()
"""


def test_onnxruntime_numbers_no_machine(tmp_path: Path) -> None:
    """Left alone, it writes a number for its maker and a queue of what to send under the home."""
    home = {"HOME": str(tmp_path), "USERPROFILE": str(tmp_path), "LOCALAPPDATA": str(tmp_path)}
    environment = {name: value for name, value in os.environ.items() if name not in {"XDG_CACHE_HOME", *OFFLINE}}
    done = subprocess.run(
        [sys.executable, "-c", _OPEN_A_GRAPH], cwd=ROOT, env=environment | OFFLINE | home, capture_output=True,
        text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
