"""The tiles of a spectrogram that are in sight: made aside, the newest wish first, and kept while there is room."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from functools import partial
from itertools import count
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from PySide6.QtCore import QObject, Signal

from desktop.aside import Aside
from desktop.sound import spectrum
from desktop.sound.take import Take

if TYPE_CHECKING:
    from numpy import ndarray

_KEPT = 600  # tiles, of 40 KB each

Key = tuple[int, int]  # a level, and the tile's number in it


class Tiles(QObject):
    """`came` when another tile is there; `get` answers at once, with None while it is not."""

    came = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._aside = Aside(self, 1)
        self._take: Take | None = None
        self._kept: OrderedDict[tuple[int, Key], ndarray] = OrderedDict()  # the take's number first
        # Weakly: a take that is let go of gives its memory back. Its tiles stay for a while, so no number comes again.
        self._numbers: WeakKeyDictionary[Take, int] = WeakKeyDictionary()
        self._unused = count(1)
        self._number = 0
        self._stale: dict[Key, ndarray] = {}  # of the same sound when it was shorter: better than nothing
        self._line = 0  # counts sounds, where a number counts how far they had grown as well
        self._wishes: list[Key] = []
        self._busy = False

    def set_take(self, take: Take | None, grown: bool = False) -> None:
        """Another take; one that is `grown` has the last one's beginning, whose tiles stay."""
        before, number = self._take, self._number
        self._take, self._wishes = take, []
        if not grown:
            self._stale = {}
            self._line += 1
        if take is None:
            return
        if grown and before is not None:
            self._numbers.pop(before, None)
        if take not in self._numbers:
            self._numbers[take] = next(self._unused)
        self._number = self._numbers[take]
        if grown and before is not None and before.rate == take.rate:
            sure = len(before.samples) - spectrum.WINDOW
            for held, key in [held for held in self._kept if held[0] == number]:
                tile = self._stale[key] = self._kept.pop((held, key))
                if (key[1] + 1) * spectrum.COLUMNS * spectrum.hop(key[0]) <= sure:
                    self._kept[self._number, key] = tile

    def get(self, key: Key) -> ndarray | None:
        """The tile, as bytes (ROWS, COLUMNS); of a sound that grows, perhaps as it was a moment ago."""
        found = self._kept.get((self._number, key))
        if found is None:
            return self._stale.get(key)
        self._kept.move_to_end((self._number, key))
        return found

    def want(self, keys: Iterable[Key]) -> None:
        """These, in this order, and no longer those that were wanted before."""
        self._wishes = [key for key in keys if (self._number, key) not in self._kept]
        self._next()

    @property
    def idle(self) -> bool:
        """True where nothing is wanted or being made."""
        return not self._wishes and not self._busy

    def finish(self) -> None:
        """Call it before the window goes."""
        self._wishes = []
        self._aside.finish()

    def _next(self) -> None:
        if self._busy or not self._wishes or self._take is None:
            return
        key, take = self._wishes.pop(0), self._take
        self._busy = True
        work = partial(spectrum.tile, take.samples, take.rate, *key)
        self._aside.run(work, partial(self._arrived, self._number, self._line, key))

    def _arrived(self, number: int, line: int, key: Key, found: object) -> None:
        self._busy = False
        if not isinstance(found, Exception):
            tile: ndarray = found  # type: ignore[assignment]
            if number in self._numbers.values():
                self._kept[number, key] = tile
                while len(self._kept) > _KEPT:
                    self._kept.popitem(last=False)
            elif line == self._line:
                self._stale[key] = tile
            self.came.emit()
        self._next()
