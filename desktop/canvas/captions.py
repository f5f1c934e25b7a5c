"""The row under the work: what is shown at what size, the words that change it, and the brush's words."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QFont, QMouseEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QStackedWidget, QWidget

from desktop import measures
from desktop.canvas.brush import MAX_SIZE, MIN_SIZE
from desktop.controls import Slider, word

HEIGHT = 40
_HOLD_MS = 260


class ShownRow(QWidget):
    """Everyday words: fit, one to one, compare, make a part again. `held` while Compare is held down."""

    held = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.caption = QLabel()
        self.caption.setProperty("role", "small")
        self.fit = word("Fit", "The whole picture in the view (Ctrl+0)")
        self.actual = word("1:1", "One pixel of the picture on one pixel of the screen (Ctrl+1)")
        self.compare = word(
            "Compare with last", "Click for a line to draw across the two; hold to see the last one (\\)", True
        )
        self.part = word("Make this part again", "Paint over a part; only that part is made again", True)
        self.draw = word("Draw", "Draw a sketch here, and see with every stroke what becomes of it", True)
        self.draw.hide()
        row = QHBoxLayout(self)
        row.setContentsMargins(measures.GROUP, 0, measures.GROUP - 5, 0)
        row.setSpacing(0)
        row.addWidget(self.caption)
        row.addStretch()
        row.addWidget(self.draw)
        for k, button in enumerate((self.fit, self.actual, self.compare, self.part)):
            if k:
                dot = QLabel("·")
                dot.setProperty("role", "small")
                row.addWidget(dot)
            row.addWidget(button)
        self._hold = QTimer(self)
        self._hold.setSingleShot(True)
        self._hold.setInterval(_HOLD_MS)
        self._hold.timeout.connect(self._begin_hold)
        self._holding = False
        self.compare.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QMouseEvent) and event.button() == Qt.MouseButton.LeftButton:
            if event.type() == QEvent.Type.MouseButtonPress and self.compare.isEnabled():
                self._hold.start()
            elif event.type() == QEvent.Type.MouseButtonRelease:
                self._hold.stop()
                if self._holding:
                    self._holding = False
                    self.compare.setDown(False)
                    self.held.emit(False)
                    return True  # a hold is not also a click
        return super().eventFilter(watched, event)

    def _begin_hold(self) -> None:
        self._holding = True
        self.held.emit(True)


class BrushRow(QWidget):
    """The words of a brush, shown while it is in hand, in the same place and height: `paint` for what it does, with
    its help, and `go` for what is done with it in the end."""

    size_chosen = Signal(int)
    erase_chosen = Signal(bool)

    def __init__(self, paint: tuple[str, str], go: tuple[str, str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.paint = word(paint[0], f"{paint[1]} (E changes to erase)", True)
        self.erase = word("Erase", "Take away what was drawn (E changes back)", True)
        self.paint.setAutoExclusive(True)
        self.erase.setAutoExclusive(True)
        self.paint.setChecked(True)
        self.erase.toggled.connect(self.erase_chosen)
        self.diameter = Slider()
        self.diameter.setRange(MIN_SIZE, MAX_SIZE // 2)
        self.diameter.setFixedWidth(84)
        self.diameter.setAccessibleName("Brush size")
        self.diameter.setToolTip("Brush size in pixels of the picture ([ and ])")
        self.diameter.valueChanged.connect(self._size_moved)
        self.size_label = QLabel()
        self.size_label.setProperty("role", "small")
        self.size_label.setFixedWidth(44)
        self.undo = word("Undo", "Take back the last stroke (Ctrl+Z)")
        self.redo = word("Redo", "The stroke again (Ctrl+Shift+Z)")
        self.invert = word("Invert", "Painted and unpainted change places")
        self.clear = word("Clear", "Take all of it away")
        self.done = word("Back", "Put it down; what is drawn stays (Esc)")
        self.go = QPushButton(go[0])
        self.go.setProperty("role", "chip")
        self.go.setAccessibleDescription(go[1])
        font = measures.font(measures.SMALL, QFont.Weight.DemiBold)
        self.go.setFont(font)
        row = QHBoxLayout(self)
        row.setContentsMargins(measures.GROUP - 5, 0, measures.GROUP, 0)
        row.setSpacing(0)
        for widget in (self.paint, self.erase):
            row.addWidget(widget)
        row.addSpacing(measures.INSIDE)
        row.addWidget(self.diameter)
        row.addSpacing(measures.INSIDE)
        row.addWidget(self.size_label)
        for widget in (self.undo, self.redo, self.invert, self.clear):
            row.addWidget(widget)
        row.addStretch()
        row.addWidget(self.done)
        row.addSpacing(measures.INSIDE)
        row.addWidget(self.go)

    def show_size(self, size: int) -> None:
        """The brush's size, wherever it was changed."""
        self.diameter.blockSignals(True)
        self.diameter.setValue(size)
        self.diameter.blockSignals(False)
        self.size_label.setText(f"{size} px")

    def show_erase(self, erase: bool) -> None:
        (self.erase if erase else self.paint).setChecked(True)

    def show_state(self, can_undo: bool, can_redo: bool, painted: bool) -> None:
        """What there is to undo, and whether anything is painted."""
        self.undo.setEnabled(can_undo)
        self.redo.setEnabled(can_redo)
        self.clear.setEnabled(painted)
        self.go.setEnabled(painted)
        self.go.setToolTip("" if painted else f"{self.paint.text()} first.")

    def _size_moved(self, size: int) -> None:
        self.size_label.setText(f"{size} px")
        self.size_chosen.emit(size)


class Captions(QStackedWidget):
    """All rows in one place of fixed height, so that changing them moves nothing."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.shown = ShownRow()
        self.brush = BrushRow(
            ("Paint", "Paint what is to be made again"),
            ("Make this part again", "Make the painted part again, with the prompt as it is"),
        )
        self.pencil = BrushRow(
            ("Draw", "Draw the outlines of what you would like to see"),
            ("Keep this picture", "Save what your sketch became, with the sketch as its settings"),
        )
        self.addWidget(self.shown)
        self.addWidget(self.brush)
        self.addWidget(self.pencil)
        self.setFixedHeight(HEIGHT)
