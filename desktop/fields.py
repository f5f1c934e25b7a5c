"""One setting as a row of a form: its words, its control and its help, from the parameter's declaration alone."""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType

from PySide6.QtCore import QEvent, QObject, Signal
from PySide6.QtGui import QEnterEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QVBoxLayout, QWidget

from desktop.controls import Choice, Segments, Slider, Switch
from desktop.number import Number
from models.protocol import Parameter, Value


class Field(QWidget):
    """A labelled setting. `changed` carries its name when the person changed it; `explained` its help."""

    changed = Signal(str)
    explained = Signal(str)

    def __init__(self, name: str, label: str, help_text: str) -> None:
        super().__init__()
        self.name, self.help = name, help_text
        self.label = QLabel(label)
        self.label.setProperty("role", "second")
        self.head = QHBoxLayout()
        self.head.setContentsMargins(0, 0, 0, 0)
        self.head.setSpacing(8)
        self.head.addWidget(self.label)
        self.head.addStretch(1)
        self.rows = QVBoxLayout(self)
        self.rows.setContentsMargins(0, 0, 0, 0)
        self.rows.setSpacing(6)
        self.rows.addLayout(self.head)
        self.setToolTip(help_text)

    def value(self) -> Value:
        raise NotImplementedError

    def set_value(self, value: Value) -> None:
        """Show a value without emitting `changed`."""
        raise NotImplementedError

    def name_control(self, control: QWidget, name: str = "") -> None:
        """What a screen reader says of a control; its focus brings up the help."""
        control.setAccessibleName(name or self.label.text())
        control.setAccessibleDescription(self.help)
        control.installEventFilter(self)
        if self.focusProxy() is None or isinstance(control, Slider):
            self.setFocusProxy(control)

    def tell(self) -> None:
        """The person changed it."""
        self.changed.emit(self.name)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.FocusIn:
            self.explained.emit(self.help)
        return super().eventFilter(watched, event)

    def enterEvent(self, event: QEnterEvent) -> None:
        self.explained.emit(self.help)
        super().enterEvent(event)


class NumberField(Field):
    """A number: typed, or drawn along a slider where it has both limits. The slider may end sooner than the limit."""

    def __init__(self, parameter: Parameter, slider_to: float | None = None) -> None:
        super().__init__(parameter.name, parameter.label, parameter.help)
        self._whole = parameter.type == "int"
        low, high = parameter.minimum, parameter.maximum
        self.number = Number(multiple=parameter.multiple_of if self._whole else 1)
        self._step = float(parameter.multiple_of) if self._whole else fine_step(low, high)
        self.number.setDecimals(0 if self._whole else max(1, -math.floor(math.log10(self._step) + 1e-9)))
        self.number.setRange(-1e9 if low is None else low, 1e9 if high is None else high)
        self.number.setSingleStep(self._step)
        self.number.setSuffix(f" {parameter.unit}" if parameter.unit else "")
        self.number.setFixedWidth(92)
        self.name_control(self.number, f"{parameter.label}, as a number")
        self.label.setBuddy(self.number)
        self.head.addWidget(self.number)
        self.slider: Slider | None = None
        if low is not None and high is not None:
            self._low = low
            self.slider = Slider()
            self.slider.setRange(0, max(1, round(((slider_to or high) - low) / self._step)))
            self.slider.setPageStep(max(1, self.slider.maximum() // 10))
            self.name_control(self.slider)
            self.rows.setSpacing(0)
            self.rows.addWidget(self.slider)
            self.slider.valueChanged.connect(self._slid)
        self.number.value_changed.connect(self._typed)
        self.set_value(parameter.default)

    def value(self) -> Value:
        return round(self.number.value()) if self._whole else round(self.number.value(), 6)

    def set_value(self, value: Value) -> None:
        self.number.blockSignals(True)
        self.number.setValue(float(value))
        self.number.blockSignals(False)
        self._follow()

    def _follow(self) -> None:
        if self.slider:
            self.slider.blockSignals(True)
            self.slider.setValue(round((self.number.value() - self._low) / self._step))
            self.slider.blockSignals(False)
            self.slider.update()

    def _slid(self, at: int) -> None:
        self.number.blockSignals(True)
        self.number.setValue(self.number.validated(self._low + at * self._step))
        self.number.blockSignals(False)
        self.tell()

    def _typed(self) -> None:
        self._follow()
        self.tell()


class ChoiceField(Field):
    """One of the parameter's choices: side by side where they are few and short, else a list. `words` say what the
    former are called, where that is not their own name."""

    def __init__(self, parameter: Parameter, words: Mapping[str, str] = MappingProxyType({})) -> None:
        super().__init__(parameter.name, parameter.label, parameter.help)
        choices = parameter.choices
        self.segments: Segments | None = None
        if len(choices) <= 4 and sum(map(len, choices)) + 4 * len(choices) <= 34:
            self.segments = Segments([(words.get(c, c), c) for c in choices], parameter.label)
            self.segments.chosen.connect(self.tell)
            for at in range(len(choices)):
                self.name_control(self.segments.button(at), f"{parameter.label}: {choices[at]}")
            self.rows.addWidget(self.segments)
        else:
            self.box = Choice(choices)
            self.box.activated.connect(self.tell)
            self.name_control(self.box)
            self.label.setBuddy(self.box)
            self.rows.addWidget(self.box)
        self.set_value(parameter.default)

    def value(self) -> Value:
        return str(self.segments.value()) if self.segments else self.box.currentText()

    def set_value(self, value: Value) -> None:
        if self.segments:
            self.segments.set_value(value)
        else:
            self.box.setCurrentText(str(value))


class SwitchField(Field):
    """A setting that is on or off, on one line."""

    def __init__(self, parameter: Parameter) -> None:
        super().__init__(parameter.name, parameter.label, parameter.help)
        self.switch = Switch()
        self.name_control(self.switch)
        self.label.setBuddy(self.switch)
        self.head.addWidget(self.switch)
        self.switch.clicked.connect(self.tell)
        self.set_value(parameter.default)

    def value(self) -> Value:
        return self.switch.isChecked()

    def set_value(self, value: Value) -> None:
        self.switch.setChecked(bool(value))


class TextField(Field):
    """A setting in words."""

    def __init__(self, parameter: Parameter) -> None:
        super().__init__(parameter.name, parameter.label, parameter.help)
        self.edit = QLineEdit()
        self.name_control(self.edit)
        self.label.setBuddy(self.edit)
        self.rows.addWidget(self.edit)
        self.edit.textEdited.connect(self.tell)
        self.set_value(parameter.default)

    def value(self) -> Value:
        return self.edit.text()

    def set_value(self, value: Value) -> None:
        if self.edit.text() != str(value):
            self.edit.setText(str(value))


def field_for(parameter: Parameter) -> Field:
    """The row for one parameter."""
    if parameter.type in ("int", "float"):
        return NumberField(parameter)
    return {"bool": SwitchField, "choice": ChoiceField, "text": TextField}[parameter.type](parameter)


def fine_step(low: float | None, high: float | None) -> float:
    """A round step that makes 60 or more stops between two limits."""
    if low is None or high is None or high <= low:
        return 0.1
    return max((s for s in (0.001, 0.01, 0.05, 0.1, 0.5, 1.0) if s <= (high - low) / 60), default=0.001)
