"""What is dropped, pasted or opened: settings come back from a file that holds them, any other is started from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import QMimeData, QObject, Signal
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtWidgets import QFileDialog

from desktop import restore
from desktop.draft import fitted
from desktop.inputs import PATTERNS
from desktop.session import Session
from models.outputs import formats, sheets
from models.presets.form import ENDING as PRESET
from models.protocol import BadInput, ModelInfo


class Arrivals(QObject):
    """Files are looked into off the window's thread; what they hold is shown when it is known."""

    preset_given = Signal(str)  # a file that may be a preset

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.session, self.window = session, session.window
        self.window.dropped.connect(self.take)
        self.window.studio.prompt.media.connect(self.take)
        self.window.studio.each_work(lambda work: work.given.connect(self.use_start))

    def paste(self) -> None:
        """Take what the clipboard holds, as if it had been dropped."""
        self.take(QGuiApplication.clipboard().mimeData())

    def take(self, mime: QMimeData) -> None:
        """A dropped or pasted thing."""
        thing = restore.in_mime(mime)
        if isinstance(thing, str):
            self.open(thing)
        elif isinstance(thing, QImage):
            self.session.aside.run(lambda: restore.local_copy(thing), self._copied)
        else:
            self.window.notices.say("There is nothing in that to start from.", quiet=True)

    def ask(self) -> None:
        """Let the person choose a file to open."""
        kinds = [PATTERNS[self.session.medium], *(PATTERNS[m] for m in PATTERNS if m != self.session.medium)]
        kinds.append(f"Presets (*{PRESET})")
        title = "Open something made, or its settings"
        path, _ = QFileDialog.getOpenFileName(self.window, title, "", ";;".join(kinds))
        if path:
            self.open(path)

    def open(self, path: str) -> None:
        """Look into a file and use what is there."""
        if Path(path).suffix.lower() == PRESET:
            self.preset_given.emit(path)
            return
        self.session.aside.run(lambda: restore.read(path), self._opened)

    def use_settings_of(self, path: str) -> None:
        """The settings in this file, and nothing else of it."""

        def arrived(found: Any) -> None:
            if isinstance(found, restore.Found) and (found.record is None or sheets.is_sheet(found.record)):
                self.session.say("There are no settings in that file.")
            else:
                self._opened(found)

        self.session.aside.run(lambda: restore.read(path), arrived)

    def use_record(self, given: Mapping[str, Any]) -> None:
        """Bring back model, prompts, settings and seed from the record of a piece of work."""
        session, record = self.session, dict(given)
        model = restore.model_for(record, session.models, session.model)
        if model is None:
            session.say("There is no model yet to use these settings with.")
            return
        held, left = restore.draft_values(record, model)
        draft, unfit = fitted(model.card, held)
        if session.model is not None and model.id == session.model.id:  # no record tells what came afterwards
            draft = replace(draft, after=self.window.side.form.after)
        texts, why = restore.texts(record, model)
        left += [why] if why else []
        session.change("Bring back settings", model, draft, texts)
        self.window.enter(model.card.medium)
        name = str(record.get("model_name") or record.get("model") or "")
        if name and name not in (model.name, model.id):
            left.insert(0, f"{name} is not here, so {model.name} is used.")
        left += [f"{model.name} cannot use its {name}." for name in unfit]
        if left:
            session.say("Brought back what fits. " + " ".join(left[:3]))
        else:
            self.window.notices.say("Its model, prompt, settings and seed are back.", quiet=True)

    def use_start(self, path: str, medium: str = "") -> None:
        """Take a file as what is started from, where the model has an input for its medium."""
        medium, model = medium or formats.medium_of(Path(path).suffix) or "picture", self.session.model
        if model is None:
            self.session.say(f"There is no model yet that could start from this {medium}.")
            return
        given = next((i for i in model.card.inputs if i.medium == medium), None)
        if given is None:
            self.session.say(f"{model.name} does not start from a {medium}. Choose another model for that.")
            return
        self.window.side.form.set_input(given.name, path)
        self.window.enter_work()
        more = " Strength says how much of it is made anew." if "strength" in self.window.side.form.fields else ""
        self.window.notices.say(f"It is the {given.label.lower()} now.{more}", quiet=True)

    def _copied(self, found: Any) -> None:
        if isinstance(found, Exception):
            self.session.say(str(found))
        else:
            self.use_start(found, "picture")

    def _opened(self, found: Any) -> None:
        if isinstance(found, BadInput):
            self.session.say(str(found))
        elif isinstance(found, Exception):
            self.session.say(f"That file could not be read ({type(found).__name__}). Try another one.")
        elif found.record is not None:
            if not sheets.is_sheet(found.record):
                self.use_record(found.record)
            self._show(found)
        elif found.medium == "sound":
            self._take_sound(found)
        else:
            self.use_start(found.path, found.medium)

    def _show(self, found: restore.Found) -> None:
        """In the room of its medium."""
        self.window.enter(found.medium)
        self.window.studio.work_for(found.medium).show_file(found.path)

    def _take_sound(self, found: restore.Found) -> None:
        """A recording: heard in its room beside the takes, and started from where the model there can."""
        if self.session.medium == "sound" or not _takes(self.session.model, "sound"):
            self._show(found)
        if _takes(self.session.model, "sound"):
            self.use_start(found.path, "sound")


def _takes(model: ModelInfo | None, medium: str) -> bool:
    return model is not None and any(given.medium == medium for given in model.card.inputs)
