"""The picture canvas: what forms, what is finished, comparing, and painting the part to make again."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QContextMenuEvent, QGuiApplication, QImage, QResizeEvent
from PySide6.QtWidgets import QMenu, QVBoxLayout, QWidget

from desktop.aside import Aside
from desktop.canvas import reading
from desktop.canvas.captions import Captions
from desktop.canvas.drawing import Drawing
from desktop.canvas.forming import preview_image
from desktop.canvas.hand import file_data
from desktop.canvas.part import PartAgain
from desktop.canvas.surface import Surface
from desktop.canvas.viewport import STEP
from desktop.empty import Empty
from desktop.middle import Middle
from models.protocol import Preview


class PictureCanvas(Middle):
    """What the window calls: `expect`, `show_preview`, `show_picture`, `pin`, and the zoom and compare slots.

    A finished picture is read off the window's thread; `picture_shown` follows when it is on the
    screen, and `notice` says in a sentence why it is not.
    """

    picture_shown = Signal(str)
    mask_mode_changed = Signal(bool)
    mask_changed = Signal(bool)  # True while something is painted
    make_part_again = Signal(str, str)  # the picture's file, the mask's file
    drawn = Signal(str)  # the sketch's file, after each stroke
    keep_drawn = Signal()
    compare_changed = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.surface = Surface()
        self.captions = Captions()
        self.empty = Empty("", "", self.surface)
        self._aside = Aside(self)
        self.part = PartAgain(self.surface, self.captions.brush, self._aside)
        self.drawing = Drawing(self.surface, self.captions.pencil, self._aside)
        self._wanted = 0
        self._pinned = False
        self._newest: Preview | None = None  # of the running job
        self._can_make_part = True
        self._actions: list[QAction | None] = []
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(0)
        rows.addWidget(self.surface, 1)
        rows.addWidget(self.captions)
        self.setFocusProxy(self.surface)
        self._connect()
        self._refresh()

    def _connect(self) -> None:
        surface, shown = self.surface, self.captions.shown
        surface.viewed.connect(self._refresh)
        surface.hold_last.connect(self.see_last)
        surface.escaped.connect(self._put_down)
        shown.fit.clicked.connect(self.fit)
        shown.actual.clicked.connect(self.actual_size)
        shown.compare.toggled.connect(self.set_compare)
        shown.held.connect(self.see_last)
        shown.part.clicked.connect(self.set_mask_mode)
        shown.draw.clicked.connect(self.set_draw_mode)
        self.drawing.mode_changed.connect(self._draw_mode_changed)
        self.drawing.drawn.connect(self.drawn)
        self.drawing.keep.connect(self.keep_drawn)
        self.drawing.notice.connect(self.notice)
        self.part.mode_changed.connect(self._mode_changed)
        self.part.painted.connect(self.mask_changed)
        self.part.ready.connect(self.make_part_again)
        self.part.notice.connect(self.notice)
        self.empty.acted.connect(self.empty_acted)
        self.empty.suggested.connect(self.empty_suggested)

    # ── the work ──────────────────────────────────────────────────────────────

    @property
    def path(self) -> str:
        """The file of the finished picture that is shown, or ""."""
        return self.surface.path

    def expect(self, width: int, height: int) -> None:
        """A job starts that will make a picture of this size: its place is kept from now on."""
        self._wanted += 1  # a picture still being read would come too late
        self._pinned, self._newest = False, None
        self._put_down()
        self.surface.forming.clear()
        self.surface.expect((width, height))
        self._refresh()

    def show_preview(self, preview: Preview) -> None:
        """Fade to what is there so far, unless an earlier step is pinned."""
        self._newest = preview
        if not self._pinned:
            self._show_step(preview)

    def pin(self, preview: Preview | None) -> None:
        """Keep one step on the canvas (the strip's choice); None goes on with what is newest."""
        self._pinned = preview is not None
        if step := preview or self._newest:
            self._show_step(step)
        elif self.surface.now is not None:
            self.drop_preview()

    def drop_preview(self) -> None:
        """Back from previews to the finished picture (the job was stopped, or nothing is pinned)."""
        self._pinned, self._newest = False, None
        self.surface.forming.clear()
        if self.surface.now:
            self.surface.expect(self.surface.now.size)
        self._refresh()

    def show_picture(self, path: str) -> None:
        """Read a finished picture aside and show it; until then all stays as it is."""
        self._wanted += 1
        wanted = self._wanted

        def arrived(found: object) -> None:
            if wanted != self._wanted:
                return  # another one was asked for meanwhile
            if isinstance(found, reading.Pyramid):
                self._arrive(found)
            else:
                self.drop_preview()
                self.notice.emit(reading.sentence(found))

        self._aside.run(lambda: reading.read(path), arrived)

    def show_made_of_sketch(self, path: str) -> None:
        """Read what became of the sketch, and show it under the lines, if they are still being drawn."""

        def arrived(found: object) -> None:
            if not self.draw_mode:
                return
            if isinstance(found, reading.Pyramid):
                self.drawing.show_made(found)
                self._refresh()
            else:
                self.notice.emit(reading.sentence(found))

        self._aside.run(lambda: reading.read(path), arrived)

    def clear(self) -> None:
        """An empty canvas."""
        self._wanted += 1
        self.part.drop()
        self.set_compare(False)
        self.surface.clear()
        self._refresh()

    def set_empty(self, sentence: str, word: str = "", suggestions: Sequence[str] = ()) -> None:
        """What an empty canvas says, the word of its button (`empty_acted`), and what it suggests
        (`empty_suggested`)."""
        self.empty.say(sentence, word, suggestions)
        self._refresh()

    def copy(self) -> None:
        """The picture, and its file where it has one, to the clipboard."""
        now, forming = self.surface.now, self.surface.forming.image
        image = forming if not forming.isNull() else (now.image if now else QImage())
        if not image.isNull():
            data = file_data([self.path] if self.path else [])
            data.setImageData(image)
            QGuiApplication.clipboard().setMimeData(data)

    def finish(self) -> None:
        """Wait for what is still being read or written; call it before the window goes."""
        self._aside.finish()

    # ── looking ───────────────────────────────────────────────────────────────

    def zoom_in(self) -> None:
        self.surface.zoom_by(STEP)

    def zoom_out(self) -> None:
        self.surface.zoom_by(1 / STEP)

    def fit(self) -> None:
        self.surface.fit()

    def actual_size(self) -> None:
        self.surface.actual_size()

    @property
    def can_compare(self) -> bool:
        return self.surface.last is not None and self.surface.now is not None

    def set_compare(self, on: bool) -> None:
        """The wipe between the last picture and this one."""
        on = on and self.can_compare
        if on:
            self.set_mask_mode(False)
        if on != (self.surface.tool is self.surface.wipe):
            self.surface.take(self.surface.wipe if on else self.surface.hand)
            self.compare_changed.emit(on)
        self.captions.shown.compare.setChecked(on)

    def see_last(self, seen: bool) -> None:
        """The last picture for as long as it is held."""
        self.surface.see_last(seen)

    def set_context_actions(self, actions: Sequence[QAction | None]) -> None:
        """The menu of the right button and the menu key; None is a line between."""
        self._actions = list(actions)

    # ── the part to make again ────────────────────────────────────────────────

    def set_can_make_part(self, can: bool, why: str = "") -> None:
        """Whether the chosen model takes a mask; `why` it does not, as a sentence."""
        self._can_make_part = can
        part = self.captions.shown.part
        part.setToolTip(part.accessibleDescription() if can else why)
        if not can:
            self.set_mask_mode(False)
        self._refresh()

    @property
    def mask_mode(self) -> bool:
        return self.part.on

    @property
    def has_mask(self) -> bool:
        """True while something is painted."""
        return self.part.has_paint

    def set_mask_mode(self, on: bool) -> None:
        """Take up the brush over the finished picture, or put it down; the paint stays."""
        on = on and bool(self.path) and self._can_make_part
        if on:
            self.set_compare(False)
        self.part.set_on(on)
        self.captions.shown.part.setChecked(self.part.on)

    def request_part(self) -> None:
        """Write the mask aside; `make_part_again` follows with both files."""
        self.part.request()

    def save_mask(self, path: str) -> None:
        """Write the mask here and now, white = make again. Raises BadInput."""
        if self.part.mask:
            self.part.mask.save(Path(path))

    def _mode_changed(self, on: bool) -> None:
        self.captions.setCurrentWidget(self.captions.brush if on else self.captions.shown)
        self.captions.shown.part.setChecked(on)
        if on:
            self.surface.setFocus(Qt.FocusReason.OtherFocusReason)
        self.mask_mode_changed.emit(on)

    # ── the sketch ────────────────────────────────────────────────────────────

    def set_can_draw(self, can: bool) -> None:
        """Whether the chosen model makes pictures of sketches; the word for it is there only then."""
        self.captions.shown.draw.setVisible(can)
        if not can:
            self.set_draw_mode(False)

    @property
    def draw_mode(self) -> bool:
        return self.drawing.on

    def set_draw_mode(self, on: bool) -> None:
        """Take up the pencil over paper, or put it down."""
        if on:
            self.set_mask_mode(False)
            self.set_compare(False)
        self.drawing.set_on(on)
        self._refresh()

    def _draw_mode_changed(self, on: bool) -> None:
        self.captions.setCurrentWidget(self.captions.pencil if on else self.captions.shown)
        self.captions.shown.draw.setChecked(on)
        if on:
            self.surface.setFocus(Qt.FocusReason.OtherFocusReason)

    # ── inside ────────────────────────────────────────────────────────────────

    def _show_step(self, preview: Preview) -> None:
        self.surface.forming.show(preview_image(preview))
        self._refresh()

    def _arrive(self, picture: reading.Pyramid) -> None:
        self._pinned, self._newest = False, None
        self.part.fit_to(picture.size)
        self.surface.arrive(picture)
        self._refresh()
        self.picture_shown.emit(picture.path)

    def _put_down(self) -> None:
        self.set_draw_mode(False)
        self.set_mask_mode(False)
        self.set_compare(False)

    def _refresh(self) -> None:
        """Caption, and which words can be used."""
        surface, shown = self.surface, self.captions.shown
        view = surface.viewport
        caption = ""
        if surface.has_work:
            width, height = (round(side) for side in view.picture)
            caption = f"{width} × {height} · shown at {view.device_zoom:.0%}".replace("%", " %")
        shown.caption.setText(caption)
        surface.setAccessibleDescription(caption)
        for button, usable in (
            (shown.fit, surface.has_work),
            (shown.actual, surface.has_work),
            (shown.compare, self.can_compare and bool(self.path)),
            (shown.part, self._can_make_part and bool(self.path)),
        ):
            button.setEnabled(usable)
        self.empty.setVisible(not surface.has_work and bool(self.empty.sentence.text()))
        self._place_empty()

    def _place_empty(self) -> None:
        self.empty.setGeometry(self.surface.rect())

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._place_empty()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        if not self._actions:
            return
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for action in self._actions:
            if action is None:
                menu.addSeparator()
            else:
                menu.addAction(action)
        menu.popup(event.globalPos())
