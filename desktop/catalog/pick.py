"""One of a few, in a menu that is made when it is opened: one widget, where a combo box is eight."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QActionGroup, QKeyEvent, QPaintEvent
from PySide6.QtWidgets import QMenu, QPushButton, QWidget

from desktop import theme
from desktop.controls import paint_chevron, set_role


class Pick(QPushButton):
    """`picked` carries the value that the person took; arrows up and down take the next without opening it."""

    picked = Signal(str)

    def __init__(self, name: str, choices: Sequence[tuple[str, str]], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name = name
        self._choices = tuple(choices)  # words and values
        self._at = 0
        set_role(self, "pick")
        self.setToolTip(name)
        self.setMinimumWidth(96)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.clicked.connect(self._open)
        theme.current().changed.connect(self.update)
        self._show()

    def value(self) -> str:
        """What is taken now; the first one to begin with."""
        return self._choices[self._at][1]

    def set_value(self, value: str) -> None:
        """Take one without saying so; one that is not among them is passed over."""
        self._at = next((at for at, (_, known) in enumerate(self._choices) if known == value), self._at)
        self._show()

    def take(self, value: str) -> None:
        """Take one as the person does."""
        if value != self.value():
            self.set_value(value)
            self.picked.emit(self.value())

    def _show(self) -> None:
        self.setText(self._choices[self._at][0])
        self.setAccessibleName(f"{self._name}: {self.text()}")

    def _open(self) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.setMinimumWidth(self.width())
        group = QActionGroup(menu)
        for at, (words, value) in enumerate(self._choices):
            action = menu.addAction(words)
            action.triggered.connect(lambda _=False, value=value: self.take(value))
            action.setCheckable(True)
            action.setChecked(at == self._at)
            group.addAction(action)
        menu.setActiveAction(menu.actions()[self._at])
        menu.popup(self.mapToGlobal(QPoint(0, self.height() + 2)))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}.get(Qt.Key(event.key()))
        if step is None:
            super().keyPressEvent(event)
        elif 0 <= self._at + step < len(self._choices):
            self.take(self._choices[self._at + step][1])

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        paint_chevron(self, from_right=17)
