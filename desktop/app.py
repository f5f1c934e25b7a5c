"""The composition root: makes the application, its engine and its window, and joins them."""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import sys
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QSocketNotifier
from PySide6.QtWidgets import QApplication

from desktop import settings, theme
from desktop.actions import Actions
from desktop.arrivals import Arrivals
from desktop.aside import Aside
from desktop.compare.comparing import Comparing
from desktop.first_paint import FirstPaint
from desktop.gauges import Gauges
from desktop.jobs import JobQueue
from desktop.keeping import Keeping
from desktop.making import Making
from desktop.presets.presetting import Presetting
from desktop.prompt import shelves
from desktop.queue.journal import Journal
from desktop.queue.queueing import Queueing
from desktop.session import Session
from desktop.stock import Stock, show_folder
from desktop.window import Window
from desktop.worker import GenerationWorker
from models import folders
from models.protocol import PACKAGE

if TYPE_CHECKING:
    from desktop.batch.batching import Batching

# The commands that the work in the middle carries out, whichever it is.
OF_WORK = ("copy-picture", "part", "fit", "actual", "zoom-in", "zoom-out", "compare")


class Everyform(QObject):
    """The running program. `show` paints the window; the engine starts once it is painted; `close` leaves nothing."""

    def __init__(self, package: str = PACKAGE) -> None:
        super().__init__()
        state = settings.load()
        self.look = theme.current()
        self.look.choose(state.theme if state.theme in theme.CHOICES else "system")  # type: ignore[arg-type]
        self.aside = Aside(self)
        self.worker = GenerationWorker(package)
        self.queue = JobQueue(self.worker, Journal())
        self.window = Window(self.aside)
        self.session = Session(self.window, self.worker, state, self.aside)
        self.making = Making(self.session, self.queue)
        self.comparing = Comparing(self.session, self.queue, self.aside)
        self.arrivals = Arrivals(self.session)
        self.presetting = Presetting(self.session, self.making)
        self._batching: Batching | None = None
        self.arrivals.preset_given.connect(self.presetting.take)
        self.queueing = Queueing(self.session, self.queue, self.making, self.arrivals)
        self.keeping = Keeping(self.session, self.making, self.arrivals)
        self.stock = Stock(self.session)
        self.gauges = Gauges(self.session, self.queue)
        self.actions = Actions(self.window, self._work())
        self.window.set_actions(self.actions)
        on_canvas = ("copy-picture", "", "use-settings", "use-start", "part", "", "fit", "actual", "compare")
        self.window.studio.canvas.set_context_actions([self.actions[id] if id else None for id in on_canvas])
        self._join()
        self.session.begin()

    def _join(self) -> None:
        window, session = self.window, self.session
        window.room_entered.connect(lambda _: session.keep())
        window.room_entered.connect(self.look.enter_room)
        window.closing.connect(self.close)
        window.side.presets.batch_wanted.connect(self.open_batch)
        window.header.machine.clicked.connect(lambda: window.enter("models"))
        session.models_known.connect(self._tell_of_batch)
        self.queue.job_changed.connect(self._refresh_work)
        self._refresh_work()
        window.room_entered.connect(lambda _: self._refresh_deeds())
        self._refresh_deeds()
        for moved in (session.undo.indexChanged, window.room_entered, window.shelf.can_undo_changed):
            moved.connect(lambda *_: self._refresh_undo())
        self._refresh_undo()
        self.actions[f"theme-{self.look.choice}"].setChecked(True)

    def _work(self) -> dict[str, Callable[[], object]]:
        """What each command does."""
        window, session, making = self.window, self.session, self.making
        return {
            **{id: partial(self._do, id) for id in OF_WORK},
            "open": self.arrivals.ask,
            "add-model": self.stock.add,
            "open-folder": lambda: show_folder(folders.outputs()),
            **{id: partial(shelves.open_, ready, session.say) for id, _, ready in shelves.FOLDERS},
            "quit": window.close,
            "undo": self.undo,
            "redo": session.undo.redo,
            "paste": self.arrivals.paste,
            "reset": session.reset,
            "presets": self._choose_preset,
            "save-preset": self.presetting.ask,
            "batch": self.open_batch,
            "history": window.studio.prompt.open_history,
            "generate": making.generate,
            "stop": making.stop,
            "stop-all": self.queueing.stop_all,
            "queue": self.queueing.toggle,
            "pause-queue": self.queueing.pause_or_go_on,
            "unload": self.stock.unload,
            "new-seed": making.new_seed,
            "keep-seed": making.keep_seed,
            "use-settings": lambda: self._with_shown(self.arrivals.use_settings_of),
            "use-start": lambda: self._with_shown(self.arrivals.use_start),
            "compare-models": self.comparing.enter,
            "palette": window.open_palette,
            "models": self._find_model,
            "settings": self._go_to_settings,
            "prompt": window.studio.prompt.prompt.setFocus,
            "guide": self._show_guide,
            "theme-system": lambda: self._choose_theme("system"),
            "theme-dark": lambda: self._choose_theme("dark"),
            "theme-light": lambda: self._choose_theme("light"),
            "full-screen": self._full_screen,
        }

    def undo(self) -> None:
        """In the gallery, what was moved to the bin comes back; elsewhere, the settings as they were."""
        if self.window.room == "gallery":
            self.window.shelf.undo_bin()
        else:
            self.session.undo.undo()

    def _do(self, id: str) -> None:
        """One of the commands that the work in sight carries out."""
        if (deed := self.window.studio.work.deeds().get(id)) is not None:
            deed()

    def _refresh_deeds(self) -> None:
        can = self.window.studio.work.deeds()
        for id in OF_WORK:
            self.actions[id].setEnabled(id in can)

    def _refresh_work(self) -> None:
        working = self.queue.running is not None
        self.actions["stop"].setEnabled(working)
        self.actions["unload"].setEnabled(not working)

    def _refresh_undo(self) -> None:
        stack, gallery = self.session.undo, self.window.room == "gallery"
        self.actions["undo"].setEnabled(bool(self.window.shelf.can_undo) if gallery else stack.canUndo())
        self.actions["redo"].setEnabled(not gallery and stack.canRedo())
        what = "" if gallery else stack.undoText()
        self.actions["undo"].setText(f"Undo: {what[0].lower()}{what[1:]}" if what else "Undo")

    # ── life ──────────────────────────────────────────────────────────────────

    def show(self) -> None:
        """Paint first, then start the engine."""
        self.window.show()
        FirstPaint(self.window, self._start_engine)

    def _start_engine(self) -> None:
        if not self.worker.isRunning():
            self.queue.begin()
            self.worker.start()

    def close(self) -> None:
        """End the engine and what still runs beside the window."""
        self.window.hide()  # what follows may take a moment, and there is nothing more to see
        self.session.undo.blockSignals(True)  # it says that it is empty while it goes, when nobody is left to hear
        if self._batching is not None:
            self._batching.finish()
        self.queueing.gradually.finish()
        self.worker.close()
        self.queue.close()
        self.stock.finish()
        for part in (self.window.studio, self.window.filmstrip, self.window.gallery):
            if part is not None:
                part.finish()
        self.aside.finish()

    # ── commands that belong to no part ───────────────────────────────────────

    def _choose_theme(self, choice: theme.Choice) -> None:
        self.session.state.theme = choice
        self.look.choose(choice)
        self.actions[f"theme-{choice}"].setChecked(True)
        self.session.keep()

    def _full_screen(self) -> None:
        window = self.window
        (window.showNormal if window.isFullScreen() else window.showFullScreen)()
        self.actions["full-screen"].setChecked(window.isFullScreen())

    @property
    def batching(self) -> Batching:
        """Made when it is first wanted: few windows see a batch."""
        if self._batching is None:
            from desktop.batch.batching import Batching

            self._batching = Batching(self.session, self.presetting)
        return self._batching

    def open_batch(self) -> None:
        self.batching.open()

    def _tell_of_batch(self) -> None:
        """That one was not made to its end, once."""
        if self.session.state.batch_left and self._batching is None:
            self.session.state.batch_left = False
            words = "A batch was left in the middle when the window closed: it goes on where it was."
            self.window.notices.say(words, action="Show it", run=self.open_batch)

    def _find_model(self) -> None:
        window = self.window
        window.enter_work()
        if not window.sides.is_open(window.models):
            window.sides.toggle(window.models)
        window.models.search.setFocus()
        window.models.search.selectAll()

    def _go_to_settings(self) -> None:
        window = self.window
        window.enter_work()
        if not window.sides.is_open(window.side):
            window.sides.toggle(window.side)
        window.side.show_page(0)
        window.side.form.focus_first()

    def _choose_preset(self) -> None:
        self._go_to_settings()
        self.presetting.open()

    def _show_guide(self) -> None:
        window = self.window
        window.enter_work()
        if not window.sides.is_open(window.side):
            window.sides.toggle(window.side)
        window.side.show_page(1)

    def _with_shown(self, use: Callable[[str], None]) -> None:
        if path := self.window.studio.work.path:
            use(path)
        else:
            self.session.say("There is nothing in this room yet. Make something, or open a file.")


def _end_well(app: QApplication, window: Window) -> None:
    """Ctrl+C in the terminal, and a session that ends, close the window as a person would."""
    if sys.platform == "win32":
        signal.signal(signal.SIGINT, lambda *_: window.close())
        return
    read, write = os.pipe()
    os.set_blocking(write, False)
    signal.set_wakeup_fd(write, warn_on_full_buffer=False)
    for kind in (signal.SIGINT, signal.SIGTERM):
        signal.signal(kind, lambda *_: None)
    notifier = QSocketNotifier(read, QSocketNotifier.Type.Read, app)
    notifier.activated.connect(lambda *_: window.close())


def application() -> QApplication:
    """Qt's own part of the program, under its name."""
    app = QApplication(sys.argv[:1])
    app.setApplicationName("Everyform")
    app.setOrganizationName("Everyform")
    app.setDesktopFileName("everyform")
    return app


def run() -> int:
    """Open the window and stay until it is closed; the process's exit code."""
    app = application()
    program = Everyform()
    with contextlib.suppress(ValueError, OSError):  # not on the main thread, or no signals here
        _end_well(app, program.window)
    program.show()
    gc.freeze()  # what is there now stays, so that no later look for rubbish goes through all of it
    return app.exec()
