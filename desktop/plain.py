"""A finished file of a medium that has no room of its own: its name, what it holds, and where it lies."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from PySide6.QtCore import Qt, QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QStackedLayout, QVBoxLayout, QWidget

from desktop.aside import Aside
from desktop.controls import set_role
from desktop.empty import Empty
from desktop.work import Sign, Wanted
from models.protocol import BadInput, Medium, ModelInfo, Preview, Progress, Request, Token


class PlainWork(QWidget):
    """See `desktop.work.Work`. Text is shown as it comes; of the others only how far they are."""

    notice = Signal(str)
    shown = Signal(str)
    asked = Signal(object)
    given = Signal(str)
    empty_acted = Signal()
    empty_suggested = Signal(str)
    writes = False

    def __init__(self, medium: Medium, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.medium = medium
        set_role(self, "ground")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._aside = Aside(self)
        self._path, self._coming = "", ""
        self._asked_for = 0
        self.empty = Empty("", "")
        self.name, self.facts = QLabel(), QLabel()
        set_role(self.name, "heading")
        set_role(self.facts, "second")
        for label in (self.name, self.facts):
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
            label.setWordWrap(True)
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.open = QPushButton("Open it")
        self.open.setAccessibleDescription("Opens the file in the system's program for it.")
        self.open.clicked.connect(lambda: QDesktopServices.openUrl(QUrl.fromLocalFile(self._path)))
        self.folder = QPushButton("Open folder")
        self.folder.clicked.connect(lambda: QDesktopServices.openUrl(QUrl.fromLocalFile(str(Path(self._path).parent))))
        told = QWidget()
        rows = QVBoxLayout(told)
        rows.setContentsMargins(48, 16, 48, 16)
        rows.setSpacing(8)
        buttons = QHBoxLayout()
        buttons.addStretch()
        buttons.addWidget(self.open)
        buttons.addWidget(self.folder)
        buttons.addStretch()
        rows.addStretch()
        rows.addWidget(self.name)
        rows.addWidget(self.facts)
        rows.addSpacing(8)
        rows.addLayout(buttons)
        rows.addStretch()
        self._pages = QStackedLayout(self)
        self._pages.addWidget(self.empty)
        self._pages.addWidget(told)
        self._told = told
        self.empty.acted.connect(self.empty_acted)
        self.empty.suggested.connect(self.empty_suggested)

    # ── what is being made ────────────────────────────────────────────────────

    def begin(self, request: Request) -> None:
        self._asked_for += 1
        self._coming = ""
        self._say("It is being made.", "")

    def show_preview(self, sign: Sign) -> None:
        if isinstance(sign, Token):
            self._coming += sign.text
            self._say("", self._coming[-2000:])

    def show_progress(self, progress: Progress) -> None:
        if not self._coming:
            self._say("It is being made.", f"{progress.step} of {progress.total}")

    def pin(self, preview: Preview | None) -> None:
        """There are no steps to see."""

    def end(self, done: bool) -> None:
        if not done and self._path:
            self.show_file(self._path)
        elif not done:
            self.clear()

    # ── what is finished ──────────────────────────────────────────────────────

    @property
    def path(self) -> str:
        return self._path

    def show_file(self, path: str) -> None:
        self._asked_for += 1
        asked = self._asked_for

        def arrived(found: object) -> None:
            if asked != self._asked_for:
                return
            if isinstance(found, Exception):
                self.notice.emit(str(found) if isinstance(found, BadInput) else f"{Path(path).name} cannot be read.")
                return
            self._path = path
            self._say(Path(path).name, str(found))
            self.shown.emit(path)

        self._aside.run(lambda: facts(path), arrived)

    def clear(self) -> None:
        self._asked_for += 1
        self._path = ""
        self._pages.setCurrentWidget(self.empty)

    def _say(self, name: str, facts: str) -> None:
        self.name.setText(name)
        self.facts.setText(facts)
        for button in (self.open, self.folder):
            button.setVisible(bool(name) and name == Path(self._path).name)
        self._pages.setCurrentWidget(self._told)

    # ── around it ─────────────────────────────────────────────────────────────

    def set_model(self, model: ModelInfo | None) -> None:
        """Nothing here depends on it."""

    def set_empty(self, sentence: str, word: str = "", suggestions: Sequence[str] = ()) -> None:
        self.empty.say(sentence, word, suggestions)

    def wanted(self) -> Wanted | None:
        return None

    def deeds(self) -> Mapping[str, Callable[[], object]]:
        return {}

    def remember(self) -> dict[str, object]:
        return {}

    def recall(self, held: Mapping[str, object]) -> None:
        """There is nothing to take up."""

    def enter(self) -> None:
        """It is as it was."""

    def leave(self) -> None:
        """Nothing of it runs."""

    def finish(self) -> None:
        self._aside.finish()


def facts(path: str) -> str:
    """What a file of any medium holds, in a line; of a text its first words. Any thread. Raises BadInput."""
    from models.outputs import read

    seen = read.seen(path)
    if seen.medium == "text":
        return read.open_text(path)[:2000].strip()
    parts = [
        f"{seen.width} × {seen.height}" if seen.width else "",
        f"{seen.seconds:.2f} s" if seen.seconds else "",
        f"{seen.fps:g} frames a second" if seen.fps else "",
        f"{seen.sample_rate / 1000:g} kHz" if seen.sample_rate else "",
    ]
    return " · ".join(part for part in parts if part)
