"""One large button that is Generate or Stop, with what is done and what is left under it."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QPushButton, QVBoxLayout, QWidget

from desktop.catalog.families import duration
from desktop.controls import set_role
from desktop.jobs import Job

_FINE = 1000  # steps of the bar


class GenerateBox(QWidget):
    """`generate` and `stop` when the button is used. Its sizes never change, whatever it says."""

    generate = Signal()
    stop = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.button = QPushButton("Generate")
        set_role(self.button, "primary")
        self.button.setCursor(Qt.CursorShape.PointingHandCursor)
        self.button.clicked.connect(self._pressed)
        self.bar = QProgressBar()
        self.bar.setRange(0, _FINE)
        self.bar.setTextVisible(False)
        self.bar.setFixedHeight(3)
        self.bar.setAccessibleName("Progress")
        self.left, self.right = QLabel(), QLabel()
        for label in (self.left, self.right):
            set_role(label, "small-second")
        # Room for the longest words, so that nothing moves when they change.
        self.setFixedWidth(152)
        under = QHBoxLayout()
        under.setContentsMargins(0, 0, 0, 0)
        under.setSpacing(4)
        under.addWidget(self.left)
        under.addStretch(1)
        under.addWidget(self.right)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(7)
        column.addWidget(self.button)
        column.addWidget(self.bar)
        column.addLayout(under)
        column.addStretch(1)
        keep = self.bar.sizePolicy()
        keep.setRetainSizeWhenHidden(True)
        self.bar.setSizePolicy(keep)
        self._running = False
        self.show_idle("")

    @property
    def running(self) -> bool:
        """Whether the button stops."""
        return self._running

    def show_idle(self, estimate: str, why_not: str = "") -> None:
        """Ready: `estimate` is how long it will take, where that is known. `why_not` disables, and says why."""
        self._running = False
        self._say("Generate", estimate, "Ctrl ↵")
        self.button.setEnabled(not why_not)
        tip = why_not or "Makes it with this prompt and these settings (Ctrl+Enter)."
        self.button.setToolTip(tip)
        self.button.setAccessibleDescription(tip)
        self.bar.hide()

    def show_job(self, job: Job) -> None:
        """A job runs: the button stops it."""
        self._running = True
        self.button.setEnabled(True)
        self.button.setToolTip("Stops at the next step; a second time stops at once (Esc).")
        self.button.setAccessibleDescription(self.button.toolTip())
        word = "Stop now" if job.stopping else "Stop"
        self._say(word, words(job), f"{duration(job.eta_s)} left" if job.eta_s is not None else "")
        self.bar.setValue(round(job.fraction * _FINE))
        self.bar.show()

    def _say(self, word: str, left: str, right: str) -> None:
        for widget, text in ((self.button, word), (self.left, left), (self.right, right)):
            if widget.text() != text:  # a label that is set lays its row out anew
                widget.setText(text)

    def _pressed(self) -> None:
        (self.stop if self._running else self.generate).emit()


def words(job: Job) -> str:
    """Where a job has got to: `step 25 of 30`, or `2 of 4 · step 5` where several are made."""
    if job.stopping:
        return "stopping"
    if job.progress is None or not job.progress.total:
        return "reading the model" if job.stage else "starting"
    step, total, count = job.progress.step, job.progress.total, max(job.request.count, 1)
    if count == 1:
        return f"step {step} of {total}"
    each = max(total // count, 1)
    item = min(max(step - 1, 0) // each, count - 1)
    return f"{item + 1} of {count} · {step - item * each}/{each}"
