"""The frames of one film at the size that they are seen in: decoded on a thread of their own, kept while there is room.

The newest wish comes first; then what will be wanted next, in the direction of play. The window's thread only ever
looks into what is there.
"""

from __future__ import annotations

import threading
from collections import OrderedDict

from PySide6.QtCore import QObject, QSize, Signal
from PySide6.QtGui import QImage

from desktop.video.clip import BEHIND, Clip, Facts, open_clip
from models.protocol import BadInput

KEPT_BYTES = 256 * 2**20
AHEAD = 24  # frames: about a second
_NEAR = 12  # a frame at most so far away stands in for one that is still being decoded


class Frames(QObject):
    """`opened` with the film's facts, `failed` with a sentence, `ready` with the number of a frame that was wanted."""

    opened = Signal(object)
    failed = Signal(str)
    ready = Signal(int)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.facts: Facts | None = None
        self._wake = threading.Condition()
        self._path: str | None = None  # to be opened
        self._wanted: int | None = None
        self._around, self._direction = 0, 1
        self._size = QSize()
        self._kept: OrderedDict[int, QImage] = OrderedDict()
        self._bytes = 0
        self._quit = False
        self._opening = 0  # films that were asked for so far
        self._thread = threading.Thread(target=self._run, name="frames", daemon=True)
        self._thread.start()

    # ── for the window's thread ───────────────────────────────────────────────

    def open(self, path: str) -> None:
        """Open another film; `opened` or `failed` follows."""
        with self._wake:
            self._path = path
            self._opening += 1
            self._wanted = None
            self._wake.notify()

    def close(self) -> None:
        """No film any more."""
        with self._wake:
            self._path, self.facts, self._wanted = "", None, None
            self._opening += 1
            self._forget()
            self._wake.notify()

    def set_size(self, size: QSize) -> None:
        """Frames are seen in this size, in device pixels, from now on."""
        with self._wake:
            if size != self._size:
                self._size = QSize(size)
                self._forget()
                self._wake.notify()

    def image(self, frame: int) -> QImage | None:
        """The frame, if it is there."""
        with self._wake:
            if (found := self._kept.get(frame)) is not None:
                self._kept.move_to_end(frame)
            return found

    def nearest(self, frame: int) -> QImage | None:
        """The frame, or one close by that is there."""
        with self._wake:
            for far in range(_NEAR + 1):
                for one in (frame - far, frame + far):
                    if one in self._kept:
                        return self._kept[one]
        return None

    def want(self, frame: int, direction: int = 1) -> None:
        """Decode this frame next, if it is not there, then those that follow in the direction; `ready` tells when it
        has come."""
        with self._wake:
            self._around, self._direction = frame, direction
            self._wanted = None if frame in self._kept else frame
            self._wake.notify()

    def finish(self) -> None:
        """End the thread; call it before the window goes."""
        with self._wake:
            self._quit = True
            self._wake.notify()
        self._thread.join()

    # ── on the thread ─────────────────────────────────────────────────────────

    def _run(self) -> None:
        clip: Clip | None = None
        while True:
            with self._wake:
                while not (self._quit or self._path is not None or (clip and self._next() is not None)):
                    self._wake.wait()
                if self._quit:
                    break
                path, self._path = self._path, None
                frame, opening = self._next(), self._opening
            if path is not None:
                found = self._open(path, opening) if path else None
                if clip is not None and (found is not None or not path):  # what cannot be opened leaves the last one
                    clip.close()
                    clip = None
                clip = found or clip
            elif clip is not None and frame is not None and not self._decode(clip, frame, opening):
                clip.close()
                clip = None
        if clip is not None:
            clip.close()

    def _open(self, path: str, opening: int) -> Clip | None:
        try:
            clip = open_clip(path)
        except Exception as error:  # told in a sentence, whatever it is: the thread must go on
            self.failed.emit(_sentence(path, error))
            return None
        with self._wake:
            if opening == self._opening:
                self.facts = clip.facts
                self._forget()
                self._around, self._direction = 0, 1
        self.opened.emit(clip.facts)
        return clip

    def _decode(self, clip: Clip, frame: int, opening: int) -> bool:
        """Decode up to that frame, unless another one is wanted meanwhile. False where the film is broken."""
        with self._wake:
            size = QSize(self._size)
        try:
            for place, shown in clip.read(frame):
                near = frame - BEHIND <= place <= frame
                with self._wake:
                    if self._quit or self._path is not None or opening != self._opening:
                        return True
                    moved = self._wanted not in (None, frame) or size != self._size
                    needed = near and place not in self._kept
                if moved and place != frame:
                    return True  # what is decoded so far is not lost: it goes on from there
                if needed and not size.isEmpty():
                    self._keep(place, shown(size), size, opening)
            self._skip(frame, size, opening)
        except Exception as error:
            self.failed.emit(_sentence(clip.facts.path, error))
            return False
        return True

    def _keep(self, place: int, image: QImage, size: QSize, opening: int) -> None:
        with self._wake:
            if opening != self._opening or size != self._size:
                return
            self._kept[place] = image
            self._bytes += image.sizeInBytes()
            while self._bytes > KEPT_BYTES and len(self._kept) > 2:
                self._bytes -= self._kept.popitem(last=False)[1].sizeInBytes()
            told = place == self._wanted
            if told:
                self._wanted = None
        if told:
            self.ready.emit(place)

    def _skip(self, frame: int, size: QSize, opening: int) -> None:
        """A frame that the file names and does not give: what is nearest stands in for it from now on."""
        with self._wake:
            if frame in self._kept or size != self._size or size.isEmpty() or opening != self._opening:
                return
            near = next((k for k in range(frame, max(frame - BEHIND, -1), -1) if k in self._kept), None)
            self._kept[frame] = self._kept[near] if near is not None else QImage()
            self._bytes += self._kept[frame].sizeInBytes()
            if self._wanted == frame:
                self._wanted = None

    def _next(self) -> int | None:
        """The frame to decode now; the lock is held."""
        if self.facts is None or self._size.isEmpty():
            return None
        if self._wanted is not None:
            return min(max(self._wanted, 0), self.facts.count - 1)
        # No more ahead than there is room for beside what was seen.
        room = KEPT_BYTES // max(self._size.width() * self._size.height() * 4, 1) // 2
        for far in range(1, min(AHEAD, room) + 1):
            frame = self._around + far * self._direction
            if not 0 <= frame < self.facts.count:
                return None
            if frame not in self._kept:
                return frame
        return None

    def _forget(self) -> None:
        self._kept.clear()
        self._bytes = 0


def _sentence(path: str, error: Exception) -> str:
    if isinstance(error, BadInput):
        return str(error)
    return f"{path} cannot be shown ({type(error).__name__}: {error}): use another file."
