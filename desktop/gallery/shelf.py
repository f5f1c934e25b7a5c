"""What was made, as the window sees it: the library asked beside the event loop, deletions that can be undone."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from desktop.aside import Aside
from desktop.gallery.bin import Binned, put_back, to_bin
from models.protocol import Output

if TYPE_CHECKING:
    from models.outputs.library import Item, Library

_DAY = 500  # items asked for at once while today's are counted


class Shelf(QObject):
    """One for each window; its filmstrip and its gallery share it. Everything is done on one thread, in order.

    `came`, `went` and `altered` follow what really happened; `changed` says that all is to be asked
    again. `binned` carries a sentence for a notice that offers `undo_bin`; `notice` one that says what failed.
    """

    came = Signal(object)  # Item, the newest
    went = Signal(object)  # set of ids
    altered = Signal(object)  # Item
    changed = Signal()
    binned = Signal(str)
    can_undo_changed = Signal(int)  # how many files the next undo puts back
    notice = Signal(str)

    def __init__(self, library: Library | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._library = library
        self._aside = Aside(self, threads=1)
        self._bin: list[list[tuple[Item, Binned]]] = []

    # ── asking ────────────────────────────────────────────────────────────────

    def page(
        self,
        search: str,
        favourites: bool,
        limit: int,
        offset: int,
        then: Callable[[tuple[Item, ...], int], None],
    ) -> None:
        """`then` gets a page, newest first, and how many there are in all."""

        def ask() -> tuple[tuple[Item, ...], int]:
            library = self._open()
            items = library.items(search, "", limit, offset, favourites=favourites)
            return items, library.count(search, "", favourites=favourites)

        self._run(ask, lambda found: then(*found))

    def made_today(self, then: Callable[[int], None]) -> None:
        """How many were made since midnight here."""

        def ask() -> int:
            midnight = datetime.datetime.now().astimezone().replace(hour=0, minute=0, second=0, microsecond=0)
            count = 0
            while True:
                items = self._open().items(limit=_DAY, offset=count)
                newer = sum(made_at(item) >= midnight for item in items)
                count += newer
                if newer < _DAY:
                    return count

        self._run(ask, then)

    # ── changing ──────────────────────────────────────────────────────────────

    def note(self, output: Output) -> None:
        """Something new lies on disk (the engine has listed it, unless that failed): `came` follows."""

        def find() -> Item:
            library = self._open()
            found = library.get(output.path)
            return found or library.add(output.path, output.medium, output.settings, output.seconds)

        self._run(find, self.came.emit)

    def set_favourite(self, items: Sequence[Item], favourite: bool) -> None:
        chosen = list(items)

        def change() -> list[Item]:
            library = self._open()
            for item in chosen:
                library.set_favourite(item.id, favourite)
            return [again for item in chosen if (again := library.get(item.id))]

        def done(found: list[Item]) -> None:
            for item in found:
                self.altered.emit(item)

        self._run(change, done)

    def move_to_bin(self, items: Sequence[Item]) -> None:
        """Files to the system's bin; `undo_bin` brings them back. What cannot be moved stays, and a notice says it."""
        chosen = list(items)

        def move() -> tuple[list[tuple[Item, Binned]], str]:
            moved, problem = [], ""
            for item in chosen:
                try:
                    moved.append((item, to_bin(item.path)))
                except Exception as error:
                    problem = str(error)
                else:
                    self._open().remove(item.id)
            return moved, problem

        def done(found: tuple[list[tuple[Item, Binned]], str]) -> None:
            moved, problem = found
            if moved:
                self._bin.append([pair for pair in moved if pair[1].where])
                self.went.emit({item.id for item, _ in moved})
                self.can_undo_changed.emit(self.can_undo)
                what = _counted([item for item, _ in moved])
                self.binned.emit(f"Moved {what} to the bin.")
            if problem:
                self.notice.emit(problem)

        if chosen:
            self._run(move, done)

    @property
    def can_undo(self) -> int:
        """How many files the next `undo_bin` puts back."""
        return len(self._bin[-1]) if self._bin else 0

    def undo_bin(self) -> None:
        """Put back what was moved to the bin last."""
        if not self._bin:
            return
        pairs = self._bin.pop()

        def back() -> tuple[int, str]:
            count, problem = 0, ""
            for item, binned in pairs:
                try:
                    put_back(binned)
                except Exception as error:
                    problem = str(error)
                    continue
                library = self._open()
                again = library.add(item.path, item.medium, item.settings, item.seconds, made_at(item))
                if item.favourite:
                    library.set_favourite(again.id, True)
                count += 1
            return count, problem

        def done(found: tuple[int, str]) -> None:
            self.can_undo_changed.emit(self.can_undo)
            if found[0]:
                self.changed.emit()
            if found[1]:
                self.notice.emit(found[1])

        self._run(back, done)

    def rebuild(self) -> None:
        """Look through the folders again, for what was made elsewhere or deleted by hand."""
        self._run(lambda: self._open().rebuild(), lambda _: self.changed.emit())

    def finish(self) -> None:
        """Want no more answers; call it before the window goes."""
        self._aside.finish()

    # ── inside ────────────────────────────────────────────────────────────────

    def _open(self) -> Library:
        """The library, opened on the thread that asks it first: opening may mend, and that takes time."""
        if self._library is None:
            from models.outputs.library import Library

            self._library = Library()
        return self._library

    def _run(self, work: Callable[[], Any], then: Callable[[Any], object]) -> None:
        def answered(found: Any) -> None:
            if isinstance(found, Exception):
                self.notice.emit(f"The list of what was made cannot be read ({found}); the files themselves are safe.")
            else:
                then(found)

        self._aside.run(work, answered)


def _counted(items: Sequence[Item]) -> str:
    """`a sound`, `3 pictures`, or `5 files` of several media."""
    media = {item.medium for item in items}
    thing = media.pop() if len(media) == 1 else "file"
    return f"a {thing}" if len(items) == 1 else f"{len(items)} {thing}s"


def made_at(item: Item) -> datetime.datetime:
    """When it was made, in local time."""
    return datetime.datetime.fromisoformat(item.created).astimezone()


def name_of(item: Item) -> str:
    """What a screen reader says of it: its prompt, or its file's name."""
    return item.prompt or Path(item.path).name
