"""Finished work on its way to the system's bin, and back again, some at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from desktop.gallery import bin as system_bin

if TYPE_CHECKING:
    from models.outputs.library import Item, Library

_SAID = 2  # sentences of what went wrong
_AT_ONCE = 200  # files that go to the bin, or come back, between two other questions


class Binning(QObject):
    """The signals are the shelf's: it says what each carries. `open_` gives the library; `run` does work aside, hands
    its answer on, or calls its third argument where that failed."""

    went = Signal(object)
    changed = Signal()
    binned = Signal(str)
    count_changed = Signal(int)
    notice = Signal(str)

    def __init__(self, open_: Callable[[], Library], run: Callable[..., None], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._open, self._run = open_, run
        self._bin: list[list[system_bin.Pair]] = []  # of each time what can be put back, the last time's last

    @property
    def count(self) -> int:
        """How many files the next `undo` puts back."""
        return len(self._bin[-1]) if self._bin else 0

    def move(self, ids: Sequence[int]) -> None:
        """Files to the system's bin; `undo` brings them back. What cannot be moved stays, and a notice says it."""
        left = list(ids)
        all_: list[system_bin.Pair] = []
        mine: list[system_bin.Pair] = []  # of it, what can be put back
        problems: list[str] = []

        def go_on() -> None:  # of thousands a part at a time: the list is asked meanwhile, and the window can close
            part = left[:_AT_ONCE]
            del left[:_AT_ONCE]
            self._run(lambda: system_bin.move(self._open(), part), done, tell)

        def done(found: tuple[list[system_bin.Pair], list[str]]) -> None:
            nonlocal mine
            moved, wrong = found
            all_.extend(moved)
            problems.extend(wrong)
            if back := [pair for pair in moved if pair[1].where]:
                if not any(one is mine for one in self._bin):  # the first of it, or it was put back meanwhile
                    mine = []
                    self._bin.append(mine)
                mine.extend(back)
            if moved:
                self.went.emit({item.id for item, _ in moved})
                self.count_changed.emit(self.count)
            go_on() if left else tell()

        def tell() -> None:
            if there := [item for item, binned in all_ if not binned.gone]:
                self.binned.emit(f"Moved {_counted(there)} to the bin.")
            if gone := [item for item, binned in all_ if binned.gone]:
                problems.append(f"Off the list: {_counted(gone)}, gone from where it was.")
            self._tell(problems)

        if left:
            go_on()

    def undo(self) -> None:
        """Put back what was moved to the bin last."""
        if not self._bin:
            return
        pairs = self._bin.pop()
        refused: list[system_bin.Pair] = []
        problems: list[str] = []
        self.count_changed.emit(self.count)

        def go_on() -> None:
            part = pairs[:_AT_ONCE]
            del pairs[:_AT_ONCE]
            self._run(lambda: system_bin.restore(self._open(), part), done, lambda: give_up(part))

        def give_up(part: list[system_bin.Pair]) -> None:
            self._bin.append([*part, *pairs])
            self.count_changed.emit(self.count)

        def done(found: tuple[int, list[system_bin.Pair], list[str]]) -> None:
            count, left, wrong = found
            refused.extend(left)
            problems.extend(wrong)
            if count:
                self.changed.emit()
            if pairs:
                go_on()
                return
            if refused:  # to be tried again, but not before what can be put back
                self._bin.insert(0, refused)
                self.count_changed.emit(self.count)
            self._tell(problems)

        go_on()

    def _tell(self, problems: Sequence[str]) -> None:
        """Some of them, and how many more there are."""
        if problems:
            more = [f"And {len(problems) - _SAID} more."] if len(problems) > _SAID else []
            self.notice.emit(" ".join([*problems[:_SAID], *more]))


def _counted(items: Sequence[Item]) -> str:
    """`a sound`, `3 pictures`, or `5 files` of several media."""
    media = {item.medium for item in items}
    thing = media.pop() if len(media) == 1 else "file"
    return f"a {thing}" if len(items) == 1 else f"{len(items)} {thing}s"
