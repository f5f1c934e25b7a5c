"""What was made, joined to the rest: the filmstrip and the gallery show it, and bring it back into the work."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from desktop.arrivals import Arrivals
from desktop.gallery.deeds import Deeds
from desktop.gallery.room import GalleryRoom
from desktop.making import Making
from desktop.session import Session
from desktop.work import Work

if TYPE_CHECKING:
    from models.outputs.library import Item


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
        deeds.start_picture_requested.connect(self.arrivals.use_start)

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
