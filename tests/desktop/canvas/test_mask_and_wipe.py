"""The canvas: comparing with the last picture, and the mask that is painted on this one."""

from __future__ import annotations

import random
from pathlib import Path

from PIL import Image
from PySide6.QtCore import QEvent, QPointF, QSize, Qt
from PySide6.QtGui import QImage, QKeyEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from desktop.canvas.canvas import PictureCanvas
from desktop.canvas.mask import Mask
from tests.desktop.canvas.hands import colour_at, near, shown, view_of

# ── comparing ─────────────────────────────────────────────────────────────────


def test_the_wipe_shows_the_last_left_and_this_one_right(
    qtbot: QtBot, canvas: PictureCanvas, pictures: list[str]
) -> None:
    shown(qtbot, canvas, pictures[0])
    assert not canvas.captions.shown.compare.isEnabled()
    first = colour_at(canvas, 60, 20), colour_at(canvas, 200, 20)
    shown(qtbot, canvas, pictures[1])
    second = colour_at(canvas, 60, 20), colour_at(canvas, 200, 20)
    assert not near(first[0], second[0], 30)
    qtbot.mouseClick(canvas.captions.shown.compare, Qt.MouseButton.LeftButton)
    assert near(colour_at(canvas, 60, 20), first[0]) and near(colour_at(canvas, 200, 20), second[1])
    qtbot.mousePress(canvas.surface, Qt.MouseButton.LeftButton, pos=view_of(canvas, 240, 90))
    qtbot.mouseRelease(canvas.surface, Qt.MouseButton.LeftButton, pos=view_of(canvas, 240, 90))
    assert near(colour_at(canvas, 200, 20), first[1])
    share = canvas.surface.wipe.share
    qtbot.keyClick(canvas.surface, Qt.Key.Key_Left)
    assert canvas.surface.wipe.share < share
    qtbot.keyClick(canvas.surface, Qt.Key.Key_Escape)
    assert not canvas.captions.shown.compare.isChecked()
    assert near(colour_at(canvas, 60, 20), second[0])


def test_holding_shows_the_last_one_for_as_long(qtbot: QtBot, canvas: PictureCanvas, pictures: list[str]) -> None:
    shown(qtbot, canvas, pictures[0])
    first = colour_at(canvas, 60, 20)
    shown(qtbot, canvas, pictures[1])
    second = colour_at(canvas, 60, 20)
    qtbot.keyPress(canvas.surface, Qt.Key.Key_Backslash)
    assert near(colour_at(canvas, 60, 20), first)
    qtbot.keyRelease(canvas.surface, Qt.Key.Key_Backslash)
    assert near(colour_at(canvas, 60, 20), second)
    compare = canvas.captions.shown.compare
    with qtbot.waitSignal(canvas.captions.shown.held):
        qtbot.mousePress(compare, Qt.MouseButton.LeftButton)
    assert near(colour_at(canvas, 60, 20), first)
    qtbot.mouseRelease(compare, Qt.MouseButton.LeftButton)
    assert near(colour_at(canvas, 60, 20), second) and not compare.isChecked()


# ── the mask ──────────────────────────────────────────────────────────────────


def paint(qtbot: QtBot, canvas: PictureCanvas, *points: tuple[float, float]) -> None:
    spots = [view_of(canvas, *p) for p in points]
    qtbot.mousePress(canvas.surface, Qt.MouseButton.LeftButton, pos=spots[0])
    for spot in spots[1:]:
        qtbot.mouseMove(canvas.surface, spot)
    qtbot.mouseRelease(canvas.surface, Qt.MouseButton.LeftButton, pos=spots[-1])


def test_the_painted_part_is_white_in_the_file(
    qtbot: QtBot, canvas: PictureCanvas, pictures: list[str], home: Path
) -> None:
    shown(qtbot, canvas, pictures[0])
    qtbot.mouseClick(canvas.captions.shown.part, Qt.MouseButton.LeftButton)
    assert canvas.mask_mode and not canvas.captions.brush.go.isEnabled()
    canvas.surface.brush.set_size(20)
    with qtbot.waitSignal(canvas.mask_changed, check_params_cb=bool):
        paint(qtbot, canvas, (40, 50), (120, 50), (120, 120))
    with qtbot.waitSignal(canvas.make_part_again) as asked:
        qtbot.mouseClick(canvas.captions.brush.go, Qt.MouseButton.LeftButton)
    picture, file = asked.args
    assert picture == pictures[0] and Path(file).is_relative_to(home)
    with Image.open(file) as mask:
        assert (mask.format, mask.mode, mask.size) == ("PNG", "L", (256, 192))
        white = [(40, 50), (80, 50), (120, 50), (120, 85), (120, 120), (80, 57)]
        black = [(80, 64), (10, 10), (200, 100), (134, 100), (40, 120)]
        assert all(mask.getpixel(p) == 255 for p in white)
        assert all(mask.getpixel(p) == 0 for p in black)


def test_erase_invert_clear_undo_and_redo(qtbot: QtBot, canvas: PictureCanvas, pictures: list[str]) -> None:
    shown(qtbot, canvas, pictures[0])
    canvas.set_mask_mode(True)
    brush, row = canvas.surface.brush, canvas.captions.brush
    mask = brush.mask
    assert mask is not None
    brush.set_size(20)
    at = lambda x, y: mask.image.pixelColor(x, y).red()  # noqa: E731
    paint(qtbot, canvas, (60, 60), (160, 60))
    qtbot.keyClick(canvas.surface, Qt.Key.Key_E)
    assert row.erase.isChecked()
    paint(qtbot, canvas, (110, 60), (112, 60))
    assert (at(70, 60), at(110, 60), at(150, 60)) == (255, 0, 255)
    qtbot.mouseClick(row.undo, Qt.MouseButton.LeftButton)
    assert at(110, 60) == 255
    qtbot.keyClick(canvas.surface, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert not canvas.has_mask and not row.undo.isEnabled()
    qtbot.keyClick(
        canvas.surface, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    )
    qtbot.mouseClick(row.redo, Qt.MouseButton.LeftButton)
    assert (at(70, 60), at(110, 60)) == (255, 0) and not row.redo.isEnabled()
    qtbot.mouseClick(row.invert, Qt.MouseButton.LeftButton)
    assert (at(70, 60), at(110, 60), at(5, 5)) == (0, 255, 255)
    qtbot.mouseClick(row.clear, Qt.MouseButton.LeftButton)
    assert not canvas.has_mask
    qtbot.mouseClick(row.undo, Qt.MouseButton.LeftButton)
    assert at(5, 5) == 255


def test_undoing_everything_gives_the_first_mask_back(qtbot: QtBot) -> None:
    chance = random.Random(4)
    mask = Mask(QSize(90, 61))
    mask.begin()
    mask.stroke(QPointF(20, 20), QPointF(60, 30), 14, False)
    mask.end()
    start = QImage(mask.image).copy()
    count = 0
    for _ in range(60):
        deed = chance.choice(("paint", "erase", "invert", "clear"))
        if deed in ("invert", "clear"):
            getattr(mask, deed)()
        else:
            mask.begin()
            ends = [QPointF(chance.uniform(-20, 110), chance.uniform(-20, 80)) for _ in range(2)]
            mask.stroke(*ends, chance.uniform(2, 40), deed == "erase")
            before = mask.can_undo, len(mask._done)
            mask.end()
            count -= before[1] == len(mask._done)  # it fell outside
        count += 1
    end = QImage(mask.image).copy()
    for _ in range(count):
        mask.undo()
    assert mask.image == start
    for _ in range(count):
        mask.redo()
    assert mask.image == end and not mask.can_redo


def test_the_brush_works_without_a_mouse(qtbot: QtBot, canvas: PictureCanvas, pictures: list[str]) -> None:
    shown(qtbot, canvas, pictures[0])
    canvas.set_mask_mode(True)
    surface = canvas.surface
    size = surface.brush.size
    qtbot.keyClick(surface, Qt.Key.Key_BracketRight)
    assert surface.brush.size > size
    qtbot.keyClick(surface, Qt.Key.Key_BracketLeft)
    assert surface.brush.size <= size + 1
    assert canvas.captions.brush.diameter.value() == surface.brush.size
    for _ in range(4):
        qtbot.keyClick(surface, Qt.Key.Key_Left)
    qtbot.keyClick(surface, Qt.Key.Key_Return)
    assert canvas.has_mask
    override = QKeyEvent(QEvent.Type.ShortcutOverride, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    override.ignore()
    QApplication.sendEvent(surface, override)
    assert override.isAccepted()  # so that the window's own undo does not take it
    qtbot.keyClick(surface, Qt.Key.Key_Escape)
    assert not canvas.mask_mode and canvas.has_mask


def test_paint_survives_a_picture_of_the_same_size_only(
    qtbot: QtBot, canvas: PictureCanvas, pictures: list[str]
) -> None:
    shown(qtbot, canvas, pictures[0])
    canvas.set_mask_mode(True)
    paint(qtbot, canvas, (60, 60), (90, 60))
    canvas.set_mask_mode(False)
    shown(qtbot, canvas, pictures[1])
    assert canvas.has_mask
    shown(qtbot, canvas, pictures[2])
    assert not canvas.has_mask


def test_a_mask_that_cannot_be_written_is_a_sentence_and_the_paint_stays(
    qtbot: QtBot, canvas: PictureCanvas, pictures: list[str], home: Path
) -> None:
    shown(qtbot, canvas, pictures[0])
    canvas.set_mask_mode(True)
    paint(qtbot, canvas, (60, 60), (90, 60))
    home.mkdir(parents=True, exist_ok=True)
    (home / "inputs").write_text("a file where the folder should be")
    with qtbot.waitSignal(canvas.notice) as said:
        canvas.request_part()
    assert "mask could not be written" in said.args[0] and canvas.has_mask


def test_a_model_without_inpainting_says_so(qtbot: QtBot, canvas: PictureCanvas, pictures: list[str]) -> None:
    shown(qtbot, canvas, pictures[0])
    canvas.set_can_make_part(False, "Glow cannot make a part of a picture again.")
    assert not canvas.captions.shown.part.isEnabled()
    assert canvas.captions.shown.part.toolTip() == "Glow cannot make a part of a picture again."
    canvas.set_mask_mode(True)
    assert not canvas.mask_mode
