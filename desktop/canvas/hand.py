"""The hand: moves a picture that is larger than the view, and drags a finished one out as a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QMimeData, QPointF, QRectF, QSize, Qt, QUrl
from PySide6.QtGui import QDrag, QGuiApplication, QImage, QKeyEvent, QPixmap

from desktop.canvas.tool import Tool

if TYPE_CHECKING:
    from desktop.canvas.surface import Surface

_ARROW = 48.0
_THUMB = 128
_ARROWS = {
    Qt.Key.Key_Left: (_ARROW, 0.0),
    Qt.Key.Key_Right: (-_ARROW, 0.0),
    Qt.Key.Key_Up: (0.0, _ARROW),
    Qt.Key.Key_Down: (0.0, -_ARROW),
}


def file_data(paths: list[str]) -> QMimeData:
    """Real files for another program, or for another part of this one."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(Path(p).absolute())) for p in paths])
    return data


class Hand(Tool):
    """Ctrl drags the file out also where a plain drag would pan."""

    def __init__(self, surface: Surface) -> None:
        super().__init__(surface)
        self._from = QPointF()
        self._panning = False
        self._may_drag = False

    @property
    def cursor(self) -> Qt.CursorShape:  # type: ignore[override]
        if self._panning:
            return Qt.CursorShape.ClosedHandCursor
        return Qt.CursorShape.OpenHandCursor if self.surface.viewport.overflows else Qt.CursorShape.ArrowCursor

    def grab(self, at: QPointF) -> None:
        """Pan, whatever else a drag might mean (middle button, or Space)."""
        self._from, self._panning, self._may_drag = at, True, False
        self.surface.show_cursor()

    def press(self, at: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        drag_out = bool(modifiers & Qt.KeyboardModifier.ControlModifier) or not self.surface.viewport.overflows
        self._from = at
        self._may_drag = drag_out and bool(self.surface.path) and QRectF(*self.surface.viewport.rect).contains(at)
        self._panning = not self._may_drag and self.surface.viewport.overflows
        self.surface.show_cursor()

    def move(self, at: QPointF, held: bool) -> None:
        if not held:
            return
        if self._panning:
            by = at - self._from
            self._from = at
            self.surface.place(self.surface.viewport.panned(by.x(), by.y()))
        elif self._may_drag:
            far = (at - self._from).manhattanLength() >= QGuiApplication.styleHints().startDragDistance()
            if far:
                self._may_drag = False
                self.drag().exec(Qt.DropAction.CopyAction)

    def release(self, at: QPointF) -> None:
        self._panning = self._may_drag = False
        self.surface.show_cursor()

    def key(self, event: QKeyEvent) -> bool:
        if (step := _ARROWS.get(Qt.Key(event.key()))) and self.surface.viewport.overflows:
            self.surface.place(self.surface.viewport.panned(*step))
            return True
        return False

    def drag(self) -> QDrag:
        """The drag of the shown file, with a small picture under the pointer."""
        drag = QDrag(self.surface)
        drag.setMimeData(file_data([self.surface.path]))
        if self.surface.now:
            ratio = self.surface.devicePixelRatioF()
            small: QImage = self.surface.now.levels[-1].scaled(
                QSize(_THUMB, _THUMB) * ratio,
                Qt.AspectRatioMode.KeepAspectRatio,
                Qt.TransformationMode.SmoothTransformation,
            )
            small.setDevicePixelRatio(ratio)
            drag.setPixmap(QPixmap.fromImage(small))
        return drag
