"""Families that need no heavy library: the real engine runs them in a real child, in a tenth of a second."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import psutil

from models.protocol import Card, Match, Request

PACKAGE = "tests.fakes.families"
ARCHITECTURE = "fake-steps"


def model_folder(path: Path, **note: Any) -> Path:
    """A model of the fake family; `note` goes into its one file."""
    path.mkdir(parents=True, exist_ok=True)
    (path / "fake.json").write_text(json.dumps({"fake": "steps", **note}), encoding="utf-8")
    return path


def recognised(files: Any, fake: str, card: Card) -> Match | None:
    """What each light family says of such a folder."""
    note = files.json("fake.json") if files.exists("fake.json") else {}
    return Match(card, name=note.get("name", ""), licence="CC0-1.0") if note.get("fake") == fake else None


def request(model: Path, out: Path, *, seed: int = 1, count: int = 1, prompt: str = "", **settings: Any) -> Request:
    return Request(
        model_id=model.name,
        model_path=str(model),
        architecture=ARCHITECTURE,
        task="text-to-picture",
        prompt=prompt,
        seed=seed,
        count=count,
        settings=settings,
        out=str(out),
    )


def left_after(timeout_s: float, processes: Iterable[psutil.Process]) -> list[psutil.Process]:
    """Those that still run after that time. One that has ended, but that nobody has asked about yet, is gone too."""
    until = time.monotonic() + timeout_s
    left = list(processes)
    while True:
        left = [process for process in left if _runs(process)]
        if not left or time.monotonic() > until:
            return left
        time.sleep(0.02)


def _runs(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
