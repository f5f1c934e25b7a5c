"""Drawing a sketch: each stroke becomes a file, and what became of it lies under the lines."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QImage
from pytestqt.qtbot import QtBot

from desktop.canvas.canvas import PictureCanvas
from tests.desktop.canvas.hands import NONE, colour_at, near, view_of


def stroke(qtbot: QtBot, canvas: PictureCanvas, start: tuple[float, float], end: tuple[float, float]) -> QPoint:
    surface = canvas.surface
    qtbot.mousePress(surface, Qt.MouseButton.LeftButton, NONE, view_of(canvas, *start))
    qtbot.mouseMove(surface, view_of(canvas, *end))
    qtbot.mouseRelease(surface, Qt.MouseButton.LeftButton, NONE, view_of(canvas, *end))
    return view_of(canvas, *end)


def test_a_stroke_on_white_paper_becomes_dark_lines_in_a_file(qtbot: QtBot, canvas: PictureCanvas) -> None:
    canvas.set_can_draw(True)
    canvas.captions.shown.draw.click()
    assert canvas.draw_mode and canvas.captions.currentWidget() is canvas.captions.pencil
    assert near(colour_at(canvas, 256, 256), (255, 255, 255))
    with qtbot.waitSignal(canvas.drawn, timeout=5000) as told:
        stroke(qtbot, canvas, (100, 256), (400, 256))
    sketch = QImage(told.args[0])
    assert (sketch.width(), sketch.height()) == (512, 512)
    assert sketch.pixelColor(250, 256).lightness() < 60
    assert sketch.pixelColor(250, 300).lightness() == 255
    assert colour_at(canvas, 250, 256)[0] < 120


def test_what_it_became_lies_under_the_lines_which_can_be_taken_back(
    qtbot: QtBot, canvas: PictureCanvas, pictures: list[str]
) -> None:
    canvas.set_can_draw(True)
    canvas.set_draw_mode(True)
    with qtbot.waitSignal(canvas.drawn, timeout=5000):
        stroke(qtbot, canvas, (50, 50), (450, 50))
    canvas.show_made_of_sketch(pictures[0])
    qtbot.waitUntil(lambda: canvas.path == pictures[0], timeout=5000)
    canvas.surface.arrival.finish()
    assert canvas.draw_mode and canvas.drawing.lines is not None
    assert not near(colour_at(canvas, 256, 300), (255, 255, 255))
    with qtbot.waitSignal(canvas.drawn, timeout=5000):
        stroke(qtbot, canvas, (50, 90), (450, 90))
    with qtbot.waitSignal(canvas.drawn, timeout=5000) as told:
        qtbot.keyClick(canvas.surface, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert QImage(told.args[0]).pixelColor(250, 90).lightness() == 255
    assert QImage(told.args[0]).pixelColor(250, 50).lightness() < 60
    canvas.captions.pencil.clear.click()
    assert near(colour_at(canvas, 256, 300), (255, 255, 255)), "paper again"
    qtbot.keyClick(canvas.surface, Qt.Key.Key_Escape)
    assert not canvas.draw_mode


def test_the_word_is_there_for_models_that_take_sketches_alone(canvas: PictureCanvas) -> None:
    assert not canvas.captions.shown.draw.isVisible()
    canvas.set_can_draw(True)
    assert canvas.captions.shown.draw.isVisible()
    canvas.set_draw_mode(True)
    canvas.set_can_draw(False)
    assert not canvas.draw_mode
