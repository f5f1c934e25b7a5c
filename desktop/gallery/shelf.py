"""What was made, as the window sees it: the library asked beside the event loop, deletions that can be undone."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from desktop.aside import Aside, sentence
from desktop.gallery.binning import Binning
from models.protocol import Output

if TYPE_CHECKING:
    from models.outputs.kept import Kept
    from models.outputs.library import Item, Library

_TOLD = 500  # items whose change is told one by one; of more, that all is to be asked again


class _Ended(Exception):
    """The window goes while folders are looked through, or the person has seen enough; what is found is kept."""


class Shelf(QObject):
    """One for each window; its filmstrip and its gallery share it. Everything is done on one thread, in order.

    `came`, `went` and `altered` follow what really happened; `changed` says that all is to be asked
    again. `binned` carries a sentence for a notice that offers `undo_bin`; `notice` one that says what failed.
    """

    came = Signal(object)  # Item, the newest
    went = Signal(object)  # set of ids
    altered = Signal(object)  # tuple of Items
    changed = Signal()
    binned = Signal(str)
    can_undo_changed = Signal(int)  # how many files the next undo puts back
    notice = Signal(str)
    looking = Signal(int)  # files found so far while folders are looked through; -1 when that is over

    def __init__(self, library: Library | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._library = library
        self._aside = Aside(self, threads=1)
        self._looker = Aside(self, threads=1)
        self._ending = self._enough = False
        self._bin = Binning(self._open, self._run, self)
        for mine, its in (
            (self.went, self._bin.went), (self.changed, self._bin.changed), (self.binned, self._bin.binned),
            (self.can_undo_changed, self._bin.count_changed), (self.notice, self._bin.notice),
        ):  # fmt: skip
            its.connect(mine)
        self._seen = 0  # the index's stamp when it was asked last
        self.boards: tuple[str, ...] = ()  # by name, as `names` found them last

    # ── asking ────────────────────────────────────────────────────────────────

    def find(self, search: str, first: int, then: Callable[[list[int], tuple[Item, ...]], None]) -> None:
        """`then` gets the ids of everything that a search finds, newest first, and the first items of them. A list that
        was thrown away is made again from the files; `changed` follows."""

        def ask() -> tuple[bool, list[int], tuple[Item, ...]]:
            library = self._open()
            lost, self._seen = library.lost, library.stamp()
            ids = library.ids(search)
            return lost, ids, library.many(ids[:first])

        def done(found: tuple[bool, list[int], tuple[Item, ...]]) -> None:
            lost, ids, items = found
            then(ids, items)
            if lost:
                self.look_again()

        self._run(ask, done)

    def many(
        self, ids: Sequence[int], then: Callable[[tuple[Item, ...]], None], failed: Callable[[], None] = lambda: None
    ) -> None:
        """`then` gets the items of these ids, as far as they are there."""
        self._run(lambda: self._open().many(ids), then, failed)

    def at_once(self, ids: Sequence[int]) -> tuple[Item, ...]:
        """The same without going aside, for a drag of thousands: it cannot wait. Nothing where that fails."""
        try:
            return self._open().many(ids)
        except Exception as error:
            self._cannot("cannot be read", error)
            return ()

    def look_anew(self) -> None:
        """Where another window or a command has changed the list since it was asked: `changed`."""

        def done(stamp: int) -> None:
            if stamp != self._seen:
                self._seen = stamp
                self.changed.emit()

        self._run(lambda: self._open().stamp(), done)

    def made_today(self, then: Callable[[int], None]) -> None:
        """How many were made since midnight here."""
        self._run(lambda: self._open().count("after:today"), then)

    def names(self, then: Callable[[tuple[str, ...], tuple[str, ...]], None]) -> None:
        """`then` gets the models that made something, the busiest first, and the boards (which `boards` has then)."""

        def ask() -> tuple[tuple[str, ...], tuple[str, ...]]:
            library = self._open()
            return tuple(name for name, _ in library.models()), tuple(name for name, _ in library.boards())

        def done(found: tuple[tuple[str, ...], tuple[str, ...]]) -> None:
            self.boards = found[1]
            then(*found)

        self._run(ask, done)

    # ── changing ──────────────────────────────────────────────────────────────

    def note(self, output: Output) -> None:
        """Something new lies on disk (the engine has listed it, unless that failed): `came` follows."""

        def find() -> Item:
            library = self._open()
            found = library.get(output.path)
            return found or library.add(output.path, output.medium, output.settings, output.seconds)

        self._run(find, self.came.emit, changes=True)

    def set_favourite(self, ids: Sequence[int], favourite: bool) -> None:
        self._keep(ids, lambda was: replace(was, favourite=favourite))

    def set_rating(self, ids: Sequence[int], stars: int) -> None:
        """1 to 5; 0 takes it away."""
        self._keep(ids, lambda was: replace(was, rating=stars))

    def put_on_board(self, ids: Sequence[int], board: str) -> None:
        """On the board of that name, which is made with the first thing that lies on it."""
        from models.outputs.kept import board_name

        if name := board_name(board):
            self._keep(ids, lambda was: replace(was, boards=tuple(sorted({*was.boards, name}))))

    def take_off_board(self, ids: Sequence[int], board: str) -> None:
        self._keep(ids, lambda was: replace(was, boards=tuple(name for name in was.boards if name != board)))

    def _keep(self, ids: Sequence[int], change: Callable[[Kept], Kept]) -> None:
        chosen = list(ids)

        def work() -> tuple[str, tuple[Item, ...]]:
            problem = self._open().keep(chosen, change)
            return problem, self._open().many(chosen[:_TOLD])

        def done(found: tuple[str, tuple[Item, ...]]) -> None:
            if found[0]:
                self.notice.emit(found[0])
            self.altered.emit(found[1])
            if len(chosen) > _TOLD:
                self.changed.emit()

        if chosen:
            self._run(work, done, changes=True)

    def move_to_bin(self, ids: Sequence[int]) -> None:
        """Files to the system's bin; `undo_bin` brings them back. What cannot be moved stays, and a notice says it."""
        self._bin.move(ids)

    @property
    def can_undo(self) -> int:
        """How many files the next `undo_bin` puts back."""
        return self._bin.count

    def undo_bin(self) -> None:
        """Put back what was moved to the bin last."""
        self._bin.undo()

    # ── folders ───────────────────────────────────────────────────────────────

    def look_again(self) -> None:
        """Through all folders, for what was made elsewhere or deleted by hand; `looking` tells how far it is."""
        self._look(lambda library: None)

    def link(self, folder: str) -> None:
        """What lies in that folder too, also what other programs made."""
        self._look(lambda library: library.link(folder))

    def stop_looking(self) -> None:
        """Enough is found."""
        self._enough = True

    def unlink(self, folder: str) -> None:
        self._look(lambda library: library.unlink(folder))

    def linked(self, then: Callable[[tuple[str, ...]], None]) -> None:
        """`then` gets the folders that were linked."""
        self._run(lambda: tuple(str(folder) for folder in self._open().linked()), then)

    def _look(self, first: Callable[[Library], object]) -> None:
        """On a thread of its own: thousands of files take minutes, and the list is asked meanwhile."""

        def told(found: int) -> None:
            if self._ending or self._enough:
                raise _Ended
            self.looking.emit(found)

        def work() -> int:
            self._enough = False
            library = self._open()
            first(library)
            return library.rebuild(progress=told)

        def done(found: int | Exception) -> None:
            self.looking.emit(-1)
            if isinstance(found, Exception) and not isinstance(found, _Ended):
                self.notice.emit(sentence(found, ", or look at the folder"))
            self.changed.emit()

        self._looker.run(work, done)

    def finish(self) -> None:
        """Want no more answers; call it before the window goes."""
        self._ending = True
        self._looker.finish()
        self._aside.finish()

    # ── inside ────────────────────────────────────────────────────────────────

    def _open(self) -> Library:
        """The library, opened on the thread that asks it first: opening may mend, and that takes time."""
        if self._library is None:
            from models.outputs.library import Library

            self._library = Library()
        return self._library

    def _run(
        self,
        work: Callable[[], Any],
        then: Callable[[Any], object],
        failed: Callable[[], None] = lambda: None,
        changes: bool = False,
    ) -> None:
        def answered(found: Any) -> None:
            if isinstance(found, Exception):
                failed()
                self._cannot("could not be changed" if changes else "cannot be read", found)
            else:
                then(found)

        self._aside.run(work, answered)

    def _cannot(self, what: str, error: Exception) -> None:
        self.notice.emit(f"The list of what was made {what} ({error}); the files themselves are safe.")


def made_at(item: Item) -> datetime.datetime:
    """When it was made, in local time."""
    return datetime.datetime.fromisoformat(item.created).astimezone()


def name_of(item: Item) -> str:
    """What a screen reader says of it: its prompt, or its file's name."""
    return item.prompt or Path(item.path).name
