"""The work in the middle with a column on either side; where there is little room, the columns become drawers."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QRect, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QApplication, QFrame, QWidget

from desktop import theme
from desktop.controls import set_role

LEFT, RIGHT = 248, 304  # px
NARROW = 1100  # below this width the columns fold


class _Veil(QWidget):
    """What lies over the work while a drawer is open; a click on it closes the drawer."""

    pressed = Signal()

    def paintEvent(self, event: QPaintEvent) -> None:
        shade = QColor(theme.current().tokens.ground)
        shade.setAlpha(150)
        QPainter(self).fillRect(self.rect(), shade)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.pressed.emit()


class Sides(QWidget):
    """Places three widgets by hand: it is one rule, and a drawer overlaps what a layout would push away.

    `folded` tells when the columns become drawers or come back.
    """

    folded = Signal(bool)
    drawer_changed = Signal()

    def __init__(self, left: QWidget, middle: QWidget, right: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.left, self.middle, self.right = left, middle, right
        self.veil = _Veil(self)
        self.veil.hide()
        self.veil.pressed.connect(self.close_drawers)
        self._lines = (QFrame(self), QFrame(self))
        for line in self._lines:
            set_role(line, "line")
        for widget in (middle, left, right):
            widget.setParent(self)
        self._narrow = False
        self._open: QWidget | None = None
        app = QApplication.instance()
        assert app is not None
        app.installEventFilter(self)

    @property
    def narrow(self) -> bool:
        """Whether the columns are drawers now."""
        return self._narrow

    def is_open(self, side: QWidget) -> bool:
        """Whether this column can be seen."""
        return not self._narrow or self._open is side

    def toggle(self, side: QWidget) -> None:
        """Open this drawer, or close it; a column that stands open gets the focus instead."""
        if not self._narrow:
            side.setFocus(Qt.FocusReason.ShortcutFocusReason)
            return
        self._open = None if self._open is side else side
        self._place()
        if self._open:
            first = side.nextInFocusChain()
            (first or side).setFocus(Qt.FocusReason.TabFocusReason)
        self.drawer_changed.emit()

    def close_drawers(self) -> None:
        """Back to the work."""
        if self._open is not None:
            self._open = None
            self._place()
            self.drawer_changed.emit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        narrow = self.width() < NARROW
        if narrow != self._narrow:
            self._narrow, self._open = narrow, None
            self.folded.emit(narrow)
        self._place()

    def _place(self) -> None:
        width, height = self.width(), self.height()
        left, right = self._lines
        if not self._narrow:
            self.left.setGeometry(0, 0, LEFT, height)
            left.setGeometry(LEFT, 0, 1, height)
            self.middle.setGeometry(QRect(LEFT + 1, 0, width - LEFT - RIGHT - 2, height))
            right.setGeometry(width - RIGHT - 1, 0, 1, height)
            self.right.setGeometry(width - RIGHT, 0, RIGHT, height)
        else:
            self.middle.setGeometry(0, 0, width, height)
            self.veil.setGeometry(self.rect())
            self.left.setGeometry(0, 0, LEFT, height)
            left.setGeometry(LEFT, 0, 1, height)
            self.right.setGeometry(width - RIGHT, 0, RIGHT, height)
            right.setGeometry(width - RIGHT - 1, 0, 1, height)
        for side, line in ((self.left, left), (self.right, right)):
            side.setVisible(self.is_open(side))
            line.setVisible(self.is_open(side))
        self.veil.setVisible(self._narrow and self._open is not None)
        self.veil.raise_()
        if self._narrow and self._open is not None:
            self._open.raise_()
            (left if self._open is self.left else right).raise_()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if (
            self._open is not None
            and event.type() == QEvent.Type.KeyPress
            and getattr(event, "key", lambda: 0)() == Qt.Key.Key_Escape
            and isinstance(watched, QWidget)
            and self._open.isAncestorOf(watched)
        ):
            self.close_drawers()
            return True
        return False
