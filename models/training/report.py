"""The table of all starters: how large they are, what they were trained on for how long, and their figures."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

_HEAD = """# Starters

Trained by `python -m models.training` on the starter world, which the same package draws. Each folder is in the
standard format of its library; `training.json` in it holds these figures, written by the run that made the weights.

| starter | what it is | parameters | size on disk | trained | figures |
| --- | --- | --- | --- | --- | --- |
"""


def write(starters: Path) -> str:
    """Write README.md beside the starters from each one's training.json; returns its text."""
    rows = [_row(folder) for folder in sorted(starters.iterdir()) if (folder / "training.json").exists()]
    text = _HEAD + "".join(rows)
    (starters / "README.md").write_text(text, encoding="utf-8")
    return text


def _row(folder: Path) -> str:
    told: dict[str, Any] = json.loads((folder / "training.json").read_text(encoding="utf-8"))
    size = sum(f.stat().st_size for f in folder.rglob("*") if f.is_file())
    stages = "; ".join(_stage(stage) for stage in told["stages"])
    cells = (folder.name, told["makes"], f"{told['parameters'] / 1e6:.1f} M", f"{size / 2**20:.1f} MB", stages)
    return f"| {' | '.join(cells)} | {_figures(told['figures'])} |\n"


def _stage(told: dict[str, Any]) -> str:
    return f"{told['recipe']}: {told['samples']:,} samples, {told['seconds'] / 60:.0f} min on {told['device']}"


def _figures(figures: dict[str, Any]) -> str:
    parts = []
    for name, value in figures.items():
        words = ", ".join(f"{k} {v}" for k, v in value.items()) if isinstance(value, dict) else str(value)
        parts.append(f"{name.replace('_', ' ')}: {words}")
    return "; ".join(parts)
