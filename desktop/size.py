"""Width and height as one row: squares, a landscape, a portrait, or two numbers."""

from __future__ import annotations

import math

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from desktop.controls import Segments
from desktop.fields import Field
from desktop.number import Number
from models.protocol import Parameter

Size = tuple[int, int]
OTHER = "other"


class SizeField(Field):
    """Two parameters in one row. `changed` carries "size"; `value` and `set_value` take (width, height) in pixels."""

    resized = Signal()

    def __init__(self, width: Parameter, height: Parameter) -> None:
        super().__init__("size", "Size", f"{width.help} {height.help}".strip())
        self._parameters = (width, height)
        offered = offers(width, height)
        self.segments = Segments([*offered, ("Other", OTHER)], "Size")
        self.segments.chosen.connect(self._chosen)
        for at, (label, _) in enumerate([*offered, ("Other", OTHER)]):
            self.name_control(self.segments.button(at), f"Size: {label}")
            if at < len(offered):
                self.segments.button(at).setToolTip("{} × {} pixels".format(*offered[at][1]))
        self.said = QLabel()
        self.said.setProperty("role", "value")
        self.head.addWidget(self.said)
        self.other = QWidget()
        row = QHBoxLayout(self.other)
        row.setContentsMargins(0, 4, 0, 0)
        row.setSpacing(6)
        self.numbers: list[Number] = []
        for parameter in self._parameters:
            number = Number(multiple=parameter.multiple_of)
            number.setProperty("role", "")
            number.setDecimals(0)
            number.setRange(parameter.minimum or 1, parameter.maximum or 8192)
            number.setSingleStep(parameter.multiple_of)
            number.setSuffix(f" {parameter.unit or 'px'}")
            self.name_control(number, parameter.label)
            number.value_changed.connect(self._typed)
            if self.numbers:
                row.addWidget(QLabel("×"))
            row.addWidget(number, 1)
            self.numbers.append(number)
        self.rows.addWidget(self.segments)
        self.rows.addWidget(self.other)
        self.other.hide()
        self.set_value((int(width.default), int(height.default)))

    def value(self) -> Size:  # type: ignore[override]
        return round(self.numbers[0].value()), round(self.numbers[1].value())

    def set_value(self, value: Size) -> None:  # type: ignore[override]
        for number, side in zip(self.numbers, value, strict=True):
            number.blockSignals(True)
            number.setValue(number.validated(side))
            number.blockSignals(False)
        self._show(self.value())

    def _show(self, size: Size) -> None:
        self.segments.set_value(size)
        unlisted = self.segments.value() is None
        if unlisted:
            self.segments.set_value(OTHER)
        self.other.setVisible(unlisted or not self.other.isHidden())
        self.said.setText("{} × {}".format(*size))

    def _chosen(self, value: Size | str) -> None:
        if value == OTHER:
            self.other.show()
            self.numbers[0].setFocus()
            self.numbers[0].selectAll()
            return
        self.other.hide()
        self.set_value(value)  # type: ignore[arg-type]
        self.tell()

    def _typed(self) -> None:
        self._show(self.value())
        self.tell()


def offers(width: Parameter, height: Parameter) -> list[tuple[str, Size]]:
    """Up to two squares, and 3:2 and 2:3 of about the default's area, all within the limits."""
    square = max(int(width.default), 1)
    sides = [int(s) for s in width.suggested if isinstance(s, int | float)] or [square]
    if square not in sides:
        sides.insert(0, square)
    sides = sorted(sides)
    at = sides.index(square)
    sides = sides[at : at + 2] if len(sides[at : at + 2]) == 2 else sides[max(0, at - 1) : at + 1]
    found = [(f"{s}²", (s, s)) for s in sides if _within(width, s) and _within(height, s)]
    area = int(width.default) * int(height.default)
    long, short = _to_multiple(width, math.sqrt(area * 1.5)), _to_multiple(height, math.sqrt(area / 1.5))
    if long != short:
        if _within(width, long) and _within(height, short):
            found.append(("3:2", (long, short)))
        if _within(width, short) and _within(height, long):
            found.append(("2:3", (short, long)))
    return found


def _to_multiple(parameter: Parameter, side: float) -> int:
    return max(round(side / parameter.multiple_of), 1) * parameter.multiple_of


def _within(parameter: Parameter, side: int) -> bool:
    low, high = parameter.minimum or 1, parameter.maximum or 8192
    return low <= side <= high and side % parameter.multiple_of == 0
