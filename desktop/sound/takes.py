"""The takes at hand, in a row: one is chosen, another lies beside it, and each can be dragged out as a file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QWidget

from desktop.controls import set_role, word
from desktop.dragging import DragOut

MOST = 12


@dataclass(frozen=True)
class Entry:
    """A file that can be listened to; `ours` where it was made here, else it is a recording brought along."""

    path: str
    ours: bool = True


class _Chip(QPushButton):
    """A take's button: pressed and drawn away, it is the file."""

    def __init__(self, entry: Entry, name: str) -> None:
        super().__init__(name)
        self.entry = entry
        self.setCheckable(True)
        set_role(self, "chip")
        self.setToolTip(f"{Path(entry.path).name}\nDrag it out to take the file along.")
        self.out = DragOut(self, lambda: entry.path)


class Takes(QWidget):
    """`chosen` carries a path, `swapped` the wish for the other one at the same moment."""

    chosen = Signal(str)
    swapped = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.entries: list[Entry] = []
        self.now = self.other = ""
        self._a = ""  # whichever of the two came first
        self.count = QLabel()
        set_role(self.count, "small-second")
        self.swap = word("A / B at the same moment", "Hears the other take from here on (A and B)")
        self.swap.clicked.connect(self.swapped)
        self.chips: list[_Chip] = []
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        row.addWidget(self.count)
        self._row = QHBoxLayout()
        self._row.setSpacing(4)
        row.addLayout(self._row)
        row.addWidget(self.swap)
        row.addStretch(1)
        self._show()

    def has(self, path: str) -> bool:
        return any(entry.path == path for entry in self.entries)

    def add(self, entry: Entry) -> None:
        """One more; the oldest goes where there are too many."""
        if not self.has(entry.path):
            self.entries.append(entry)
            spare = [e for e in self.entries if e.path not in (entry.path, self.now, self.other)]
            if len(self.entries) > MOST and spare:
                self.entries.remove(spare[0])
        self._show()

    def drop(self, path: str) -> None:
        """Its file is gone."""
        self.entries = [entry for entry in self.entries if entry.path != path]
        self.now, self.other = ("" if one == path else one for one in (self.now, self.other))
        self._show()

    def choose(self, path: str) -> None:
        """This one is heard now; the one before lies beside it."""
        if path != self.now:
            pair = {self.now, self.other}
            if path not in pair:
                self._a = self.now or path
            self.other, self.now = self.now, path
        self._show()

    def beside(self, path: str) -> None:
        """This one is there to be compared with, and is not heard yet."""
        self.other, self._a = path, self.now
        self._show()

    def letter(self, which: str) -> str:
        """The path of take A or B; "" where there is no such one."""
        pair = [self.now, self.other] if self._a == self.now else [self.other, self.now]
        return dict(zip("AB", pair, strict=True))[which]

    def _show(self) -> None:
        ours = [entry for entry in self.entries if entry.ours]
        names = [_name(self.entries, entry) for entry in self.entries]
        if [chip.entry for chip in self.chips] != self.entries:
            for chip in self.chips:
                self._row.removeWidget(chip)
                chip.deleteLater()
            self.chips = [_Chip(entry, name) for entry, name in zip(self.entries, names, strict=True)]
            for chip in self.chips:
                chip.clicked.connect(lambda _=False, path=chip.entry.path: self.chosen.emit(path))
                self._row.addWidget(chip)
        for chip in self.chips:
            chip.setChecked(chip.entry.path == self.now)
            chip.setAccessibleName(f"Take {chip.text()}" if chip.entry.ours else chip.text())
        at = next((k + 1 for k, entry in enumerate(ours) if entry.path == self.now), 0)
        several = f"{len(ours)} take{'s' if len(ours) != 1 else ''}" if ours else ""
        self.count.setText(f"Take {at} of {len(ours)}" if at else several)
        self.swap.setVisible(bool(self.other))
        letter = "A" if self.letter("A") == self.now else "B"
        self.swap.setText(f"Hearing {letter} · A / B at the same moment")


def _name(entries: Sequence[Entry], entry: Entry) -> str:
    same = [one for one in entries if one.ours == entry.ours]
    number = same.index(entry) + 1
    if entry.ours:
        return str(number)
    return "Reference" if len(same) == 1 else f"Reference {number}"
