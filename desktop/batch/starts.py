"""The files that rows start from: a line for each input of the presets that are chosen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFileDialog, QGridLayout, QLineEdit, QWidget

from desktop.batch.heading import heading
from desktop.controls import word
from models.batch.rows import Source
from models.batch.sources import fits
from models.protocol import Input


class Starts(QWidget):
    """`changed` when a line is. What was set for inputs that are not in sight is held for when they are."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.lines: dict[str, QLineEdit] = {}
        self._inputs: dict[str, Input] = {}
        self._held: dict[str, str] = {}
        self._rows = QGridLayout(self)
        self._rows.setContentsMargins(0, 0, 0, 8)
        self._rows.setVerticalSpacing(6)
        self._rows.setColumnStretch(0, 1)
        self.hide()

    def offer(self, takes: Sequence[Source]) -> None:
        """A line for each input that one of these has."""
        inputs = {given.name: given for one in takes for given in one.model.card.inputs_for(one.preset.task)}
        if inputs == self._inputs:
            return
        self._held = self.value()
        while (item := self._rows.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.deleteLater()
        self._inputs, self.lines = inputs, {}
        for row, given in enumerate(inputs.values()):
            line = QLineEdit(self._held.get(given.name, ""))
            line.setPlaceholderText(f"a {given.medium}, or a folder of them: one a row")
            line.textChanged.connect(self.changed)
            choose = word("Folder…", f"A folder of {given.medium} files")
            choose.clicked.connect(lambda _=False, line=line: self._ask(line))
            self._rows.addWidget(heading(given.label, line), 2 * row, 0)
            self._rows.addWidget(choose, 2 * row, 1)
            self._rows.addWidget(line, 2 * row + 1, 0, 1, 2)
            self.lines[given.name] = line
        self.setVisible(bool(inputs))

    def value(self) -> dict[str, str]:
        return self._held | {name: line.text().strip() for name, line in self.lines.items()}

    def set_value(self, inputs: Mapping[str, str]) -> None:
        self._held = dict(inputs)
        for name, line in self.lines.items():
            line.setText(inputs.get(name, ""))

    def give(self, path: str) -> bool:
        """Take a file, or a folder with such files in it, as the first input that it can be; whether there is one."""
        for name, given in self._inputs.items():
            if Path(path).is_dir() or fits(Path(path), given.medium):
                self.lines[name].setText(path)
                return True
        return False

    def _ask(self, line: QLineEdit) -> None:
        if path := QFileDialog.getExistingDirectory(self, "Files to start from", line.text()):
            line.setText(path)
