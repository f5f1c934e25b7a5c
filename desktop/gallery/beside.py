"""Two to four pieces of finished work side by side: pictures share one zoom, films and sounds can be played."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from desktop import measures
from desktop.aside import Aside
from desktop.controls import hairline, plain_tip, set_role, word
from desktop.gallery.shelf import made_at
from desktop.gallery.shown import Shown, shown
from desktop.gallery.stars import Stars

if TYPE_CHECKING:
    from models.outputs.library import Item

_ZOOM = {Qt.Key.Key_Plus: 1.25, Qt.Key.Key_Equal: 1.25, Qt.Key.Key_Minus: 0.8, Qt.Key.Key_0: 0.0}  # 0 fits
_WALK = {
    Qt.Key.Key_Left: (0.1, 0.0), Qt.Key.Key_Right: (-0.1, 0.0), Qt.Key.Key_Up: (0.0, 0.1), Qt.Key.Key_Down: (0.0, -0.1),
}  # fmt: skip
_SAME = ("prompt", "model", "seed")


class Beside(QWidget):
    """`closed` when the grid is wanted back; `opened` carries an Item, `rated` its id and how many stars."""

    closed = Signal()
    opened = Signal(object)
    rated = Signal(int, int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._aside = Aside(self)
        self.cells: list[_Cell] = []
        self.back = word("Back to the gallery", "What was compared stays as it is (Esc)")
        self.back.clicked.connect(self.closed)
        self.alike = QLabel()
        set_role(self.alike, "small")
        top = QHBoxLayout()
        top.setContentsMargins(0, 0, measures.GROUP, 0)
        top.setSpacing(measures.GROUP)
        top.addWidget(self.back)
        top.addWidget(self.alike, 1)
        self._grid = QGridLayout()
        self._grid.setSpacing(measures.GROUP)
        self._grid.setContentsMargins(0, 0, measures.GROUP, measures.GROUP)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(measures.INSIDE)
        rows.addLayout(top)
        rows.addWidget(hairline())
        rows.addLayout(self._grid, 1)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def compare(self, items: Sequence[Item]) -> None:
        """Show these instead of those that are there."""
        self.clear()
        different = _different(items)
        same = [name for name in _SAME if name not in different and getattr(items[0], name) not in ("", None)]
        self.alike.setText(f"The same {' and '.join(same)}" if same else "")
        # Four are two above two; two or three stand in one line.
        places = [divmod(at, 2) if len(items) == 4 else (0, at) for at in range(len(items))]
        for at in range(4):
            self._grid.setColumnStretch(at, int((0, at) in places))
            self._grid.setRowStretch(at, int((at, 0) in places))
        for (down, across), item in zip(places, items, strict=True):
            cell = _Cell(item, different, self._aside)
            cell.shown.moved.connect(self._moved)
            cell.opened.connect(self.opened)
            cell.rated.connect(self.rated)
            self.cells.append(cell)
            self._grid.addWidget(cell, down, across)
        self.setFocus()

    def clear(self) -> None:
        """Nothing; what plays stops."""
        for cell in self.cells:
            cell.shown.finish()
            self._grid.removeWidget(cell)
            cell.hide()
            cell.deleteLater()
        self.cells = []

    def update_items(self, items: Sequence[Item]) -> None:
        """What is said of them now."""
        for cell in self.cells:
            for item in items:
                if item.id == cell.item.id:
                    cell.stars.show_stars(item.rating)

    def finish(self) -> None:
        self.clear()
        self._aside.finish()

    def _moved(self, view: object) -> None:
        for cell in self.cells:
            cell.shown.follow(view)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        first = next((cell.shown for cell in self.cells if cell.item.medium == "picture"), None)
        if key == Qt.Key.Key_Escape:
            self.closed.emit()
        elif first is not None and key in _ZOOM:  # one of them leads, the others follow
            first.zoom(_ZOOM[key])
        elif first is not None and key in _WALK:
            first.walk(*_WALK[key])
        else:
            super().keyPressEvent(event)


class _Cell(QWidget):
    """One of them, over what tells it from the others."""

    opened = Signal(object)
    rated = Signal(int, int)

    def __init__(self, item: Item, different: Sequence[str], aside: Aside) -> None:
        super().__init__()
        self.item = item
        self.shown: Shown = shown(item, aside)
        self.stars = Stars()
        self.stars.show_stars(item.rating)
        self.stars.chosen.connect(lambda stars: self.rated.emit(item.id, stars))
        show = word("Open", "In its own room")
        show.clicked.connect(lambda: self.opened.emit(item))
        self.words = QLabel(_words(item, different))
        self.words.setWordWrap(True)
        self.words.setTextFormat(Qt.TextFormat.PlainText)
        self.words.setFixedHeight(self.words.fontMetrics().lineSpacing() * 2 + 2)
        self.words.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        set_role(self.words, "small-second")
        self.words.setToolTip(plain_tip(self.words.text()))
        foot = QHBoxLayout()
        foot.addWidget(self.stars)
        foot.addStretch()
        foot.addWidget(show)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(measures.INSIDE)
        rows.addWidget(self.shown, 1)
        rows.addWidget(self.words)
        rows.addLayout(foot)


def _facts(item: Item) -> dict[str, str]:
    """Everything that two of them may differ in, the most telling first."""
    own = item.settings.get("settings")
    facts = {"model": str(item.settings.get("model_name") or item.model), "prompt": item.prompt[:120]}
    facts |= {"seed": "" if item.seed is None else str(item.seed)}
    facts |= {"size": f"{item.width} × {item.height}" if item.width else ""}
    facts |= {str(name): f"{value}" for name, value in own.items()} if isinstance(own, dict) else {}
    return facts | {"made": f"{made_at(item):%d %b %Y, %H:%M}", "took": f"{item.seconds:.1f} s" if item.seconds else ""}


def _different(items: Sequence[Item]) -> list[str]:
    """The names of what is not the same in all of them."""
    told = [_facts(item) for item in items]
    names = dict.fromkeys(name for facts in told for name in facts)
    return [name for name in names if len({facts.get(name, "") for facts in told}) > 1]


def _words(item: Item, different: Sequence[str]) -> str:
    """`Scenes · seed 42 · steps 20`: what tells it from the others."""
    facts = _facts(item)
    said = [(name, facts.get(name, "")) for name in different]
    bare = ("model", "prompt", "size", "made")
    return " · ".join(value if name in bare else f"{name} {value}" for name, value in said if value)
