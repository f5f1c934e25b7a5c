"""A bar for sentences: what happened and what to do. Never a dialogue, never in the way."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QWidget

from desktop.controls import set_role

QUIET_MS = 6000
WIDTH, GAP, TOP = 720, 16, 60  # px


class Notices(QFrame):
    """Shows one sentence at a time. A warning stays until it is read; a quiet one goes by itself."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        set_role(self, "notice")
        self._waiting: deque[tuple[str, bool, str, Callable[[], None] | None]] = deque(maxlen=8)
        self._run: Callable[[], None] | None = None
        self._beside = 0
        self.text = QLabel()
        self.text.setWordWrap(True)
        self.text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.text.setTextFormat(Qt.TextFormat.PlainText)
        self.action = QPushButton()
        set_role(self.action, "chip")
        self.action.clicked.connect(self._act)
        self.dismiss = QPushButton("Dismiss")
        set_role(self.dismiss, "chip")
        self.dismiss.setAccessibleDescription("Closes this notice.")
        self.dismiss.clicked.connect(self.next)
        self._row = row = QHBoxLayout(self)
        row.setContentsMargins(16, 8, 8, 8)
        row.setSpacing(8)
        row.addWidget(self.text, 1)
        row.addWidget(self.action)
        row.addWidget(self.dismiss)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(QUIET_MS)
        self._timer.timeout.connect(self.next)
        self.hide()

    def say(self, text: str, *, quiet: bool = False, action: str = "", run: Callable[[], None] | None = None) -> None:
        """Show a sentence, with a button for what to do about it where there is such a thing."""
        if self.isVisible() and self.text.text() == text:
            return
        if self.isVisible() and self.property("state") != "quiet":
            if quiet:
                return  # a passing word does not push a warning aside
            self._waiting.append((text, quiet, action, run))
            return
        self._show(text, quiet, action, run)

    def place(self, beside: int | None = None) -> None:
        """Over the work, in the middle under the header: what lies beneath does not move. `beside`: from now on so
        many px at the right are something else's."""
        around = self.parentWidget()
        self._beside = self._beside if beside is None else beside
        if around is not None and self.isVisible():
            free = around.width() - self._beside
            width = min(WIDTH, free - 2 * GAP)
            self.resize(width, self._row.heightForWidth(width))
            self.move((free - width) // 2, TOP)

    def next(self) -> None:
        """Close this one; the next waiting one takes its place."""
        if self._waiting:
            self._show(*self._waiting.popleft())
        else:
            self._timer.stop()
            self.hide()

    def _show(self, text: str, quiet: bool, action: str, run: Callable[[], None] | None) -> None:
        self.text.setText(text)
        self.setAccessibleName(text)
        self._run = run
        self.action.setText(action)
        self.action.setVisible(bool(action and run))
        set_role(self, "notice", "quiet" if quiet else "")
        for child in (self.text, self.action, self.dismiss):
            child.style().unpolish(child)
            child.style().polish(child)
        self.show()
        self.raise_()
        self.place()
        if quiet:
            self._timer.start()
        else:
            self._timer.stop()

    def _act(self) -> None:
        run = self._run
        self.next()
        if run:
            run()
