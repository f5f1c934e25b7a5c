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

if TYPE_CHECKING:
    from models.outputs.library import Item


class Keeping(QObject):
    """Connects both places in which finished work is seen to the canvas and to the settings."""

    def __init__(self, session: Session, making: Making, arrivals: Arrivals) -> None:
        super().__init__(session)
        self.session, self.making, self.arrivals = session, making, arrivals
        self.window = session.window
        window, canvas, shelf = self.window, self.window.studio.canvas, self.window.shelf
        making.made.connect(window.filmstrip.note)
        window.filmstrip.chosen.connect(lambda item: canvas.show_picture(item.path))
        canvas.picture_shown.connect(self._shown)
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

    def open(self, item: Item) -> None:
        """On the canvas, in its room."""
        self.window.enter("picture")
        self.window.studio.canvas.show_picture(item.path)

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

    def _shown(self, path: str) -> None:
        self.window.filmstrip.choose(path)
        self.session.state.shown = path
        self.session.keep()

    def _binned(self, sentence: str) -> None:
        self.window.notices.say(sentence, quiet=True, action="Put back", run=self.window.shelf.undo_bin)
