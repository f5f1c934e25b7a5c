"""What is being made and what waits, as a menu under the queue's chip; taking a line stops that one."""

from __future__ import annotations

from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QMenu, QWidget

from desktop.jobs import Job, JobQueue

WORDS = 44  # characters of a prompt
EARLY = "goes first, as its model is loaded"


def open_menu(queue: JobQueue, under: QWidget) -> QMenu:
    """Show the menu below a widget."""
    menu = QMenu(under)
    menu.setAccessibleName("Queue")
    running = [(queue.running, False)] if queue.running is not None else []
    for job, early in (*running, *queue.next_up):
        menu.addAction(line(job, early)).triggered.connect(lambda _=False, job=job: queue.cancel(job))
    menu.addSeparator()
    menu.addAction("Stop everything", queue.cancel_all)
    menu.aboutToHide.connect(menu.deleteLater)
    menu.popup(under.mapToGlobal(QPoint(0, under.height() + 4)))
    return menu


def line(job: Job, early: bool = False) -> str:
    """`Stop: a red sailboat…`, or `Take off the queue: 4 of a blue house`; `early` says why it does not wait."""
    what = " ".join(job.request.prompt.split()) or (job.model.name if job.model else job.request.model_id)
    short = what if len(what) <= WORDS else what[: WORDS - 1].rstrip() + "…"
    many = f"{job.request.count} of " if job.request.count > 1 else ""
    why = f"  ·  {EARLY}" if early else ""
    # An ampersand would underline the letter after it.
    return f"{'Stop' if job.state == 'running' else 'Take off the queue'}: {many}{short}{why}".replace("&", "&&")
