"""The film's sound beside its pictures: whoever plays sounds, as the player of films needs it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from PySide6.QtCore import QObject, SignalInstance

from desktop.aside import Aside


class Track(Protocol):
    """The sound of one film. All of it on the window's thread; what takes long it does aside."""

    def open(self, path: str) -> None:
        """The sound of that file from now on."""
        ...

    def clear(self) -> None:
        """No sound."""
        ...

    def play(self, at: float) -> None:
        """From that second on; again, where it plays already."""
        ...

    def stop(self) -> None: ...
    def finish(self) -> None:
        """Give the device back; called before the window goes."""
        ...


class Plays(Protocol):
    """What plays takes: the Sound room's player."""

    @property
    def refused(self) -> SignalInstance: ...
    def set_take(self, take: Any) -> None: ...
    def seek(self, at: float) -> None: ...
    def play(self) -> None: ...
    def stop(self) -> None: ...
    def finish(self) -> None: ...


class SoundTrack:
    """A Track by such a player; `read` makes a take of a file, on any thread."""

    def __init__(self, player: Plays, read: Callable[[str], Any], parent: QObject | None = None) -> None:
        self._player, self._read = player, read
        self._aside = Aside(parent, 1)
        self._opening = 0
        self._wanted: float | None = None  # it is to play as soon as it is read
        self._ready = False

    def open(self, path: str) -> None:
        self.clear()
        opening = self._opening
        self._aside.run(lambda: self._read(path), lambda found: self._came(opening, found))

    def clear(self) -> None:
        self._opening += 1
        self._ready, self._wanted = False, None
        self._player.set_take(None)

    def play(self, at: float) -> None:
        self._wanted = at
        if self._ready:
            self._player.seek(at)
            self._player.play()

    def stop(self) -> None:
        self._wanted = None
        self._player.stop()

    def finish(self) -> None:
        self._aside.finish()
        self._player.finish()

    def _came(self, opening: int, found: Any) -> None:
        if opening == self._opening and not isinstance(found, Exception):
            self._ready = True
            self._player.set_take(found)
            # What began to play without it goes on without it until it is next at a place that it was sent to.
