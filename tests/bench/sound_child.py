"""The room of sound with a long file: how long its window's thread is away from its loop, in each part of the visit."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from tests.bench import child
from tests.bench.window_child import GIVE_UP_S, Gaps

STEPS, EVERY_MS = 180, 33


def main() -> None:
    given = child.given()
    path = noise(given["minutes"], given["format"], Path(given["folder"]))
    app = QApplication(sys.argv[:1])
    from desktop import theme
    from desktop.sound.work import SoundWork

    theme.current()
    gaps, found = Gaps(), {}

    def run(part: str, begin: Callable[[], object], done: Callable[[], bool]) -> None:
        until = time.monotonic() + GIVE_UP_S
        gaps.begin()
        begin()
        watch = QTimer()
        watch.timeout.connect(lambda: app.quit() if done() or time.monotonic() > until else None)
        watch.start(20)
        app.exec()
        watch.stop()
        found[part] = gaps.end()

    room = SoundWork()
    room.resize(888, 640)
    run("enter", room.show, lambda: room.scope is not None)
    began = time.monotonic()
    run("open", lambda: room.show_file(path), lambda: room.path == path and room.scope.tiles.idle)
    seconds = time.monotonic() - began
    view, step = room.scope.timeline, [0]

    def move() -> None:
        """Into the sound by the wheel, along it, and out again, as a hand does."""
        at, k = view.seconds * 0.37, step[0]
        if k < STEPS // 3:
            view.zoom(1.16, at)
        elif k < 2 * STEPS // 3:
            view.pan(view.span * 0.35)
        else:
            view.zoom(1 / 1.16, view.begin + view.span / 2)
        step[0] += 1

    mover = QTimer()
    mover.timeout.connect(move)
    run("scroll", lambda: mover.start(EVERY_MS), lambda: step[0] >= STEPS)
    mover.stop()
    room.finish()
    child.say(seconds=seconds, **found)


def noise(minutes: float, kind: str, folder: Path) -> str:
    """A file of that length: ten seconds of noise that swells, over and over."""
    import numpy as np

    from models.outputs import formats, streams
    from models.outputs.media import Sound

    rate = 44_100
    piece = np.random.default_rng(1).standard_normal((2, 10 * rate), dtype=np.float32) * 0.2
    piece *= np.hanning(piece.shape[1]).astype(np.float32)
    wave = np.tile(piece, (1, max(round(minutes * 6), 1)))
    target = folder / f"long.{kind}"
    streams.write_sound(target, Sound(wave, rate), formats.find("wav16" if kind == "wav" else kind, "sound"), {})
    return str(target)


if __name__ == "__main__":
    main()
