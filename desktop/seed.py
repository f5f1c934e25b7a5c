"""The seed: shown, typed, kept or made anew for each piece of work."""

from __future__ import annotations

from PySide6.QtCore import QRegularExpression
from PySide6.QtGui import QRegularExpressionValidator
from PySide6.QtWidgets import QHBoxLayout, QLineEdit

from desktop.controls import Segments, set_role
from desktop.draft import fresh_seed
from desktop.fields import Field
from models.protocol import MAX_SEED

HELP = "The same seed with the same settings makes the same thing again. New draws another each time; Keep holds it."
_THIN = "\u2009"


class SeedField(Field):
    """`changed` carries "seed". Typing a seed keeps it: nobody types a number to have it thrown away."""

    def __init__(self) -> None:
        super().__init__("seed", "Seed", HELP)
        self.edit = QLineEdit()
        self.edit.setValidator(QRegularExpressionValidator(QRegularExpression(r"[0-9\s\x{2009}]{0,16}"), self.edit))
        self.edit.textEdited.connect(self._edited)
        self.edit.editingFinished.connect(self._settle)
        self.name_control(self.edit)
        self.label.setBuddy(self.edit)
        self.mode = Segments([("Keep", True), ("New", False)], "Seed")
        self.mode.chosen.connect(self._mode_chosen)
        for at, name in enumerate(("Seed: keep", "Seed: new each time")):
            self.name_control(self.mode.button(at), name)
        row = QHBoxLayout()
        row.setSpacing(6)
        row.addWidget(self.edit, 5)
        row.addWidget(self.mode, 6)
        self.rows.addLayout(row)
        self._seed = 0
        self.set_value((fresh_seed(), False))

    def value(self) -> tuple[int, bool]:  # type: ignore[override]
        """The seed, and whether it is kept."""
        return self._seed, bool(self.mode.value())

    def set_value(self, value: tuple[int, bool]) -> None:  # type: ignore[override]
        self._seed = min(max(value[0], 0), MAX_SEED)
        self.edit.setText(f"{self._seed:,}".replace(",", _THIN))
        self.mode.set_value(value[1])
        set_role(self.edit, "seed", "" if value[1] else "new")

    def renew(self) -> int:
        """The seed for the next piece of work: the kept one, or a fresh one, which is shown from now on."""
        if not self.mode.value():
            self.set_value((fresh_seed(), False))
        return self._seed

    def _edited(self, text: str) -> None:
        digits = "".join(c for c in text if c.isdigit())
        if digits:
            self._seed = min(int(digits), MAX_SEED)
            self.mode.set_value(True)
            set_role(self.edit, "seed")
            self.tell()

    def _settle(self) -> None:
        self.set_value(self.value())

    def _mode_chosen(self, keep: bool) -> None:
        self.set_value((self._seed, keep) if keep else (fresh_seed(), False))
        self.tell()
