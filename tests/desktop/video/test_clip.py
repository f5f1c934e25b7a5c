"""Films as files: every frame of every kind, in any order; and what is decoded ahead of the eye."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QSize
from pytestqt.qtbot import QtBot

from desktop.video import thumbs
from desktop.video.clip import open_clip
from desktop.video.frames import AHEAD, Frames
from models.protocol import BadInput
from tests.desktop.video import films
from tests.desktop.video.conftest import COUNT


@pytest.mark.parametrize("ending", ["mp4", "webm", "gif", "zip"])
def test_every_frame_of_every_kind_in_any_order(written: dict[str, Path], ending: str) -> None:
    clip = open_clip(str(written[ending]))
    facts = clip.facts
    assert (facts.width, facts.height, facts.count) == (*films.SIZE, COUNT)
    assert facts.fps == pytest.approx(films.FPS, rel=0.05) and facts.sounds == (ending == "mp4")
    order = list(range(COUNT))
    random.Random(1).shuffle(order)
    for wanted in (0, COUNT - 1, COUNT - 2, COUNT - 3, *order[:20]):
        found = list(clip.read(wanted))
        assert found[-1][0] == wanted
        assert films.number(found[-1][1](QSize(48, 32))) == wanted
    assert [films.number(clip.array(k)) for k in (5, 6, 7, 3)] == [5, 6, 7, 3]
    clip.close()


def test_what_is_no_film_says_what_to_do(tmp_path: Path, written: dict[str, Path]) -> None:
    from tests.desktop.scene import scene

    still = tmp_path / "still.png"
    scene(32, 32).save(str(still))
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(written["mp4"].read_bytes()[:600])
    for path in (still, cut, tmp_path / "gone.mp4"):
        with pytest.raises(BadInput):
            open_clip(str(path))


@pytest.fixture
def frames(qtbot: QtBot) -> Iterator[Frames]:
    made = Frames()
    made.set_size(QSize(96, 64))
    yield made
    made.finish()


def test_the_newest_wish_comes_first_and_what_follows_is_there(frames: Frames, film: Path, qtbot: QtBot) -> None:
    with qtbot.waitSignal(frames.opened):
        frames.open(str(film))
    for wanted in (40, 3, 30, 20):
        frames.want(wanted)
    qtbot.waitUntil(lambda: frames.image(20) is not None)  # it may have come on the way to 40 already
    found = frames.image(20)
    assert found is not None and films.number(found) == 20
    # Without being asked: the next second.
    qtbot.waitUntil(lambda: all(frames.image(k) is not None for k in range(20, min(20 + AHEAD, COUNT))))
    near = frames.nearest(19)
    assert near is not None and films.number(near) in (19, 20)


def test_backwards_one_decoding_serves_many_steps(frames: Frames, film: Path, qtbot: QtBot) -> None:
    with qtbot.waitSignal(frames.opened):
        frames.open(str(film))
    with qtbot.waitSignal(frames.ready):
        frames.want(40, -1)
    qtbot.waitUntil(lambda: all(frames.image(k) is not None for k in range(20, 41)))


def test_another_size_means_other_pictures(frames: Frames, film: Path, qtbot: QtBot) -> None:
    with qtbot.waitSignal(frames.opened):
        frames.open(str(film))
    with qtbot.waitSignal(frames.ready):
        frames.want(5)
    frames.set_size(QSize(48, 32))
    assert frames.image(5) is None
    with qtbot.waitSignal(frames.ready):
        frames.want(5)
    found = frames.image(5)
    assert found is not None and found.size() == QSize(48, 32) and films.number(found) == 5


def test_what_cannot_be_opened_leaves_the_last_film(frames: Frames, film: Path, tmp_path: Path, qtbot: QtBot) -> None:
    with qtbot.waitSignal(frames.opened):
        frames.open(str(film))
    with qtbot.waitSignal(frames.failed) as said:
        frames.open(str(tmp_path / "gone.mp4"))
    assert "gone.mp4" in said.args[0]
    with qtbot.waitSignal(frames.ready):
        frames.want(7)


def test_thumbnails_come_from_all_over_the_film(film: Path, qtbot: QtBot) -> None:
    made = thumbs.Thumbs()
    made.read(str(film), COUNT, 6, QSize(48, 32))
    qtbot.waitUntil(lambda: None not in made.images, timeout=20_000)
    assert [films.number(image) for image in made.images] == thumbs.frames(COUNT, 6) == [4, 12, 20, 28, 36, 44]
    made.finish()
