"""A picture of noise in as many steps as wanted, and every way in which a model can misbehave."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import Any

from models import folders
from models.protocol import BadInput, Card, Emit, Input, Match, Notice, Parameter, Preview, Progress, Request
from tests.fakes.families.light.shared import noise

SIZE = 32
BEHAVIOURS = (
    "well",
    "bad input",
    "fault",
    "memory",
    "device",
    "device once",
    "killed",
    "exit",
    "deaf",
    "busy",
    "chatter",
    "notice",
    "output",
    "lock",
)

CARD = Card(
    architecture="fake-steps",
    name="Fake steps",
    family="diffusion",
    medium="picture",
    tasks=("text-to-picture", "picture-to-picture"),
    parameters=(
        Parameter("steps", "int", 5, "Steps", "How many steps.", minimum=1, maximum=5000),
        Parameter("pause_ms", "float", 1.0, "Pause", "How long each takes.", minimum=0, maximum=60_000, unit="ms"),
        Parameter("behave", "choice", "well", "Behave", "How it ends.", choices=BEHAVIOURS, advanced=True),
        Parameter("strength", "float", 0.5, "Strength", "How much to change.", 0, 1, tasks=("picture-to-picture",)),
    ),
    inputs=(Input("picture", "picture", "Start picture", "What to start from.", ("picture-to-picture",)),),
    process="Counts to its number of steps.",
    prompt_limit=77,
)


def recognise(files: Any) -> Match | None:
    if not files.exists("fake.json"):
        return None
    note = files.json("fake.json")
    if note.get("fake") != "steps":
        return None
    if "why_not" in note:
        raise BadInput(note["why_not"])
    return Match(CARD, name=note.get("name", ""), licence="CC0-1.0", missing=note.get("missing", ""))


def load(path: str, plan: Any) -> Steps:
    time.sleep(0.01)
    if Path(path, "cannot load").exists():
        raise ValueError("the header is cut short")
    return Steps()


def prepare() -> None:
    (folders.data() / "prepared").touch()


def tiny() -> Steps:
    return Steps()


class Steps:
    """Counts how often it was used, so that a test can tell a warm model from a new one."""

    def __init__(self) -> None:
        self.uses = 0

    def generate(self, request: Request, emit: Emit) -> Any:
        from PIL import Image

        from models.outputs.media import Picture

        self.uses += 1
        emit(Notice(f"use {self.uses} in process {os.getpid()}"))
        settings = request.settings
        steps, pause_s = int(settings["steps"]), float(settings["pause_ms"]) / 1000
        for step in range(1, steps + 1):
            time.sleep(pause_s)
            if step == (steps + 1) // 2:
                misbehave(str(settings["behave"]), emit, self.uses)
            if emit.wants_preview():
                emit(Preview(SIZE, SIZE, noise(request.seed + step, SIZE), step, level=1 - step / steps))
            emit(Progress(step, steps))
        return Picture(Image.frombytes("RGB", (SIZE, SIZE), noise(request.seed, SIZE)))


def _marked(name: str) -> bool:
    """Whether this was asked before, of this engine or of another one of this home."""
    marker = folders.data() / name
    known = marker.exists()
    marker.touch()
    return known


def misbehave(how: str, emit: Emit, uses: int) -> None:
    if how == "bad input":
        raise BadInput("This picture is too dark to see; choose another one.")
    if how == "fault":
        raise RuntimeError("the shapes do not fit\nand here is a long story")
    if how == "memory":
        raise MemoryError
    if how == "device" or (how == "device once" and uses == 2 and not _marked("device lost")):
        raise RuntimeError("CUDA error: an illegal memory access was encountered")
    if how == "killed":
        os.kill(os.getpid(), signal.SIGKILL)
    if how == "exit":
        os._exit(7)
    if how == "deaf":
        time.sleep(600)
    while how == "busy":
        pass
    if how == "chatter":
        print("a library says something")
    if how == "notice":
        emit(Notice("The last 3 words were left out."))
    if how == "lock":
        import multiprocessing

        lock: Any = multiprocessing.RLock()
        emit(Notice(f"lock {lock._semlock.name}"))
    if how == "output":
        from models.protocol import Done

        emit(Done())
