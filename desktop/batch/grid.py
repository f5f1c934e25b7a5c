"""The sides of the grid: for each a setting of the models that were chosen, and the values that it takes."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QLabel, QLineEdit, QWidget

from desktop.controls import Choice, set_role
from models.batch.rows import Source
from models.batch.sources import AXES
from models.declaration import Parameter

_OWN = (("seed", "Seed", "such as 1-8"), ("prompt", "Prompt", "a boat | a tree | a house"))
_AVOID = ("negative", "Keep away", "fog | people")


class Grid(QWidget):
    """`changed` when a side or its values are. `value` gives (setting, values as typed) for each."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._names: list[str] = [""]
        self._hints: dict[str, str] = {}
        self.sides: list[tuple[Choice, QLineEdit]] = []
        rows = QGridLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setHorizontalSpacing(8)
        rows.setVerticalSpacing(6)
        for line, axis in enumerate(AXES):
            label = QLabel(axis)
            set_role(label, "third")
            label.setFixedWidth(12)
            choice, values = Choice(["nothing"]), QLineEdit()
            choice.setAccessibleName(f"{axis} goes over")
            values.setAccessibleName(f"Values of {axis}")
            values.setMaxLength(4000)
            choice.currentIndexChanged.connect(self._side_changed)
            values.textChanged.connect(self.changed)
            rows.addWidget(label, line, 0)
            rows.addWidget(choice, line, 1)
            rows.addWidget(values, line, 2)
            self.sides.append((choice, values))
        rows.setColumnStretch(1, 2)
        rows.setColumnStretch(2, 3)
        self._show_hints()

    def offer(self, takes: Sequence[Source]) -> None:
        """Settings that all of these have. What is chosen stays chosen where it is still there."""
        found = {name: (label, hint) for name, label, hint in _OWN}
        if any(one.model.card.negative_prompt for one in takes):
            found[_AVOID[0]] = _AVOID[1:]
        for parameter in _common(takes):
            found[parameter.name] = (parameter.label, _hint(parameter))
        for name, _ in self.value():
            if name and name not in found:  # it stays, for the person to see what is said of it
                found[name] = (name.replace("_", " "), "")
        names = ["", *found]
        self._hints = {name: hint for name, (_, hint) in found.items()}
        if names == self._names:
            return
        held, self._names = self.value(), names
        for (choice, _), (name, _) in zip(self.sides, held, strict=True):
            choice.blockSignals(True)
            choice.clear()
            choice.addItems(["nothing", *(label for label, _ in found.values())])
            choice.setCurrentIndex(names.index(name))
            choice.blockSignals(False)
        self._show_hints()

    def value(self) -> list[list[str]]:
        return [[self._names[max(choice.currentIndex(), 0)], values.text()] for choice, values in self.sides]

    def set_value(self, axes: Sequence[Sequence[str]]) -> None:
        """Sides that are not known yet are known, until something is offered."""
        for (choice, values), (name, text) in zip(self.sides, axes, strict=False):
            if name not in self._names:
                self._names.append(name)
                for other, _ in self.sides:
                    other.addItem(name.replace("_", " "))
            choice.setCurrentIndex(self._names.index(name))
            values.setText(text)

    def _side_changed(self) -> None:
        self._show_hints()
        self.changed.emit()

    def _show_hints(self) -> None:
        for (choice, values), (name, _) in zip(self.sides, self.value(), strict=True):
            values.setEnabled(bool(name))
            values.setPlaceholderText(self._hints.get(name, ""))
            choice.setToolTip("What changes along this side of the sheet")


def _common(takes: Sequence[Source]) -> list[Parameter]:
    """The first one's settings that the others have, too."""
    if not takes:
        return []
    have = [{p.name for p in one.model.card.parameters_for(one.preset.task)} for one in takes]
    first = takes[0]
    return [p for p in first.model.card.parameters_for(first.preset.task) if all(p.name in names for names in have)]


def _hint(parameter: Parameter) -> str:
    """How its values are typed."""
    if parameter.type == "choice":
        return ", ".join(parameter.choices[:3])
    if parameter.type == "bool":
        return "on, off"
    if parameter.type == "text":
        return "one | another"
    if parameter.suggested:
        return ", ".join(f"{value:g}" for value in parameter.suggested[:4] if isinstance(value, int | float))
    low, default = parameter.minimum, parameter.default
    if parameter.type == "int":
        return "4, 8, 16 or 4-16:4" if low is None or low <= 4 else f"{default}, …"
    return "0.5, 1 or 0.5-1.5:0.25"
