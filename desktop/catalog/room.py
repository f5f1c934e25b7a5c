"""The room of models: what is on this machine, what can be got, and what is on its way."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QStackedWidget, QVBoxLayout, QWidget

from desktop.aside import Aside
from desktop.catalog.here import Here
from desktop.catalog.offers import Offers
from desktop.catalog.strip import Fetch, Strip
from desktop.controls import hairline, set_role, tabs
from models.planning.machine import Machine
from models.protocol import Found, ModelInfo

SIDES = ("On this machine", "Get more")
DROP_WORDS = "Let go: it is put on the list, and stays where it lies."


class ModelsRoom(QWidget):
    """`dropped` carries the paths of what was let go over the room. The rest `here`, `offers` and `strip` tell."""

    dropped = Signal(list)
    side_chosen = Signal(int)

    def __init__(self, aside: Aside, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        set_role(self, "ground")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAcceptDrops(True)
        # From the outside in: a widget that moves to another parent is styled anew, with all that is in it.
        self.sides = QStackedWidget(self)
        self.here = Here(aside, self.sides)
        self.offers = Offers(aside, self.sides)
        self.strip = Strip(self)
        self.sides.addWidget(self.here)
        self.sides.addWidget(self.offers)
        self.here.get_more.connect(lambda: self.show_side(1))
        self.sentence = QLabel()
        set_role(self.sentence, "small")
        top = QWidget(self)
        set_role(top, "panel")
        top.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        row = QHBoxLayout(top)
        row.setContentsMargins(16, 0, 16, 0)
        row.setSpacing(18)
        self.tabs = tabs(SIDES, self.show_side, top)
        for tab in self.tabs:
            row.addWidget(tab)
        row.addStretch(1)
        row.addWidget(self.sentence)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addWidget(top)
        whole.addWidget(hairline())
        whole.addWidget(self.sides, 1)
        whole.addWidget(self.strip)
        self.drop_words = QLabel(DROP_WORDS, self)
        set_role(self.drop_words, "float")
        self.drop_words.setContentsMargins(20, 14, 20, 14)
        self.drop_words.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.drop_words.hide()
        self.show_side(0)

    # ── what is told from outside ─────────────────────────────────────────────

    def set_models(self, models: Sequence[ModelInfo]) -> None:
        """These are on this machine."""
        self.here.set_models(models)
        self.offers.set_models(models)
        self._count()

    def set_found(self, found: Sequence[Found]) -> None:
        """Additions to models, and what nothing here runs."""
        self.here.set_found(found)
        self._count()

    def set_machine(self, machine: Machine | None) -> None:
        """What there is to compute on; None until the engine has said it."""
        self.here.set_machine(machine)
        self.offers.set_machine(machine)

    def show_fetches(self, fetches: Iterable[Fetch]) -> None:
        """What is on its way."""
        found = tuple(fetches)
        self.strip.show_fetches(found)
        self.offers.set_phases({fetch.state.ask.id: fetch.state.phase for fetch in found})

    def show_side(self, at: int) -> None:
        """On this machine (0), or get more (1)."""
        self.tabs[at].setChecked(True)
        self.sides.setCurrentIndex(at)
        self._count()
        self.side_chosen.emit(at)

    def ask_for(self, medium: str) -> None:
        """Only the models that make this; where none is here, those that can be got."""
        here = any(model.card.medium == medium for model in self.here.models)
        self.show_side(0 if here else 1)
        for column in (self.here.column, self.offers.column):
            column.medium.take(medium)

    def show_one(self, id: str) -> None:
        """That model or addition, among those that are here."""
        self.show_side(0)
        self.here.show_key(id)

    def _count(self) -> None:
        """How many there are, said once at the right."""
        models = len(self.here.models)
        additions = sum(found.addition for found in self.here.found)
        more = f" · {additions} addition{'s' if additions != 1 else ''}" if additions else ""
        self.sentence.setText(f"{models} model{'s' if models != 1 else ''}{more}" if models or additions else "")

    # ── what is dropped ───────────────────────────────────────────────────────

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if _paths(event):
            event.acceptProposedAction()
            self.drop_words.adjustSize()
            self.drop_words.move((self.width() - self.drop_words.width()) // 2, self.height() // 2 - 40)
            self.drop_words.show()
            self.drop_words.raise_()
        else:
            event.ignore()

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self.drop_words.hide()

    def dropEvent(self, event: QDropEvent) -> None:
        self.drop_words.hide()
        if paths := _paths(event):
            event.acceptProposedAction()
            self.dropped.emit(paths)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.strip.place()


def _paths(event: QDropEvent) -> list[str]:
    """Files and folders of this machine that are carried."""
    places = [url.toLocalFile() for url in event.mimeData().urls() if url.isLocalFile()]
    return [place for place in places if Path(place).exists()]
