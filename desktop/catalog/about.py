"""One model on this machine, or an addition to models: what it is, and what can be done with it."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QPushButton, QStackedWidget, QVBoxLayout, QWidget

from desktop.catalog import facts, families, page
from desktop.catalog.guide import Guide
from desktop.controls import hairline, set_role, tabs
from models.protocol import Found, ModelInfo

DEEDS = {
    "use": ("Use this model", "Goes to the room where it makes something."),
    "folder": ("Show its folder", "Opens it in the system's file manager."),
    "verify": ("Check its files", "Reads its weights and compares them with what they were when it came."),
    "forget": ("Take it off the list", "Its files stay where they are."),
    "unlink": ("Unlink its folder", "Lists nothing of the linked folder any more. Its files stay where they are."),
    "discard": ("Move it to the bin", "Its files go to the system's bin, where they can be had back from."),
}
TABS = ("About it", "How it works")


class About(QWidget):
    """`deed` carries the key of what the person wants done with the `one` that is shown."""

    deed = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.one: ModelInfo | Found | None = None
        self.pages = QStackedWidget(self)
        self.page = page.Page(self.pages)
        self.buttons = {key: QPushButton(text) for key, (text, _) in DEEDS.items()}
        for key, button in self.buttons.items():
            button.setToolTip(DEEDS[key][1])
            button.setAccessibleDescription(DEEDS[key][1])
            button.setCursor(Qt.CursorShape.PointingHandCursor)
            button.clicked.connect(lambda _=False, key=key: self.deed.emit(key))
        set_role(self.buttons["use"], "primary")
        self.buttons["use"].setMinimumWidth(200)
        self.reason = page.words()
        self.fits = page.words("fits")
        self.checked = page.words("small-second")
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setRange(0, 1000)
        self.bar.setAccessibleName("How much of it is checked")
        self.facts = facts.Facts()
        first = QHBoxLayout()
        first.addWidget(self.buttons["use"])
        first.addStretch(1)
        second = QHBoxLayout()
        second.setSpacing(8)
        for key in list(DEEDS)[1:]:
            second.addWidget(self.buttons[key])
        second.addStretch(1)
        column = self.page.column
        column.addWidget(self.reason)
        column.addWidget(self.fits)
        column.addLayout(first)
        column.addLayout(second)
        column.addWidget(self.checked)
        column.addWidget(self.bar)
        column.addWidget(hairline())
        column.addWidget(self.facts)
        column.addStretch(1)
        around = QWidget(self.pages)
        self.guide = Guide(around, with_facts=False)
        middle = QHBoxLayout(around)
        middle.setContentsMargins(8, 0, 8, 0)
        self.guide.setMaximumWidth(page.TEXT)
        middle.addStretch(1)
        middle.addWidget(self.guide, 20)
        middle.addStretch(1)
        self.pages.addWidget(self.page)
        self.pages.addWidget(around)
        self._top = QWidget(self)
        top = QVBoxLayout(self._top)
        top.setContentsMargins(0, 0, 0, 0)
        top.setSpacing(0)
        row = QHBoxLayout()
        row.setContentsMargins(24, 0, 24, 0)
        row.setSpacing(18)
        self.tabs = tabs(TABS, self.show_page)
        for tab in self.tabs:
            row.addWidget(tab)
        row.addStretch(1)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        top.addLayout(row)
        top.addWidget(hairline())
        whole.addWidget(self._top)
        whole.addWidget(self.pages, 1)
        self.show_page(0)

    def show_page(self, at: int) -> None:
        """What it is (0), or how it works (1)."""
        self.tabs[at].setChecked(True)
        self.pages.setCurrentIndex(at)

    def show_one(self, one: ModelInfo | Found, fit: tuple[str, bool]) -> None:
        """Tell about this one; `fit` is the sentence on memory, and whether it warns."""
        another = self.one is None or self.one.id != one.id
        self.one = one
        model = one if isinstance(one, ModelInfo) else None
        family = model.card.family if model else ""
        small = families.name(family) if model else getattr(one, "kind", "")
        self.page.head(one.name, f"{small} · {one.id}" if small else one.id, family)
        self._top.setVisible(model is not None and bool(model.card.guide))
        if another:
            self.show_page(0)
            self.say_checked("")
        if model is not None:
            self.guide.show_model(model)
            self.reason.setText(model.card.process)
            self.facts.tell(facts.of_model(model))
        elif isinstance(one, Found):
            self.reason.setText(one.reason)
            self.facts.tell(facts.of_found(one))
        self.reason.setVisible(bool(self.reason.text()))
        page.say_fit(self.fits, *fit)
        starter = model is not None and model.starter
        self.buttons["use"].setVisible(model is not None)
        self.buttons["use"].setEnabled(model is not None and not model.missing)
        self.buttons["verify"].setVisible(not one.found_in)
        self.buttons["forget"].setVisible(not one.found_in and not starter)
        self.buttons["unlink"].setVisible(bool(one.found_in))
        self.buttons["discard"].setVisible(not starter)

    def say_checked(self, sentence: str, share: float | None = None) -> None:
        """How the check of its files goes (`share` from 0 to 1), or what came out of it; empty: nothing is said."""
        self.checked.setText(sentence)
        self.checked.setVisible(bool(sentence))
        self.bar.setVisible(share is not None)
        self.bar.setValue(round((share or 0.0) * 1000))
        self.buttons["verify"].setEnabled(share is None)
