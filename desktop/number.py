"""A number that looks like a word until it is pointed at, and is typed or stepped."""

from __future__ import annotations

import math

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QKeySequence, QWheelEvent
from PySide6.QtWidgets import QLineEdit, QWidget

_STEPS = {Qt.Key.Key_Up: 1, Qt.Key.Key_Down: -1, Qt.Key.Key_PageUp: 10, Qt.Key.Key_PageDown: -10}


class Number(QLineEdit):
    """Whole where `decimals` is 0, and then kept to a `multiple`. What is typed out of range goes to the limit.

    `value_changed` follows every change that is finished: not each figure typed.
    """

    value_changed = Signal(float)

    def __init__(self, parent: QWidget | None = None, multiple: int = 1) -> None:
        super().__init__(parent)
        self._value, self._low, self._high = 0.0, -math.inf, math.inf
        self._multiple, self._step, self._decimals, self._suffix = multiple, 1.0, 0, ""
        self.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.setProperty("role", "value")
        self.setTextMargins(2, 0, -3, 0)  # ends where the row ends, so that figures stand under one another
        self.editingFinished.connect(self._finish)

    def setDecimals(self, decimals: int) -> None:
        self._decimals = decimals

    def setRange(self, low: float, high: float) -> None:
        self._low, self._high = low, high

    def setSingleStep(self, step: float) -> None:
        self._step = step

    def setSuffix(self, suffix: str) -> None:
        """What follows the number, with its space."""
        self._suffix = suffix
        self._show()

    def value(self) -> float:
        return self._value

    def setValue(self, value: float) -> None:
        """Show the nearest value that is allowed; says so where that is another."""
        kept = self.validated(value)
        changed = kept != self._value
        self._value = kept
        self._show()
        if changed:
            self.value_changed.emit(kept)

    def validated(self, value: float) -> float:
        """The nearest value that the parameter allows."""
        kept = round(value / self._multiple) * self._multiple if self._multiple > 1 else round(value, self._decimals)
        if self._multiple > 1:
            low = math.ceil(self._low / self._multiple) * self._multiple if math.isfinite(self._low) else self._low
            high = math.floor(self._high / self._multiple) * self._multiple if math.isfinite(self._high) else self._high
            return float(min(max(kept, low), high))
        return float(min(max(kept, self._low), self._high))

    def _show(self) -> None:
        text = f"{self._value:.{self._decimals}f}{self._suffix}"
        if text != self.text():
            self.setText(text)

    def _finish(self) -> None:
        typed = self.text().removesuffix(self._suffix).strip().replace(",", ".").replace("\u2009", "")
        try:
            value = float(typed)
        except ValueError:
            value = math.nan
        if math.isfinite(value):
            self.setValue(value)
        self._show()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if (steps := _STEPS.get(Qt.Key(event.key()))) is not None:
            self._finish()
            self.setValue(self._value + steps * self._step)
            self.selectAll()
        elif event.key() == Qt.Key.Key_Escape and self.isModified():
            self._show()
            self.selectAll()
        else:
            super().keyPressEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.hasFocus() and event.angleDelta().y():
            self.setValue(self._value + math.copysign(self._step, event.angleDelta().y()))
        else:
            event.ignore()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        if event.reason() in (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason):
            self.selectAll()

    def event(self, event: QEvent) -> bool:
        # Undo belongs to the settings as a whole, not to the figures typed into one of them.
        if (
            event.type() == QEvent.Type.ShortcutOverride
            and isinstance(event, QKeyEvent)
            and (event.matches(QKeySequence.StandardKey.Undo) or event.matches(QKeySequence.StandardKey.Redo))
        ):
            event.ignore()
            return False
        return super().event(event)
