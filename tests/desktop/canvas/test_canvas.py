"""The canvas: zoom, previews, pictures read aside, and what goes out of it."""

from __future__ import annotations

import itertools
import random
import time
from pathlib import Path

import pytest
from PySide6.QtCore import QElapsedTimer, QPoint, QPointF, QSize, Qt, QTimer
from PySide6.QtGui import QAction, QGuiApplication, QImage, QWheelEvent
from PySide6.QtWidgets import QApplication, QMenu, QPushButton
from pytestqt.qtbot import QtBot

from desktop.canvas.canvas import PictureCanvas
from desktop.canvas.forming import preview_image, smooth
from desktop.canvas.viewport import Viewport
from models.outputs import formats
from models.protocol import Preview
from tests.desktop.canvas.hands import NONE, colour_at, shown, view_of
from tests.desktop.scene import previews, scene

# ── zoom ──────────────────────────────────────────────────────────────────────


def test_zooming_keeps_the_point_under_the_cursor() -> None:
    chance = random.Random(1)
    for _ in range(300):
        picture = (chance.randint(32, 4000), chance.randint(32, 4000))
        view = Viewport((chance.randint(200, 2000), chance.randint(200, 1200)), picture, chance.choice((1.0, 1.5, 2.0)))
        for _ in range(8):
            at = view.to_view((chance.random() * picture[0], chance.random() * picture[1]))
            before = view.to_picture(at)
            view = view.zoomed(view.device_zoom * chance.choice((1.25, 1.9, 1.1)), at)
            after = view.to_picture(at)
            assert view.fitted or before == pytest.approx(after, abs=1e-6 * max(picture))


def test_zooming_out_ends_in_the_middle_and_never_loses_the_picture() -> None:
    view = Viewport((800, 500), (256, 256)).zoomed(9.0, (790, 490)).panned(4000, -4000)
    x, y, width, height = view.rect
    assert x <= 400 <= x + width and y <= 250 <= y + height
    view = view.zoomed(0.5, (0, 0))
    x, y, width, height = view.rect
    assert (x + width / 2, y + height / 2) == pytest.approx((400, 250), abs=1)


def test_one_to_one_is_one_device_pixel_on_every_screen() -> None:
    for ratio in (1.0, 1.25, 2.0):
        view = Viewport((800, 500), (256, 128), ratio).zoomed(1.0, (400, 250))
        assert view.rect[2] * ratio == pytest.approx(256) and view.rect[3] * ratio == pytest.approx(128)


def test_the_wheel_zooms_to_the_cursor(qtbot: QtBot, canvas: PictureCanvas, pictures: list[str]) -> None:
    shown(qtbot, canvas, pictures[0])
    surface = canvas.surface
    at = QPointF(view_of(canvas, 200, 60))
    before = surface.viewport.to_picture(at.toTuple())
    for _ in range(6):
        event = QWheelEvent(
            at, QPointF(surface.mapToGlobal(at)), QPoint(), QPoint(0, 120), Qt.MouseButton.NoButton, NONE,
            Qt.ScrollPhase.NoScrollPhase, False,
        )  # fmt: skip
        QApplication.sendEvent(surface, event)
    assert surface.viewport.device_zoom > 4
    assert surface.viewport.to_picture(at.toTuple()) == pytest.approx(before, abs=1e-6)
    assert surface.viewport.overflows


def test_keys_and_words_zoom_and_the_caption_follows(qtbot: QtBot, canvas: PictureCanvas, pictures: list[str]) -> None:
    shown(qtbot, canvas, pictures[0])
    caption = canvas.captions.shown.caption
    fitted = canvas.surface.viewport.device_zoom
    assert caption.text() == f"256 × 192 · shown at {fitted:.0%}".replace("%", " %")
    qtbot.keyClick(canvas.surface, Qt.Key.Key_1, Qt.KeyboardModifier.ControlModifier)
    assert caption.text() == "256 × 192 · shown at 100 %"
    qtbot.keyClick(canvas.surface, Qt.Key.Key_Plus, Qt.KeyboardModifier.ControlModifier)
    assert caption.text() == "256 × 192 · shown at 125 %"
    qtbot.keyClick(canvas.surface, Qt.Key.Key_Minus, Qt.KeyboardModifier.ControlModifier)
    assert caption.text() == "256 × 192 · shown at 100 %"
    qtbot.keyClick(canvas.surface, Qt.Key.Key_0, Qt.KeyboardModifier.ControlModifier)
    assert canvas.surface.viewport.fitted
    qtbot.mouseClick(canvas.captions.shown.actual, Qt.MouseButton.LeftButton)
    assert canvas.surface.viewport.device_zoom == 1.0
    assert canvas.surface.accessibleDescription() == caption.text()


def test_a_drag_pans_what_is_larger_than_the_view(qtbot: QtBot, canvas: PictureCanvas, pictures: list[str]) -> None:
    shown(qtbot, canvas, pictures[0])
    surface = canvas.surface
    surface.zoom_by(6, QPointF(440, 240))
    before = surface.viewport.to_picture((440, 240))
    qtbot.mousePress(surface, Qt.MouseButton.LeftButton, pos=QPoint(440, 240))
    qtbot.mouseMove(surface, QPoint(470, 260))
    qtbot.mouseRelease(surface, Qt.MouseButton.LeftButton, pos=QPoint(470, 260))
    assert surface.viewport.to_picture((470, 260)) == pytest.approx(before, abs=0.01)


# ── previews and pictures ─────────────────────────────────────────────────────


def test_previews_take_the_place_of_the_picture_that_comes(qtbot: QtBot, canvas: PictureCanvas) -> None:
    canvas.expect(256, 192)
    canvas.show_preview(previews(8)[0])
    place = canvas.surface.viewport.rect
    seen = set()
    for preview in previews(8):
        canvas.show_preview(preview)
        canvas.surface.forming.finish()
        seen.add(colour_at(canvas, 128, 40))
        assert canvas.surface.viewport.rect == place
    assert len(seen) >= 5
    assert canvas.captions.shown.caption.text().startswith("256 × 192")


def test_a_preview_fades_in_and_the_last_one_stays(qtbot: QtBot, canvas: PictureCanvas) -> None:
    black, white = (Preview(8, 8, bytes([v]) * 192) for v in (0, 255))
    forming = canvas.surface.forming
    canvas.expect(64, 64)
    canvas.show_preview(black)
    greys = []
    forming.changed.connect(lambda: greys.append(forming.image.pixelColor(100, 100).red()))
    canvas.show_preview(white)
    qtbot.waitUntil(lambda: not forming.running)
    assert greys == sorted(greys) and greys[-1] == 255
    assert forming.image.pixelColor(100, 100).red() == 255


def test_short_preview_bytes_are_ignored(canvas: PictureCanvas) -> None:
    canvas.expect(64, 64)
    canvas.show_preview(Preview(32, 32, b"too short"))
    assert not canvas.surface.has_work


def test_small_previews_grow_without_blocks() -> None:
    image = QImage(2, 1, QImage.Format.Format_RGB32)
    image.setPixelColor(0, 0, Qt.GlobalColor.black)
    image.setPixelColor(1, 0, Qt.GlobalColor.white)
    grown = smooth(image)
    row = [grown.pixelColor(x, 0).red() for x in range(grown.width())]
    assert row[0] < 5 and row[-1] > 250 and row == sorted(row)
    assert max(b - a for a, b in itertools.pairwise(row)) <= 4


def test_the_preview_keeps_its_own_bytes() -> None:
    image = preview_image(Preview(3, 2, bytes(range(18))))
    assert image.size() == QSize(3, 2) and image.pixelColor(2, 1).getRgb()[:3] == (15, 16, 17)


def test_only_the_picture_asked_for_last_is_shown(qtbot: QtBot, canvas: PictureCanvas, pictures: list[str]) -> None:
    arrived: list[str] = []
    canvas.picture_shown.connect(arrived.append)
    canvas.show_picture(pictures[0])
    with qtbot.waitSignal(canvas.picture_shown):
        canvas.show_picture(pictures[1])
    assert arrived == [pictures[1]] and canvas.path == pictures[1]


def test_what_cannot_be_shown_is_said_in_a_sentence(
    qtbot: QtBot, canvas: PictureCanvas, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = tmp_path / "whole.png"
    scene(64, 64).save(str(whole))
    half = tmp_path / "half.png"
    half.write_bytes(whole.read_bytes()[:400])
    disguised = tmp_path / "disguised.png"
    scene(64, 64).save(str(disguised), "BMP")  # type: ignore[call-overload]
    for path, words in (
        (tmp_path / "gone.png", "no longer where it was"),
        (half, "damaged or not finished"),
        (disguised, "use PNG, JPEG or WEBP"),
    ):
        with qtbot.waitSignal(canvas.notice) as said:
            canvas.show_picture(str(path))
        assert words in said.args[0] and path.name in said.args[0]
    monkeypatch.setattr(formats, "MAX_PIXELS", 1000)
    with qtbot.waitSignal(canvas.notice) as said:
        canvas.show_picture(str(whole))
    assert "megapixels" in said.args[0]
    assert canvas.path == ""


def test_a_large_picture_is_read_beside_the_event_loop(qtbot: QtBot, canvas: PictureCanvas, tmp_path: Path) -> None:
    path = tmp_path / "large.png"
    scene(512, 512).scaled(5000, 4000).save(str(path))
    gaps, last = [], QElapsedTimer()
    tick = QTimer()
    tick.timeout.connect(lambda: gaps.append(last.restart()))
    last.start()
    tick.start(1)
    began = time.perf_counter()
    shown(qtbot, canvas, str(path))
    spent = (time.perf_counter() - began) * 1e3
    tick.stop()
    assert max(gaps) < max(50, spent / 2), f"{max(gaps)} ms without events while reading for {spent:.0f} ms"
    assert canvas.captions.shown.caption.text().startswith("5000 × 4000")


def test_an_earlier_step_stays_until_it_is_let_go(qtbot: QtBot, canvas: PictureCanvas, pictures: list[str]) -> None:
    shown(qtbot, canvas, pictures[0])
    steps = previews(6)
    canvas.expect(256, 192)
    canvas.pin(steps[0])
    canvas.surface.forming.finish()
    held = canvas.surface.forming.image
    canvas.show_preview(steps[5])
    assert canvas.surface.forming.image == held
    canvas.pin(None)
    canvas.surface.forming.finish()
    assert canvas.surface.forming.image == smooth(preview_image(steps[5]))
    canvas.drop_preview()
    assert canvas.path == pictures[0]


# ── out of the canvas ─────────────────────────────────────────────────────────


def test_copy_gives_the_picture_and_its_file(qtbot: QtBot, canvas: PictureCanvas, pictures: list[str]) -> None:
    shown(qtbot, canvas, pictures[0])
    canvas.copy()
    data = QGuiApplication.clipboard().mimeData()
    assert data.hasImage() and [u.toLocalFile() for u in data.urls()] == [pictures[0]]
    assert QGuiApplication.clipboard().image().size() == QSize(256, 192)


def test_the_drag_carries_the_real_file(qtbot: QtBot, canvas: PictureCanvas, pictures: list[str]) -> None:
    shown(qtbot, canvas, pictures[0])
    drag = canvas.surface.hand.drag()
    assert [u.toLocalFile() for u in drag.mimeData().urls()] == [pictures[0]]
    assert not drag.pixmap().isNull()


def test_the_menu_holds_the_windows_actions(qtbot: QtBot, canvas: PictureCanvas, pictures: list[str]) -> None:
    shown(qtbot, canvas, pictures[0])
    first, second = QAction("Copy picture", canvas), QAction("Fit", canvas)
    canvas.set_context_actions([first, None, second])
    qtbot.keyClick(canvas.surface, Qt.Key.Key_Menu)
    menus = canvas.findChildren(QMenu)
    if not menus:  # the platform sends no context event for the key
        from PySide6.QtGui import QContextMenuEvent

        event = QContextMenuEvent(QContextMenuEvent.Reason.Keyboard, QPoint(9, 9), QPoint(9, 9))
        QApplication.sendEvent(canvas.surface, event)
        menus = canvas.findChildren(QMenu)
    actions = menus[0].actions()
    assert actions[0] is first and actions[1].isSeparator() and actions[2] is second
    menus[0].close()


def test_an_empty_canvas_has_one_sentence_and_one_button(
    qtbot: QtBot, canvas: PictureCanvas, pictures: list[str]
) -> None:
    canvas.set_empty("Nothing made yet.", "Make the first picture")
    assert canvas.empty.isVisible()
    with qtbot.waitSignal(canvas.empty_acted):
        qtbot.mouseClick(canvas.empty.button, Qt.MouseButton.LeftButton)
    shown(qtbot, canvas, pictures[0])
    assert not canvas.empty.isVisible()
    canvas.clear()
    assert canvas.empty.isVisible() and canvas.path == ""


def test_every_button_has_a_name_and_is_reached_by_tab(canvas: PictureCanvas) -> None:
    for button in canvas.findChildren(QPushButton):
        if button is not canvas.empty.button:
            assert button.accessibleName() or button.text()
            assert button.focusPolicy() & Qt.FocusPolicy.TabFocus
    assert canvas.surface.accessibleName() == "Canvas"
    assert canvas.captions.brush.diameter.accessibleName() == "Brush size"
