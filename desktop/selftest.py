"""The window's part of `main.py selftest`: it opens, and every starter makes something in its queue."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, QTimer

from desktop.app import Everyform, application
from desktop.first_paint import FirstPaint
from desktop.jobs import Job
from models import program
from models.commands import screen
from models.protocol import BadInput, ModelInfo, Request
from models.samples import for_task
from models.selftest.asking import input_file
from models.selftest.row import Row, Rows
from models.selftest.seen import in_words

SEED = 7
# The other way to compute that comes along, and what it computes.
BACKEND, LATENT_DIFFUSION = "openvino", "latent-diffusion"


def run(rows: Path) -> int:
    """Open the window, let every starter make one thing with its own defaults, close; 0 unless the window fails."""
    reason = screen.missing()
    if reason:  # the window is then drawn all the same, into memory
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
    app = application()
    everyform = Everyform()
    trial = Trial(everyform, Rows(rows), rows.parent, reason)
    everyform.show()
    FirstPaint(everyform.window, trial.painted, at_latest_ms=None)
    return app.exec()


class Trial(QObject):
    """Waits for the first paint, then for the engine's list of models, then for one starter's job after another."""

    def __init__(self, everyform: Everyform, rows: Rows, folder: Path, reason: str) -> None:
        super().__init__(everyform)
        self._queue, self._session, self._window = everyform.queue, everyform.session, everyform.window
        self._rows, self._folder, self._reason = rows, folder, reason
        self._given: dict[str, str] = {}  # medium -> a file of it, for those that start from one
        self._left: list[tuple[ModelInfo, dict[str, str]]] = []  # each with what is wished of its plan
        self._name = ""
        self._once_more = self._through = False
        self._job: Job | None = None
        self._queue.job_changed.connect(self._changed)
        self._window.closing.connect(self._closing)

    def painted(self) -> None:
        where = "painted, without a screen" if self._reason else "painted"
        self._rows.add(Row("window", "first paint", program.since_start(), where))
        self._rows.add(_sound())
        self._session.models_known.connect(self._begin)
        self._session.worker.engine_gave_up.connect(self._gave_up)
        if self._session.looked:
            self._begin()

    def _gave_up(self, why: str) -> None:
        """Without an engine nothing can be tried; once there was one, each job says itself what became of it."""
        if not self._session.looked:
            self._rows.add(Row("window", "engine", program.since_start(), problem=why))
            self._end()

    def _end(self) -> None:
        self._through = True
        QTimer.singleShot(0, self._window, self._window.close)

    def _begin(self) -> None:
        self._session.models_known.disconnect(self._begin)
        self._rows.add(Row("window", "engine", program.since_start(), f"knows {len(self._session.models)} models"))
        starters = [model for model in self._session.models if model.starter]
        if not starters:  # what is packaged without them would otherwise pass
            self._rows.add(Row("starter", "starters", problem="No starter is here."))
        # Those that need no file come first: what they make is what the others start from.
        starters.sort(key=lambda model: bool(model.missing or not _without_file(model)))
        self._left = [(model, {}) for model in starters]
        self._next()

    def _next(self) -> None:
        if not self._left and not self._once_more:
            self._once_more = True
            self._left = self._otherwise()
        if not self._left:
            self._end()
            return
        model, wish = self._left.pop(0)
        self._name = ", ".join([model.id, *wish.values()])
        try:
            request = replace(self._request(model), wish=wish)
        except BadInput as error:
            self._rows.add(Row("starter", self._name, problem=str(error)))
            self._next()
            return
        self._job = self._queue.add(request, model)

    def _closing(self) -> None:
        if not self._through:
            self._rows.add(Row("window", "closed", problem="The window was closed before everything was tried."))

    def _otherwise(self) -> list[tuple[ModelInfo, dict[str, str]]]:
        """Those to run the other way too, where that is here: what is here is known once the engine has worked."""
        machine = self._session.machine
        if machine is None or BACKEND not in machine.libraries:
            return []
        starters = [model for model in self._session.models if model.starter and not model.missing]
        return [(model, {"backend": BACKEND}) for model in starters if model.card.architecture == LATENT_DIFFUSION]

    def _request(self, model: ModelInfo) -> Request:
        card = model.card
        if model.missing:
            raise BadInput(model.missing)
        task = card.tasks[0]
        inputs: Mapping[str, str] = {
            i.name: self._given.get(i.medium) or str(input_file(i.name, i.medium, self._folder))
            for i in card.inputs_for(task)
            if i.required
        }
        request = Request(model.id, model.path, card.architecture, task, seed=SEED, inputs=inputs)
        prompt = for_task(task, card.architecture)[0] if card.prompt_limit else ""
        return replace(request, prompt=prompt, settings=card.check({}, task), out=str(self._folder / "made"))

    def _changed(self, job: Job) -> None:
        if job is not self._job or not job.ended:
            return
        self._job = None
        made, problem = "", job.reason or ("" if job.outputs else "Nothing came out.")
        if not problem:
            output = job.outputs[-1]
            try:
                made = in_words(output.path)
                self._given.setdefault(output.medium, output.path)
            except BadInput as error:
                problem = str(error)
        self._rows.add(Row("starter", self._name, job.seconds, made, problem))
        self._next()


def _without_file(model: ModelInfo) -> bool:
    return not any(i.required for i in model.card.inputs_for(model.card.tasks[0]))


def _sound() -> Row:
    """Whether the library that plays sound is there: a machine without a loudspeaker is no fault of the program."""
    with contextlib.suppress(ImportError, OSError):
        import sounddevice  # type: ignore[import-untyped, unused-ignore]

        return Row("window", "sound", made=sounddevice.get_portaudio_version()[1])
    return Row("window", "sound", problem="PortAudio cannot be loaded.")
