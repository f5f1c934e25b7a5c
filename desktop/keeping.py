"""What was made, joined to the rest: the filmstrip and the gallery show it, and bring it back into the work."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from desktop.arrivals import Arrivals
from desktop.draft import defaults, fresh_seed
from desktop.gallery.deeds import Deeds
from desktop.gallery.room import GalleryRoom
from desktop.making import Making
from desktop.session import Session
from desktop.work import Work
from models.outputs import formats
from models.protocol import MAX_SEED, TASKS, ModelInfo

if TYPE_CHECKING:
    from models.outputs.library import Item

MORE = 4  # made at a time of what is liked


class Keeping(QObject):
    """Connects both places in which finished work is seen to the rooms and to the settings."""

    def __init__(self, session: Session, making: Making, arrivals: Arrivals) -> None:
        super().__init__(session)
        self.session, self.making, self.arrivals = session, making, arrivals
        self.window = session.window
        window, studio, shelf = self.window, self.window.studio, self.window.shelf
        making.made.connect(window.filmstrip.note)
        window.filmstrip.chosen.connect(self._chosen)
        studio.each_work(self._join_work)
        window.room_entered.connect(self._mark)
        window.filmstrip.all_requested.connect(lambda: window.enter("gallery"))
        window.filmstrip.search_requested.connect(self.search)
        window.room_made.connect(self._join_room)
        self._join(window.filmstrip.deeds)
        shelf.notice.connect(session.say)
        shelf.binned.connect(self._binned)

    def _join_room(self, room: QWidget) -> None:
        if isinstance(room, GalleryRoom):
            room.make_first_requested.connect(self.making.first)
            self._join(room.deeds)

    def _join(self, deeds: Deeds) -> None:
        deeds.opened.connect(self.open)
        deeds.restore_requested.connect(self.arrivals.use_record)
        deeds.make_again.connect(self.again)
        deeds.make_more.connect(self.more)
        deeds.start_picture_requested.connect(self.start)
        deeds.send_requested.connect(lambda item, task: self.send(item.path, item.medium, task))

    def _join_work(self, work: Work) -> None:
        work.shown.connect(lambda path: self._shown(work, path))

    def _chosen(self, item: Item) -> None:
        """Shown, where the room that is open is its own; else it takes a double click."""
        if item.medium == self.window.studio.medium:
            self.window.studio.work.show_file(item.path)

    def open(self, item: Item) -> None:
        """In the room of its medium."""
        self.window.enter(item.medium)
        self.window.studio.work_for(item.medium).show_file(item.path)

    def again(self, record: dict[str, Any]) -> None:
        """Exactly as it was made: its settings come back, and it is made from its own seed, alone."""
        self.arrivals.use_record(record)
        form = self.window.side.form
        if self.session.model is not None:
            form.set_draft(replace(form.draft(), count=1, keep_seed="seed" in record))
            self.making.generate()

    def more(self, record: dict[str, Any]) -> None:
        """Four like it: the same settings and words, from the seeds that follow its own."""
        from models.outputs.read import TEMPLATES

        # The words as they were said: what another seed would choose is something else.
        self.arrivals.use_record({name: value for name, value in record.items() if name not in TEMPLATES})
        form = self.window.side.form
        if self.session.model is not None:
            seed = (
                (int(record["seed"]) + 1) % (MAX_SEED - MORE) if isinstance(record.get("seed"), int) else fresh_seed()
            )
            form.set_draft(replace(form.draft(), count=MORE, keep_seed=True, seed=seed))
            self.making.generate()
            form.set_draft(replace(form.draft(), keep_seed=False))
            self.session.settle()

    def start(self, path: str) -> None:
        """What the next piece of work starts from; by another model, where the one in use takes no such file."""
        if not self._there(path):
            return
        medium = formats.medium_of(Path(path).suffix) or "picture"
        if (model := self.session.model) is not None and any(given.medium == medium for given in model.card.inputs):
            self.arrivals.use_start(path, medium)
            return
        for one in self.session.models:
            given = next((i for i in one.card.inputs if i.medium == medium), None)
            if given is not None and not one.missing and one.card.medium == medium:
                self._give(one, path, given.name, one.card.task_for((given.name,)))
                return
        self.arrivals.use_start(path, medium)  # which says that it cannot be

    def send(self, path: str, medium: str, task: str) -> None:
        """Where some model can do that task with it: its room, with the file in its place."""
        if not self._there(path):
            return
        models = [m for m in self.session.models if task in m.card.tasks and not m.missing]
        if self.session.model in models:
            models.insert(0, self.session.model)  # type: ignore[arg-type]
        for model in models:
            given = next((i for i in model.card.inputs_for(task) if i.medium == medium), None)
            if given is not None:
                self._give(model, path, given.name, task)
                return
        self.session.say(f"There is no model here yet for “{TASKS[task]}”. Get one in the room of models.")

    def _give(self, model: ModelInfo, path: str, name: str, task: str) -> None:
        same = model is self.session.model
        draft = self.window.side.form.draft() if same else defaults(model.card)
        self.session.change("Send to another model", model, replace(draft, inputs={name: path}, task=task))
        self.window.enter(model.card.medium)
        self.window.notices.say(f"{model.name} has it now. Press Generate to begin.", quiet=True)

    def _there(self, path: str) -> bool:
        """False, and a sentence, where the file was moved or deleted by hand."""
        if there := Path(path).is_file():
            return there
        name = Path(path).name
        self.session.say(f"{name} is no longer where it was. Folders… in the gallery looks for it under another name.")
        return False

    def search(self) -> None:
        """The gallery, ready for words."""
        self.window.enter("gallery")
        if self.window.gallery is not None:
            self.window.gallery.focus_search()

    def _shown(self, work: Work, path: str) -> None:
        if work is self.window.studio.work:
            self.window.filmstrip.choose(path)

    def _mark(self, room: str) -> None:
        """The tile of what is in sight now."""
        if room == self.window.studio.medium and (path := self.window.studio.work.path):
            self.window.filmstrip.choose(path)

    def _binned(self, sentence: str) -> None:
        self.window.notices.say(sentence, quiet=True, action="Put back", run=self.window.shelf.undo_bin)
