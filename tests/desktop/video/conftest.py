"""Real films of every kind that we write, made once; and the Video room's middle on its own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QSize
from pytestqt.qtbot import QtBot

from desktop.video.work import VideoWork
from models.protocol import Card, Input, ModelInfo
from tests.desktop.video import films

COUNT = 48
START = Input("picture", "picture", "First frame", "", ("picture-to-video",), required=False)
CARD = Card("video", "Video", "diffusion", "video", ("text-to-video", "picture-to-video"), (), (START,))
MODEL = ModelInfo("moving", "Moving scenes", "/nowhere", 1, "", True, CARD)
WORDS_ONLY = replace(MODEL, card=replace(CARD, tasks=("text-to-video",), inputs=()))


@pytest.fixture(scope="session")
def written(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A film of 48 frames in each format, the MP4 with sound; treat them as read-only."""
    folder = tmp_path_factory.mktemp("films")
    return {
        ending: films.write(folder / f"film.{ending}", COUNT, sounds=ending == "mp4")
        for ending in ("mp4", "webm", "gif", "zip")
    }


@pytest.fixture
def film(written: dict[str, Path]) -> Path:
    return written["mp4"]


class Heard:
    """A track that writes down what it is told."""

    def __init__(self) -> None:
        self.told: list[tuple[str, object]] = []

    def open(self, path: str) -> None:
        self.told.append(("open", path))

    def clear(self) -> None:
        self.told.append(("clear", None))

    def play(self, at: float) -> None:
        self.told.append(("play", at))

    def stop(self) -> None:
        if self.told and self.told[-1] != ("stop", None):
            self.told.append(("stop", None))

    def finish(self) -> None:
        self.told.append(("finish", None))


@pytest.fixture
def track() -> Heard:
    return Heard()


@pytest.fixture
def work(qtbot: QtBot, home: Path, track: Heard) -> Iterator[VideoWork]:
    made = VideoWork()
    made.set_track(track)
    qtbot.addWidget(made)
    made.resize(QSize(900, 640))
    made.set_model(MODEL)
    made.show()
    qtbot.waitExposed(made)
    yield made
    made.finish()
    assert track.told[-1] == ("finish", None)


@pytest.fixture
def shown(work: VideoWork, film: Path, qtbot: QtBot) -> VideoWork:
    """With the MP4 on the screen, at its first frame."""
    with qtbot.waitSignal(work.shown):
        work.show_file(str(film))
    sees(qtbot, work, 0)
    return work


def sees(qtbot: QtBot, work: VideoWork, number: int) -> None:
    """Wait until that frame is on the screen."""

    def seen() -> None:
        image = work.player.screen_.image
        assert not image.isNull() and films.number(image) == number

    qtbot.waitUntil(seen, timeout=20_000)
