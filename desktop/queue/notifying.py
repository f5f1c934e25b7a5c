"""A word from the desktop when all is made and the person is elsewhere."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QApplication, QSystemTrayIcon, QWidget

from desktop.job import Job
from desktop.jobs import JobQueue
from desktop.queue import wording


class Notifying(QObject):
    """Where the system has a place for icons, its message, which goes when the window is looked at again; elsewhere the
    window asks for attention in the way of the system."""

    def __init__(self, queue: JobQueue, window: QWidget) -> None:
        super().__init__(window)
        self._queue, self._window = queue, window
        self._runs: Job | None = None
        self._made = self._failed = 0  # since it was at rest
        self._tray: QSystemTrayIcon | None = None
        queue.job_changed.connect(self._count)
        queue.came_to_rest.connect(self._at_rest)
        window.installEventFilter(self)

    def _count(self, job: Job) -> None:
        if job.state == "running":
            self._runs = job if job.request.keep else None
        elif job.ended and job is self._runs:
            self._runs = None
            self._made += job.state == "done"
            self._failed += job.state == "failed"

    def _at_rest(self) -> None:
        made, failed = self._made, self._failed
        self._made = self._failed = 0
        if (made or failed) and not self._window.isActiveWindow():
            title = "The queue has ended" if not len(self._queue.line) else "The queue waits for you"
            self.tell(title, f"{wording.at_rest(made, failed)}.".capitalize())

    def tell(self, title: str, words: str) -> None:
        """Say it outside the window."""
        if not QSystemTrayIcon.isSystemTrayAvailable() or not QSystemTrayIcon.supportsMessages():
            QApplication.alert(self._window)
            return
        if self._tray is None:
            self._tray = QSystemTrayIcon(self._window.windowIcon(), self)
            self._tray.messageClicked.connect(self._come_forward)
            self._tray.activated.connect(lambda _: self._come_forward())
        self._tray.setToolTip(f"Everyform: {words}")
        self._tray.show()
        self._tray.showMessage(title, words, self._window.windowIcon())

    def _come_forward(self) -> None:
        self._window.show()
        self._window.raise_()
        self._window.activateWindow()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.WindowActivate and self._tray is not None:
            self._tray.hide()
        return False
