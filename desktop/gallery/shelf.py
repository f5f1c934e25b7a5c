"""What was made, as the window sees it: the library asked beside the event loop, deletions that can be undone."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from desktop.aside import Aside, sentence
from desktop.gallery.bin import Binned, put_back, to_bin
from models.protocol import Output

if TYPE_CHECKING:
    from models.outputs.kept import Kept
    from models.outputs.library import Item, Library

_TOLD = 500  # items whose change is told one by one; of more, that all is to be asked again


class _Ended(Exception):
    """The window goes while folders are looked through; what is found by then is kept."""


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
        self._ending = False
        self._bin: list[list[tuple[Item, Binned]]] = []
        self.boards: tuple[str, ...] = ()  # by name, as `names` found them last

    # ── asking ────────────────────────────────────────────────────────────────

    def find(self, search: str, first: int, then: Callable[[list[int], tuple[Item, ...]], None]) -> None:
        """`then` gets the ids of everything that a search finds, newest first, and the first items of them."""

        def ask() -> tuple[list[int], tuple[Item, ...]]:
            ids = self._open().ids(search)
            return ids, self._open().many(ids[:first])

        self._run(ask, lambda found: then(*found))

    def many(self, ids: Sequence[int], then: Callable[[tuple[Item, ...]], None]) -> None:
        """`then` gets the items of these ids, as far as they are there."""
        self._run(lambda: self._open().many(ids), then)

    def at_once(self, ids: Sequence[int]) -> tuple[Item, ...]:
        """The same without going aside, for a drag of thousands: it cannot wait."""
        return self._open().many(ids)

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

        self._run(find, self.came.emit)

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
            self._run(work, done)

    def move_to_bin(self, ids: Sequence[int]) -> None:
        """Files to the system's bin; `undo_bin` brings them back. What cannot be moved stays, and a notice says it."""
        chosen = list(ids)

        def move() -> tuple[list[tuple[Item, Binned]], str]:
            moved, problem = [], ""
            for item in self._open().many(chosen):
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
                library.keep([again.id], lambda _, said=item.kept: said)  # type: ignore[misc]
                count += 1
            return count, problem

        def done(found: tuple[int, str]) -> None:
            self.can_undo_changed.emit(self.can_undo)
            if found[0]:
                self.changed.emit()
            if found[1]:
                self.notice.emit(found[1])

        self._run(back, done)

    # ── folders ───────────────────────────────────────────────────────────────

    def look_again(self) -> None:
        """Through all folders, for what was made elsewhere or deleted by hand; `looking` tells how far it is."""
        self._look(lambda library: None)

    def link(self, folder: str) -> None:
        """What lies in that folder too, also what other programs made."""
        self._look(lambda library: library.link(folder))

    def unlink(self, folder: str) -> None:
        self._look(lambda library: library.unlink(folder))

    def linked(self, then: Callable[[tuple[str, ...]], None]) -> None:
        """`then` gets the folders that were linked."""
        self._run(lambda: tuple(str(folder) for folder in self._open().linked()), then)

    def _look(self, first: Callable[[Library], object]) -> None:
        """On a thread of its own: thousands of files take minutes, and the list is asked meanwhile."""

        def told(found: int) -> None:
            if self._ending:
                raise _Ended
            self.looking.emit(found)

        def work() -> int:
            library = self._open()
            first(library)
            return library.rebuild(progress=told)

        def done(found: int | Exception) -> None:
            self.looking.emit(-1)
            if isinstance(found, Exception):
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
