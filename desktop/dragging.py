"""A button that gives a file when it is pressed and drawn away."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QPointF, Qt
from PySide6.QtGui import QDrag, QGuiApplication, QMouseEvent
from PySide6.QtWidgets import QAbstractButton

from desktop.canvas.hand import file_data


class DragOut(QObject):
    """Watches over `button`, as a part of it; `path` says which file it gives now, "" for none."""

    def __init__(self, button: QAbstractButton, path: Callable[[], str]) -> None:
        super().__init__(button)
        self._button, self._path = button, path
        self._from: QPointF | None = None
        button.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QMouseEvent):
            kind = event.type()
            if kind == QEvent.Type.MouseButtonPress:
                self._from = event.position()
            elif kind == QEvent.Type.MouseButtonRelease:
                self._from = None
            elif kind == QEvent.Type.MouseMove and self._far(event.position()) and self._path():
                self._from = None
                self._button.setDown(False)
                self.drag().exec(Qt.DropAction.CopyAction)
                return True
        return super().eventFilter(watched, event)

    def _far(self, at: QPointF) -> bool:
        far = QGuiApplication.styleHints().startDragDistance()
        return self._from is not None and (at - self._from).manhattanLength() >= far

    def drag(self) -> QDrag:
        """The drag of its file."""
        drag = QDrag(self._button)
        drag.setMimeData(file_data([self._path()]))
        return drag
