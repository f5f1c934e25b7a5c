"""The queue's panel over the right of the window: what is made, what waits, what failed, and what can be done."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QMenu,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from desktop import controls, measures
from desktop.controls import hairline, set_role, word
from desktop.empty import Empty
from desktop.header import HEIGHT
from desktop.job import Job
from desktop.jobs import JobQueue
from desktop.queue import wording
from desktop.queue.commands import DEEDS, OPENS
from desktop.queue.items import FILTERS, Jobs
from desktop.queue.view import JobsView
from desktop.window import Window

WIDTH, LOWEST, GAP = 460, 380, 12  # px
TYPING_MS = 120
SOON_MS = 100
NOTHING = "Nothing waits. What you ask for while something is being made waits its turn here."
MAKE = "Make something"
NOT_FOUND = "No job of the queue is like that."


class Panel(QFrame):
    """`deed` carries what is to be done with the chosen jobs; `pause_wanted` the button that pauses or goes on."""

    deed = Signal(str, object)
    pause_wanted = Signal()
    make_wanted = Signal()
    closed = Signal()

    def __init__(self, queue: JobQueue, pace: wording.Pace, window: Window) -> None:
        super().__init__(window)
        self._queue, self._pace, self._window = queue, pace, window
        set_role(self, "float")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAccessibleName("Queue")
        self.jobs = Jobs(queue, pace, self)
        self.view = JobsView(self.jobs)
        self.title = QLabel("Queue")
        self.summary = QLabel()
        self.pause = QPushButton()
        self.search = QLineEdit()
        self.filters = controls.Segments([(name, state) for name, state in FILTERS], "Show")
        self.empty = Empty(NOTHING, MAKE)
        self.words = {deed.id: word(deed.text, deed.help) for deed in DEEDS}
        self._typing, self._soon = _timer(self, TYPING_MS, self._find), _timer(self, SOON_MS, self._refresh)
        self._lay_out()
        self._connect()
        self._refresh()
        window.installEventFilter(self)
        self.hide()

    def _lay_out(self) -> None:
        set_role(self.title, "heading")
        set_role(self.summary, "small-second")
        set_role(self.pause, "chip")
        self.summary.setWordWrap(True)
        self.close_word = word("Close", "Closes this list (Esc); the queue goes on")
        self.search.setPlaceholderText("Find by prompt, model or seed")
        self.search.setAccessibleName("Find a job")
        self.search.setMaxLength(400)
        self.filters.set_value("")
        head = QHBoxLayout()
        head.setSpacing(measures.INSIDE)
        head.addWidget(self.title)
        head.addStretch(1)
        head.addWidget(self.pause)
        head.addWidget(self.close_word)
        self._pages = QStackedWidget()
        self._pages.addWidget(self.view)
        self._pages.addWidget(self.empty)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(1, 12, 1, 8)
        rows.setSpacing(measures.INSIDE)
        for part in (head, self.summary, self.search, self.filters):
            rows.addLayout(_inset(part))
        rows.addWidget(hairline())
        rows.addWidget(self._pages, 1)
        foot = QWidget()
        lines = QVBoxLayout(foot)
        lines.setContentsMargins(0, 0, 0, 0)
        lines.setSpacing(0)
        lines.addWidget(hairline())
        lines.addSpacing(measures.INSIDE)
        for whole in (False, True):
            lines.addLayout(_words(*(self.words[one.id] for one in DEEDS if one.whole is whole)))
        rows.addWidget(foot)
        self._of_some = (self.search, self.filters, foot)  # what an empty list goes without

    def _connect(self) -> None:
        queue = self._queue
        for changed in (queue.job_added, queue.job_changed, queue.job_gone):
            changed.connect(lambda _: self._look_soon())
        for told in (queue.many_changed, queue.state_changed):
            told.connect(self._look_soon)
        self.view.selectionModel().selectionChanged.connect(lambda *_: self._refresh_words())
        self.view.deed.connect(self._do)
        self.view.menu_wanted.connect(self._open_menu)
        self.search.textChanged.connect(lambda _: self._typing.start())
        self.filters.chosen.connect(lambda _: self._find())
        self.pause.clicked.connect(self.pause_wanted)
        self.close_word.clicked.connect(self.hide)
        self.empty.acted.connect(self._empty_acted)
        for id, button in self.words.items():
            button.clicked.connect(lambda _=False, id=id: self._do(id))

    # ── what is seen ──────────────────────────────────────────────────────────

    def open(self) -> None:
        """Over the right of the window, with the keys on its rows."""
        self._refresh()
        self._place()
        self.show()
        self.raise_()
        self.view.setFocus(Qt.FocusReason.PopupFocusReason)
        if not self.view.currentIndex().isValid() and self.jobs.rowCount():
            self.view.setCurrentIndex(self.jobs.index(0))

    def _find(self) -> None:
        self._typing.stop()
        self.jobs.find(self.filters.value() or "", self.search.text())
        self._refresh()

    def _look_soon(self) -> None:
        if self.isVisible() and not self._soon.isActive():
            self._soon.start()

    def _refresh(self) -> None:
        queue = self._queue
        self.summary.setText(wording.summary(queue, self._pace) or "Nothing is being made.")
        self.pause.setText("Go on" if queue.paused or queue.line.left else "Pause")
        self.pause.setToolTip(
            "Goes on with what waits" if self.pause.text() == "Go on" else "Begins nothing more after what is made now"
        )
        self.pause.setVisible(bool(len(queue.line)) or queue.paused or queue.running is not None)
        found = self.jobs.rowCount() > 0
        filtered = bool(self.jobs.state or self.jobs.words)
        self._pages.setCurrentWidget(self.view if found else self.empty)
        if not found:
            self.empty.say(*((NOT_FOUND, "Show all") if filtered else (NOTHING, MAKE)))
        for part in self._of_some:
            part.setVisible(found or filtered)
        self._refresh_words()

    def _refresh_words(self) -> None:
        states, queue = {job.state for job in self.view.chosen()}, self._queue
        waiting, ended = len(queue.line), len(queue.failed) + len(queue.past)
        whole = {"group": waiting > 1, "clear": ended > 0, "stop-all": waiting > 0 or queue.running is not None}
        for one in DEEDS:
            self.words[one.id].setEnabled(whole[one.id] if one.whole else bool(states & set(one.states)))
        for id in ("show", "stop", "retry"):  # there is room for what can be done, and not for all that could
            self.words[id].setVisible(self.words[id].isEnabled())

    def _open_menu(self, where: QPoint) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        states = {job.state for job in self.view.chosen()}
        for one in DEEDS:
            if states & set(one.states):
                menu.addAction(one.text).triggered.connect(lambda _=False, id=one.id: self._do(id))
        menu.popup(where)

    # ── what is done ──────────────────────────────────────────────────────────

    def _do(self, id: str) -> None:
        chosen: list[Job] = self.view.chosen()
        if id == "open" and chosen:
            id = OPENS.get(chosen[0].state, "")
        if deed := next((one for one in DEEDS if one.id == id), None):
            row = self.view.currentIndex().row()
            self.deed.emit(id, [] if deed.whole else [job for job in chosen if job.state in deed.states])
            if id == "remove" and (left := self.jobs.rowCount()):
                self.view.setCurrentIndex(self.jobs.index(min(row, left - 1)))

    def _empty_acted(self) -> None:
        if self.jobs.state or self.jobs.words:
            self.search.clear()
            self.filters.set_value("")
            self._find()
        else:
            self.make_wanted.emit()

    # ── its place ─────────────────────────────────────────────────────────────

    def _place(self) -> None:
        """Above the button that makes things, for the queue is filled with it, where that leaves room enough."""
        around, button = self._window, self._window.studio.generate
        top, bottom = HEIGHT + GAP, around.height() - GAP
        if button.isVisible():
            above = button.mapTo(around, QPoint(0, 0)).y() - 2 * GAP
            bottom = above if above - top >= LOWEST else bottom
        width = min(WIDTH, around.width() - 2 * GAP)
        self.setGeometry(around.width() - width - GAP, top, width, bottom - top)
        around.notices.place(beside=width + GAP)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize and self.isVisible():
            QTimer.singleShot(0, self, self._place)  # once what is in the window has its new place
        return False

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            if event.key() == Qt.Key.Key_Escape:
                event.accept()  # here it closes the list, and stops nothing
                return True
        elif event.type() == QEvent.Type.Hide:
            self._window.notices.place(beside=0)
            self.closed.emit()
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.hide()
        else:
            super().keyPressEvent(event)


def _timer(parent: QObject, milliseconds: int, then: Callable[[], None]) -> QTimer:
    timer = QTimer(parent)
    timer.setSingleShot(True)
    timer.setInterval(milliseconds)
    timer.timeout.connect(then)
    return timer


def _words(*buttons: QPushButton) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setContentsMargins(measures.GROUP - 6, 0, measures.GROUP, 0)  # their own margin is out of sight
    row.setSpacing(2)
    for button in buttons:
        row.addWidget(button)
    row.addStretch(1)
    return row


def _inset(part: QHBoxLayout | QWidget) -> QHBoxLayout:
    """With the panel's margin at both sides, which its list goes without."""
    row = QHBoxLayout()
    row.setContentsMargins(measures.GROUP, 0, measures.GROUP, 0)
    if isinstance(part, QHBoxLayout):
        row.addLayout(part)
    else:
        row.addWidget(part)
    return row
