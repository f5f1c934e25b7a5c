"""The room in which one prompt is asked of every model: a line for the words, and a grid of answers."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from desktop import measures
from desktop.compare.cell import SMALLEST, WORDS, Cell
from desktop.controls import hairline, set_role, word
from desktop.empty import Empty
from models.protocol import ModelInfo

_NOTHING = "One prompt and one seed, every model that reads words, side by side."
_FIRST = "Compare them"
_LARGEST = 320  # px: a few answers are not blown up to the whole room


class Grid(QWidget):
    """Cells in as many columns as make them largest without scrolling, or as small as they may be."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.cells: list[Cell] = []

    def fill(self, cells: Sequence[Cell]) -> None:
        """Show these, in order, instead of those that are there."""
        for cell in self.cells:
            cell.deleteLater()
        self.cells = list(cells)
        for cell in self.cells:
            cell.setParent(self)
            cell.show()

    def place(self, width: int, height: int) -> None:
        """Lay them out in a view of that size, in pixels."""
        if not self.cells or width < SMALLEST:
            return
        gap = measures.GROUP
        side, columns = max((_side(len(self.cells), k, width, height, gap), k) for k in range(1, len(self.cells) + 1))
        if side < SMALLEST:
            columns = max((width + gap) // (SMALLEST + gap), 1)
            side = (width + gap) // columns - gap
        side = min(side, _LARGEST)
        for k, cell in enumerate(self.cells):
            across, down = k % columns, k // columns
            cell.setGeometry(across * (side + gap), down * (side + WORDS + gap), side, side + WORDS)
        rows = -(-len(self.cells) // columns)
        self.setFixedSize(width, rows * (side + WORDS + gap) - gap)


def _side(count: int, columns: int, width: int, height: int, gap: int) -> int:
    """The side of a picture with so many columns where all are to be seen at once."""
    rows = -(-count // columns)
    return min((width + gap) // columns - gap, (height + gap) // rows - gap - WORDS)


class CompareRoom(QWidget):
    """`wanted` carries the words to compare on, `stop_wanted` and `save_wanted` the wish; `opened` a picture's file."""

    wanted = Signal(str)
    stop_wanted = Signal()
    save_wanted = Signal()
    opened = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.prompt = QLineEdit()
        self.prompt.setPlaceholderText("What should they all make?")
        self.prompt.setAccessibleName("Prompt to compare on")
        self.prompt.setMaxLength(2000)
        self.go = QPushButton(_FIRST)
        self.go.setToolTip("Ask every model that reads words (Enter)")
        self.go.setFixedWidth(132)
        self.seed = QLabel()
        set_role(self.seed, "small")
        self.save = word("Save as one picture", "A sheet with all answers, their names, times and scores")
        self.save.setEnabled(False)
        self.grid = Grid()
        self.empty = Empty(_NOTHING, _FIRST)
        self.working = False
        self._lay_out()
        self.prompt.returnPressed.connect(self._act)
        self.go.clicked.connect(lambda: self.stop_wanted.emit() if self.working else self._act())
        self.empty.acted.connect(self._act)
        self.save.clicked.connect(self.save_wanted)

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.setContentsMargins(measures.GROUP, 12, measures.GROUP, 12)
        top.setSpacing(measures.INSIDE)
        top.addWidget(self.prompt, 1)
        top.addWidget(self.go)
        top.addSpacing(measures.INSIDE)
        top.addWidget(self.seed)
        top.addWidget(self.save)
        self.area = QScrollArea()
        self.area.setFrameShape(QScrollArea.Shape.NoFrame)
        self.area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.area.setWidget(self.grid)
        around = QWidget()
        inside = QHBoxLayout(around)
        inside.setContentsMargins(measures.GROUP, measures.GROUP, 0, 0)
        inside.addWidget(self.area)
        self._pages = QStackedWidget()
        self._pages.addWidget(self.empty)
        self._pages.addWidget(around)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(top)
        column.addWidget(hairline())
        column.addWidget(self._pages, 1)
        set_role(self, "ground")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)

    def begin(self, models: Sequence[ModelInfo], seed: int) -> list[Cell]:
        """A place for each model's answer, in order."""
        cells = [Cell(model) for model in models]
        for cell in cells:
            cell.opened.connect(self.opened)
        self.grid.fill(cells)
        self.seed.setText(f"seed {seed}")
        self._pages.setCurrentIndex(1)
        self._place()
        return cells

    def show_working(self, working: bool, answers: int = 0) -> None:
        """Whether some still wait for their turn, and how many answers there are to save."""
        self.working = working
        self.go.setText("Stop" if working else _FIRST)
        self.save.setEnabled(answers > 0 and not working)

    def _act(self) -> None:
        if not self.working:
            self.wanted.emit(self.prompt.text().strip())

    def _place(self) -> None:
        # The bar's width is kept free always, so that its coming moves nothing.
        self.grid.place(self.area.width() - measures.GROUP, self.area.height() - measures.GROUP)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place()
