"""The few controls that every form is made of, painted from the theme and alike under mouse and keyboard."""

from __future__ import annotations

import html
from collections.abc import Callable, Sequence
from typing import Any

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen, QWheelEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QButtonGroup,
    QComboBox,
    QFrame,
    QHBoxLayout,
    QPushButton,
    QSlider,
    QWidget,
)

from desktop import theme

HANDLE = 14  # px across
_TIP = 600  # characters of words that somebody else wrote


def set_role(widget: QWidget, role: str, state: str = "") -> None:
    """Say what a widget is to the style sheet; polished again where it is on screen already."""
    if widget.property("role") == role and (widget.property("state") or "") == state:
        return
    widget.setProperty("role", role)
    widget.setProperty("state", state)
    if widget.testAttribute(Qt.WidgetAttribute.WA_WState_Polished):
        widget.style().unpolish(widget)
        widget.style().polish(widget)


def hairline(upright: bool = False) -> QFrame:
    """A line of one pixel between two parts."""
    line = QFrame()
    (line.setFixedWidth if upright else line.setFixedHeight)(1)
    set_role(line, "line")
    return line


def tabs(names: Sequence[str], chosen: Callable[[int], object], parent: QWidget | None = None) -> list[QPushButton]:
    """Buttons of which one is down, for the pages of those names; `chosen` hears of the place of the one pressed."""
    made = []
    for at, name in enumerate(names):
        tab = QPushButton(name, parent)
        tab.setCheckable(True)
        tab.setAutoExclusive(True)
        tab.setCursor(Qt.CursorShape.PointingHandCursor)
        set_role(tab, "tab")
        tab.clicked.connect(lambda _=False, at=at: chosen(at))
        made.append(tab)
    return made


def answers(*buttons: QPushButton) -> QHBoxLayout:
    """The foot of a dialog: its buttons in a row, at the right."""
    row = QHBoxLayout()
    row.setSpacing(8)
    row.addStretch(1)
    for button in buttons:
        row.addWidget(button)
    return row


def word(text: str, help: str, checkable: bool = False) -> QPushButton:
    """A button that is a word: quiet until it is looked at."""
    button = QPushButton(text)
    set_role(button, "word")
    button.setCheckable(checkable)
    button.setToolTip(help)
    button.setAccessibleName(text)
    button.setAccessibleDescription(help)
    button.setCursor(Qt.CursorShape.PointingHandCursor)
    return button


def plain_tip(text: str) -> str:
    """A tip of words that somebody else wrote: read as they stand, never as HTML (which may name files), in lines."""
    short = text if len(text) <= _TIP else f"{text[: _TIP - 1].rstrip()}…"
    return f"<p>{html.escape(short)}</p>" if short else ""


def paint_chevron(widget: QWidget, from_right: float, opened: bool = True) -> None:
    """Over what the widget has painted, `from_right` px from its edge: down where it is or opens below, else aside."""
    painter = QPainter(widget)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    pen = QPen(theme.current().color("text_3"), 1.4)
    pen.setCapStyle(Qt.PenCapStyle.RoundCap)
    painter.setPen(pen)
    painter.translate(widget.width() - from_right, widget.height() / 2)
    if not opened:
        painter.rotate(-90)
    painter.drawPolyline([QPointF(-4, -2), QPointF(0, 2), QPointF(4, -2)])


class Slider(QSlider):
    """A horizontal slider that goes where it is clicked, and lets the wheel scroll the form unless it has the focus."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFixedHeight(18)
        theme.current().changed.connect(self.update)

    def sizeHint(self) -> QSize:
        return QSize(160, 18)

    def _x(self) -> float:
        """Centre of the handle."""
        span = max(self.maximum() - self.minimum(), 1)
        return HANDLE / 2 + (self.value() - self.minimum()) / span * (self.width() - HANDLE)

    def _go(self, x: float) -> None:
        share = (x - HANDLE / 2) / max(self.width() - HANDLE, 1)
        self.setValue(round(self.minimum() + min(max(share, 0.0), 1.0) * (self.maximum() - self.minimum())))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.setSliderDown(True)
            self._go(event.position().x())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self.isSliderDown():
            self._go(event.position().x())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self.setSliderDown(False)

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()

    def paintEvent(self, event: QPaintEvent) -> None:
        now = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        middle, x = self.height() / 2, self._x()
        painter.setBrush(now.color("line"))
        painter.drawRoundedRect(QRectF(0, middle - 1.5, self.width(), 3), 1.5, 1.5)
        live = now.color("accent" if self.isEnabled() else "text_3")
        painter.setBrush(live)
        painter.drawRoundedRect(QRectF(0, middle - 1.5, x, 3), 1.5, 1.5)
        if self.hasFocus():
            ring = QColor(live)
            ring.setAlpha(90)
            painter.setBrush(ring)
            painter.drawEllipse(QPointF(x, middle), HANDLE / 2 + 2.5, HANDLE / 2 + 2.5)
        painter.setBrush(QColor("#f4f0ea") if now.tokens.dark else live)
        painter.drawEllipse(QPointF(x, middle), HANDLE / 2 - 0.5, HANDLE / 2 - 0.5)


class Switch(QAbstractButton):
    """On or off."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFixedSize(36, 22)
        theme.current().changed.connect(self.update)

    def paintEvent(self, event: QPaintEvent) -> None:
        now = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        track = QRectF(2, 3, 32, 16)
        on = self.isChecked()
        painter.setPen(QPen(now.color("text" if self.hasFocus() else ("accent" if on else "line")), 1))
        painter.setBrush(now.color("accent" if on else "control"))
        painter.drawRoundedRect(track, 8, 8)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(now.color("on_accent" if on else "text_3"))
        painter.drawEllipse(QPointF(26 if on else 10, 11), 5, 5)


class Choice(QComboBox):
    """One of many, in a list that opens."""

    def __init__(self, choices: Sequence[str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.addItems(list(choices))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(8)
        theme.current().changed.connect(self.update)

    def showPopup(self) -> None:
        # What is cut short in the box can be read in its list.
        self.view().setMinimumWidth(max(self.view().sizeHintForColumn(0) + 48, self.width()))
        super().showPopup()

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()  # a setting must not change because the form was scrolled

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        paint_chevron(self, from_right=17)


class Segments(QWidget):
    """A few choices side by side. `chosen` gives the value of the one that the person took."""

    chosen = Signal(object)

    def __init__(self, choices: Sequence[tuple[str, Any]], name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._values = [value for _, value in choices]
        self._group = QButtonGroup(self)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        for at, (label, _) in enumerate(choices):
            button = QPushButton(label)
            button.setProperty("role", "segment")
            button.setCheckable(True)
            button.setAccessibleName(f"{name}: {label}")
            button.setCursor(Qt.CursorShape.PointingHandCursor)
            self._group.addButton(button, at)
            row.addWidget(button, 1)
        self._group.idClicked.connect(lambda at: self.chosen.emit(self._values[at]))

    def value(self) -> Any:
        """What is chosen, or None."""
        return self._values[at] if (at := self._group.checkedId()) >= 0 else None

    def set_value(self, value: Any) -> None:
        """Choose without saying so; a value that is not among the choices leaves none chosen."""
        self._group.setExclusive(False)
        for at, known in enumerate(self._values):
            self._group.button(at).setChecked(known == value)
        self._group.setExclusive(True)

    def button(self, at: int) -> QAbstractButton:
        """The button of the choice at that place."""
        return self._group.button(at)
