"""Which takes are in memory, and which one is heard: files decoded aside, the newest wish first to be shown."""

from __future__ import annotations

from collections import OrderedDict
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from desktop.aside import Aside
from desktop.sound import take as takes
from desktop.sound.take import Take
from models.protocol import BadInput, SoundPreview

KEPT_BYTES = 768 * 2**20  # of samples; the one that is heard and the one beside it stay whatever they take


class Listening(QObject):
    """`arrived` carries a path and its Take; `forming` what there is so far of one that is made, and the item that it
    is of; `failed` a path and a sentence."""

    arrived = Signal(str, object)
    forming = Signal(object, int)
    failed = Signal(str, str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._aside = Aside(self, 2)
        self._held: OrderedDict[str, Take] = OrderedDict()
        self._reading: set[str] = set()
        self._newest: SoundPreview | None = None
        self._looking = False
        self._round = 0

    def open(self, path: str) -> None:
        """Have that file's take; at once, where it is in memory and its file has not changed."""
        held = self._held.get(path)
        if held is not None and held.stamp == takes.stamp(path):
            self._held.move_to_end(path)
            self.arrived.emit(path, held)
        elif path not in self._reading:
            self._reading.add(path)
            self._aside.run(lambda: takes.read(path), lambda found: self._came(path, found))

    def keep(self, *paths: str) -> None:
        """Let go of what is too much, but not of these."""
        for path in [path for path in self._held if path not in paths]:
            if sum(held.samples.nbytes for held in self._held.values()) <= KEPT_BYTES:
                return
            del self._held[path]

    def look_at(self, preview: SoundPreview) -> None:
        """Have what is there so far; of those that come too fast, the newest alone."""
        self._newest = preview
        self._look()

    def forget_forming(self) -> None:
        """What was on its way is no longer wanted."""
        self._round += 1
        self._newest = None

    def finish(self) -> None:
        self._aside.finish()

    def _came(self, path: str, found: object) -> None:
        self._reading.discard(path)
        if isinstance(found, Take):
            self._held[path] = found
            self.arrived.emit(path, found)
        elif isinstance(found, BadInput):
            self.failed.emit(path, str(found))
        else:
            self.failed.emit(path, f"{Path(path).name} cannot be read ({type(found).__name__}); use another file.")

    def _look(self) -> None:
        preview, now = self._newest, self._round
        if self._looking or preview is None:
            return
        self._looking, self._newest = True, None

        def came(found: object) -> None:
            self._looking = False
            if isinstance(found, Take) and now == self._round:
                self.forming.emit(found, preview.item)
            self._look()

        self._aside.run(lambda: takes.of_preview(preview), came)
