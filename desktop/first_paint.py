"""What waits until there is something to see: called once a widget has been painted for the first time."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtWidgets import QWidget

# A window that opens minimised, or behind others, is not painted: what waits for it comes all the same.
AT_LATEST_MS = 500


class FirstPaint(QObject):
    """Calls `then` from the event loop, after the first paint of `widget` or `at_latest_ms` after being made."""

    def __init__(self, widget: QWidget, then: Callable[[], object], at_latest_ms: int | None = AT_LATEST_MS) -> None:
        super().__init__(widget)
        self._then: Callable[[], object] | None = then
        widget.installEventFilter(self)
        if at_latest_ms is not None:
            QTimer.singleShot(at_latest_ms, self, self._go)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Paint:
            watched.removeEventFilter(self)
            QTimer.singleShot(0, self, self._go)  # once this paint, and all that belong to it, are done
        return False

    def _go(self) -> None:
        then, self._then = self._then, None
        if then is not None:
            then()
