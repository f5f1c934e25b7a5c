"""What is being fetched, along the foot of the room: one row each, with its bar, and what can be done by words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, Qt, QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QProgressBar, QScrollArea, QVBoxLayout, QWidget

from desktop.catalog import page, wording
from desktop.controls import hairline, set_role, word

if TYPE_CHECKING:
    from models.store.fetch.state import State

ROWS = 3  # that are seen at once; the others by scrolling
LOW = 640  # px: in a window lower than this, two are

DEEDS = {
    "use": ("Use this model", "Goes to the room where it makes something."),
    "folder": ("Show its folder", "Opens it in the system's file manager."),
    "page": ("Open its page", "Opens the model's page in your browser, where its terms are accepted."),
    "token": ("I have a token…", "Takes the access token of your account at the hub."),
    "resume": ("Go on", "Goes on where it stopped."),
    "again": ("Try again", "Goes on where it stopped."),
    "pause": ("Pause", "Stops it; what has come stays."),
    "cancel": ("Cancel", "Stops it, and deletes what has come."),
    "remove": ("Remove", "Takes this row away, and deletes what has come of it."),
    "clear": ("Done", "Takes this row away; the model stays."),
}
# What can be done in each phase of a download; `done` depends on whether something here runs it.
OFFERED = {
    "queued": ("pause", "cancel"),
    "listing": ("pause", "cancel"),
    "running": ("pause", "cancel"),
    "paused": ("resume", "cancel"),
    "failed": ("again", "remove"),
    "gated": ("page", "token", "again", "remove"),
}


@dataclass(frozen=True)
class Fetch:
    """One download as the window shows it. `outcome`: once it is done, "used" where it is a model that is on the list,
    "listed" where it is an addition, "" while the engine looks at it, else why it is not on the list."""

    state: State
    name: str
    outcome: str = ""

    @property
    def key(self) -> str:
        return self.state.ask.key

    def sentence(self) -> str:
        """How it stands."""
        if self.state.phase != "done":
            return wording.status(self.state)
        if self.outcome == "used":
            return f"{wording.status(self.state)} It is on the list."
        if self.outcome == "listed":
            return f"{wording.status(self.state)} It is on the list, under the additions."
        if not self.outcome:
            return "All of it is here, and every file is right. Putting it on the list."
        return f"It is here, but not on the list: {self.outcome}"

    def offered(self) -> tuple[str, ...]:
        """What can be done with it."""
        if self.state.phase == "done":
            return ("use", "clear") if self.outcome == "used" else ("folder", "clear")
        return OFFERED.get(self.state.phase, ())


class _Row(QWidget):
    """One download. `deed` carries what is wanted."""

    deed = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.name = QLabel()
        self.name.setTextFormat(Qt.TextFormat.PlainText)
        set_role(self.name, "value")
        self.status = page.words("small-second")
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setRange(0, 1000)
        kept = self.bar.sizePolicy()
        kept.setRetainSizeWhenHidden(True)  # what stands above it must not jump
        self.bar.setSizePolicy(kept)
        self.buttons = {key: word(text, help) for key, (text, help) in DEEDS.items()}
        text = QVBoxLayout()
        text.setSpacing(2)
        text.addWidget(self.name)
        text.addWidget(self.status)
        line = QHBoxLayout()
        line.setSpacing(2)
        line.addLayout(text, 1)
        line.addSpacing(12)
        for key, button in self.buttons.items():
            button.clicked.connect(lambda _=False, key=key: self.deed.emit(key))
            line.addWidget(button)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(16, 7, 12, 7)
        whole.setSpacing(6)
        whole.addLayout(line)
        whole.addWidget(self.bar)

    def show_fetch(self, fetch: Fetch) -> None:
        state = fetch.state
        wrong = state.phase in ("failed", "gated") or (state.phase == "paused" and bool(state.sentence))
        wrong = wrong or (state.phase == "done" and fetch.outcome not in ("", "used", "listed"))
        self.name.setText(fetch.name)
        self.status.setText(fetch.sentence())
        set_role(self.status, "small-warn" if wrong else "small-second")
        unknown = state.phase == "listing" and not state.progress.total
        self.bar.setRange(0, 0 if unknown else 1000)
        self.bar.setValue(round(state.progress.fraction * 1000))
        self.bar.setVisible(state.phase in ("listing", "running", "queued") or 0 < state.progress.fraction < 1)
        self.bar.setAccessibleName(f"{fetch.name}: {state.progress.fraction:.0%} is here")
        offered = fetch.offered()
        for key, button in self.buttons.items():
            had = button.hasFocus()
            button.setVisible(key in offered)
            if had and key not in offered and offered:
                self.buttons[offered[0]].setFocus()  # pausing by the keyboard leaves one at going on


class Strip(QWidget):
    """All of them, hidden while there is none. `deed` carries what is wanted and the key of the download."""

    deed = Signal(str, str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        set_role(self, "panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.fetches: dict[str, Fetch] = {}
        self.rows: dict[str, _Row] = {}
        self._inside = QWidget()
        self._column = QVBoxLayout(self._inside)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        self._column.addStretch(1)
        self._inside.installEventFilter(self)
        self.area = QScrollArea()
        self.area.setWidgetResizable(True)
        self.area.setFrameShape(QFrame.Shape.NoFrame)
        self.area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.area.setWidget(self._inside)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addWidget(hairline())
        whole.addWidget(self.area)
        self.hide()

    def show_fetches(self, fetches: Iterable[Fetch]) -> None:
        """These, in this order."""
        self.fetches = {fetch.key: fetch for fetch in fetches}
        for key in [key for key in self.rows if key not in self.fetches]:
            row = self.rows.pop(key)
            self._column.removeWidget(row)
            row.hide()
            row.deleteLater()
        for key, fetch in self.fetches.items():
            if key not in self.rows:
                self.rows[key] = row = _Row()
                row.deed.connect(lambda deed, key=key: self._do(deed, key))
                self._column.insertWidget(len(self.rows) - 1, row)
            self.rows[key].show_fetch(fetch)
        self.setVisible(bool(self.fetches))
        self.place()

    def place(self) -> None:
        """As high as what is in it, up to a few rows."""
        width = self.area.viewport().width() or self.width()
        heights = [row.heightForWidth(width) for row in self.rows.values()]
        most = ROWS if self.window().height() > LOW else ROWS - 1
        self.area.setFixedHeight(sum(heights[:most]))

    def _do(self, deed: str, key: str) -> None:
        if deed == "page":
            QDesktopServices.openUrl(QUrl(self.fetches[key].state.page))
        else:
            self.deed.emit(deed, key)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize and self.rows:
            self.place()
        return super().eventFilter(watched, event)
