"""The canvas: zoom, previews, pictures read aside, comparing, and the mask that is painted on it."""

from __future__ import annotations

import itertools
import random
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from PySide6.QtCore import QElapsedTimer, QEvent, QPoint, QPointF, QSize, Qt, QTimer
from PySide6.QtGui import QAction, QGuiApplication, QImage, QKeyEvent, QWheelEvent
from PySide6.QtWidgets import QApplication, QMenu, QPushButton
from pytestqt.qtbot import QtBot

from desktop.canvas.canvas import PictureCanvas
from desktop.canvas.forming import preview_image, smooth
from desktop.canvas.mask import Mask
from desktop.canvas.viewport import Viewport
from models.outputs import formats
from models.protocol import Preview
from tests.desktop.scene import previews, scene

NONE = Qt.KeyboardModifier.NoModifier


@pytest.fixture
def canvas(qtbot: QtBot) -> Iterator[PictureCanvas]:
    made = PictureCanvas()
    qtbot.addWidget(made)
    made.resize(880, 520)
    made.show()
    qtbot.waitExposed(made)
    yield made
    made.finish()


@pytest.fixture
def pictures(tmp_path: Path) -> list[str]:
    """Two scenes of 256 × 192, and one of another shape."""
    paths = []
    for k, (width, height) in enumerate(((256, 192), (256, 192), (120, 240))):
        path = tmp_path / f"scene {k}.png"
        scene(width, height, k).save(str(path))
        paths.append(str(path))
    return paths


def shown(qtbot: QtBot, canvas: PictureCanvas, path: str) -> None:
    with qtbot.waitSignal(canvas.picture_shown, timeout=5000):
        canvas.show_picture(path)
    canvas.surface.arrival.finish()


def view_of(canvas: PictureCanvas, x: float, y: float) -> QPoint:
    """Where a picture point is seen."""
    return QPointF(*canvas.surface.viewport.to_view((x, y))).toPoint()


def colour_at(canvas: PictureCanvas, x: float, y: float) -> tuple[int, int, int]:
    seen = canvas.surface.grab().toImage()
    point = QPointF(*canvas.surface.viewport.to_view((x, y))) * seen.devicePixelRatio()
    return seen.pixelColor(point.toPoint()).getRgb()[:3]  # type: ignore[return-value]


def near(a: tuple[int, ...], b: tuple[int, ...], by: int = 12) -> bool:
    return all(abs(x - y) <= by for x, y in zip(a, b, strict=True))


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
    canvas.begin(256, 192)
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
    canvas.begin(64, 64)
    canvas.show_preview(black)
    greys = []
    forming.changed.connect(lambda: greys.append(forming.image.pixelColor(100, 100).red()))
    canvas.show_preview(white)
    qtbot.waitUntil(lambda: not forming.running)
    assert greys == sorted(greys) and greys[-1] == 255
    assert forming.image.pixelColor(100, 100).red() == 255


def test_short_preview_bytes_are_ignored(canvas: PictureCanvas) -> None:
    canvas.begin(64, 64)
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
    canvas.begin(256, 192)
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
