"""What stands for a sound, a video and a text in the gallery: drawn from the files themselves, or a sentence."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QSize
from PySide6.QtGui import QColor, QImage
from pytestqt.qtbot import QtBot

from desktop import theme
from desktop.colours import DARK, LIGHT
from desktop.gallery.drawn import read_small
from desktop.gallery.thumbnails import Thumbnails
from models.outputs import write
from models.outputs.media import Media, Sound, Text, Video
from models.protocol import BadInput, Request
from tests.desktop.program import PATIENCE_MS

SIZE = QSize(112, 84)


def kept(media: Media, folder: Path, format: str = "") -> str:
    request = Request("model", "", "kind", "task", prompt="something")
    return str(write.save(media, request, "Model", folder, format)[0])


def colours(image: QImage, x: int) -> set[str]:
    return {image.pixelColor(x, y).name() for y in range(image.height())}


@pytest.fixture(autouse=True)
def type_is_there(qtbot: QtBot) -> None:
    theme.current()


@pytest.mark.parametrize("format", ["wav", "mp3"])
@pytest.mark.parametrize("tokens", [DARK, LIGHT], ids=["dark", "light"])
def test_a_sound_is_its_wave(tmp_path: Path, format: str, tokens: theme.Tokens) -> None:
    wave = np.sin(np.arange(16_000) / 5) * np.repeat([0.9, 0.0], 8000)  # loud, then silent
    image = read_small(kept(Sound(wave, 16_000), tmp_path, format), SIZE, 1.0, tokens)
    assert image.size() == SIZE
    accent = QColor(tokens.accents["sound"]).name()
    high = [sum(image.pixelColor(x, y).name() == accent for y in range(84)) for x in range(112)]
    assert max(high[:50]) > 50 and max(high[60:]) < 6


@pytest.mark.parametrize("format", ["mp4", "webm", "gif", "frames"])
def test_a_video_is_its_first_frame(tmp_path: Path, format: str) -> None:
    frames = np.zeros((4, 48, 64, 3), np.uint8)
    frames[0, :, :, 0], frames[1:, :, :, 2] = 220, 220
    image = read_small(kept(Video(frames, 8.0), tmp_path, format), SIZE, 1.0, DARK)
    assert image.size() == SIZE
    middle = image.pixelColor(56, 42)
    assert middle.red() > 170 and middle.blue() < 60


def test_a_text_is_its_first_words(tmp_path: Path) -> None:
    image = read_small(
        kept(Text("Once upon a time there was a small white house by the sea. " * 9), tmp_path), SIZE, 1.0, DARK
    )
    assert sum(len(colours(image, x)) > 1 for x in range(8, 100)) > 60
    wide = read_small(kept(Text("Once"), tmp_path), SIZE * 2, 2.0, DARK)
    assert wide.size() == SIZE * 2


def test_it_has_the_colours_of_the_theme_that_is_on_now(tmp_path: Path, qtbot: QtBot) -> None:
    path, small = kept(Sound(np.zeros(8000), 16_000), tmp_path), Thumbnails()
    for choice, tokens in (("dark", DARK), ("light", LIGHT), ("dark", DARK)):
        small.forget(path)
        small.get(path, SIZE)  # is on its way when the theme changes
        theme.current().choose(choice)  # type: ignore[arg-type]
        qtbot.waitUntil(lambda: small.get(path, SIZE) is not None, timeout=PATIENCE_MS)
        qtbot.waitUntil(lambda: small.idle, timeout=PATIENCE_MS)
        found = small.get(path, SIZE)
        assert found is not None and found.toImage().pixelColor(0, 0).name() == tokens.control
    small.finish()


def test_what_cannot_be_drawn_is_a_sentence(tmp_path: Path) -> None:
    for name in ("a.wav", "b.mp4", "c.md"):
        (tmp_path / name).write_bytes(b"\xff\xfe nothing")
        with pytest.raises(BadInput):
            read_small(str(tmp_path / name), SIZE, 1.0, DARK)
