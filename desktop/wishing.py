"""How a model is to run: the part of the form that asks for it, and says what becomes of it on this machine."""

from __future__ import annotations

import html
from collections.abc import Mapping
from dataclasses import replace

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from desktop.controls import Choice, set_role
from desktop.fields import ChoiceField, Field
from desktop.fold import Fold
from models.planning.machine import GIB
from models.planning.plan import OFFLOADS, QUANTIZATIONS
from models.planning.wish import PARAMETERS
from models.protocol import Parameter

AUTOMATIC = "Automatic"
AS_FITS = -1
KEPT = Parameter(
    "keep", "choice", "", "Kept ready",
    "How much memory models may hold that wait for their next turn, so that they need not be read again. "
    "They make room at once where another one needs it.",
)  # fmt: skip
_KEPT: dict[str, str] = {
    str(AS_FITS): "As many as fit", "0": "The last one", **{str(n * GIB): f"{n} GB of them" for n in (2, 4, 8, 16, 32)}
}  # fmt: skip
_WORDS: dict[str, str] = {
    "cpu": "Processor", "cuda": "Graphics card", "xpu": "Graphics card", "mps": "Graphics chip", "on": "Always",
    "off": "Never", "native": "As usual", "sliced": "In slices", "first-block": "First block", "faster": "FasterCache",
    "pyramid": "Pyramid", "taylor": "TaylorSeer", "flash": "Flash", "sage": "Sage", "xformers": "xFormers",
    "flex": "Flex", "fast": "Fast", "balanced": "Balanced", "small": "Small",
}  # fmt: skip
_BOX = 150  # px: a list beside its label


class Wishing(QWidget):
    """`changed` when the person wants something else, `kept_changed` carries the bytes that models may hold that wait
    (`AS_FITS`: all that is free), `explained` a setting's help.

    What can be set by hand is made when it is first opened: lists take their time to be made.
    """

    changed = Signal()
    kept_changed = Signal(object)
    explained = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._wish: dict[str, str] = {}
        self._choices: Mapping[str, tuple[str, ...]] = {}
        self._limit = AS_FITS
        self.fold = Fold("Machine")
        self.fold.setAccessibleDescription("Opens how the model runs on this machine, and what it takes.")
        self.by_hand = Fold("Set by hand")
        self.by_hand.setAccessibleDescription("Opens the device, the number format and what else can be set by hand.")
        self.plan = ChoiceField(replace(PARAMETERS[0], label="How it runs"), _WORDS)
        self.heading, self.why, self.measured = QLabel(), QLabel(), QLabel()
        for label, role in ((self.heading, "value"), (self.why, "small-second"), (self.measured, "small")):
            label.setWordWrap(True)
            set_role(label, role)
        self.fields: dict[str, OneLine] = {}
        self.kept: OneLine | None = None
        self._lay_out()
        self.fold.toggled.connect(self._inside.setVisible)
        self.by_hand.toggled.connect(self._open_hand)
        self.plan.explained.connect(self.explained)
        self.plan.changed.connect(lambda name: self._take(name, str(self.plan.value())))
        self.say_plan("", (), "")

    def _lay_out(self) -> None:
        rows = _rows(self)
        rows.addWidget(self.fold)
        self._inside = QWidget()
        inside = _rows(self._inside)
        told = QWidget()
        column = _rows(told, 10)
        column.setContentsMargins(16, 4, 5, 10)
        words = QVBoxLayout()
        words.setSpacing(5)
        for label in (self.heading, self.why, self.measured):
            words.addWidget(label)
        column.addWidget(self.plan)
        column.addLayout(words)
        inside.addWidget(told)
        inside.addWidget(self.by_hand)
        self._hand = QWidget()
        inside.addWidget(self._hand)
        rows.addWidget(self._inside)
        self._inside.hide()
        self._hand.hide()

    def _open_hand(self, opened: bool) -> None:
        if opened and self.kept is None:
            self.kept = OneLine(KEPT, _KEPT)
            self.kept.changed.connect(self._take_kept)
            self.fields = {wanted.name: OneLine(wanted) for wanted in PARAMETERS[1:]}
            rows = _rows(self._hand, 8)
            rows.setContentsMargins(16, 2, 5, 14)
            for field in (*self.fields.values(), self.kept):
                field.explained.connect(self.explained)
                rows.addWidget(field)
            for field in self.fields.values():
                field.changed.connect(lambda name, field=field: self._take(name, field.value()))
            self.offer(self._choices)
            self._show_values()
        self._hand.setVisible(opened)

    # ── what is wanted ────────────────────────────────────────────────────────

    def wish(self) -> dict[str, str]:
        """What differs from what the machine does by itself, as `Request.wish` has it."""
        usual = {wanted.name: wanted.default for wanted in PARAMETERS}
        return {name: value for name, value in self._wish.items() if value != usual[name]}

    def set_wish(self, wish: Mapping[str, str]) -> None:
        """Show it, without a word."""
        self._wish = dict(wish)
        self._show_values()

    def set_kept(self, limit: int) -> None:
        """Show what models may hold that wait, in bytes, or `AS_FITS`."""
        self._limit = limit
        self._show_values()

    def offer(self, choices: Mapping[str, tuple[str, ...]]) -> None:
        """Let each setting offer what can be had here; one without a choice is not shown."""
        self._choices = choices
        for name, field in self.fields.items():
            found, chosen = choices.get(name, ()), self._wish.get(name, "")
            field.offer({"": AUTOMATIC, **{one: _word(name, one) for one in (*found, chosen) if one}})
            field.setVisible(len(found) > 1 or bool(chosen))

    def _take(self, name: str, value: str) -> None:
        self._wish[name] = value
        self._count()
        self.changed.emit()

    def _take_kept(self) -> None:
        assert self.kept is not None
        self._limit = int(self.kept.value())
        self.kept_changed.emit(self._limit)

    def _show_values(self) -> None:
        self.plan.set_value(self._wish.get(self.plan.name, PARAMETERS[0].default))
        for name, field in self.fields.items():
            field.set_value(self._wish.get(name, ""))
        if self.kept is not None:
            self.kept.set_value(str(self._limit))
        self._count()

    def _count(self) -> None:
        """What is set by hand, on the line that it is folded under."""
        chosen = [_word(name, value).lower() for name, value in self.wish().items() if name != self.plan.name]
        self.by_hand.tell(", ".join(chosen))

    # ── what becomes of it ────────────────────────────────────────────────────

    def say_plan(self, heading: str, reasons: tuple[str, ...], short: str) -> None:
        """The plan: its heading and its reasons, and what stands on the line while it is folded."""
        self.fold.tell(short)
        why = "".join(f"<p style='margin: 0 0 4px 0'>{html.escape(reason)}</p>" for reason in reasons)
        for label, text in ((self.heading, heading), (self.why, why)):
            if label.text() != text:
                label.setText(text)
            label.setVisible(bool(text))

    def say_measured(self, text: str) -> None:
        """What the last job took."""
        self.measured.setText(text)
        self.measured.setVisible(bool(text))


class OneLine(Field):
    """A list beside its label. `words` are the choices' keys and what they are called."""

    def __init__(self, parameter: Parameter, words: Mapping[str, str] | None = None) -> None:
        super().__init__(parameter.name, parameter.label, parameter.help)
        self.box = Choice(())
        self.box.setFixedWidth(_BOX)
        self.name_control(self.box)
        self.label.setBuddy(self.box)
        self.head.addWidget(self.box)
        self.box.activated.connect(self.tell)
        self.offer(words or {"": AUTOMATIC})

    def offer(self, words: Mapping[str, str]) -> None:
        """Let these be chosen from; what is chosen stays, if it is among them."""
        now = [(self.box.itemData(at), self.box.itemText(at)) for at in range(self.box.count())]
        if now == list(words.items()):
            return
        chosen = self.value()
        self.box.clear()
        for key, text in words.items():
            self.box.addItem(text, key)
        self.box.setCurrentIndex(max(self.box.findData(chosen), 0))

    def value(self) -> str:
        return str(self.box.currentData() or "")

    def set_value(self, value: object) -> None:
        if self.box.findData(str(value)) < 0:  # remembered from another machine, or written by hand
            self.box.addItem(_word(self.name, str(value)), str(value))
        self.box.setCurrentIndex(self.box.findData(str(value)))


def _word(name: str, value: str) -> str:
    """What a choice is called."""
    if name == "quantize":
        # The label beside it says whose they are.
        said = QUANTIZATIONS.get(value, value).replace("weights ", "").replace(" weights", "")
    elif name == "offload":
        said = OFFLOADS.get(value, value)
    elif name == "keep":
        said = _KEPT.get(value) or f"{int(value) / GIB:.1f} GB of them"
    else:
        said = "Never" if value == "none" else _WORDS.get(value, value)
    return said[:1].upper() + said[1:]


def _rows(around: QWidget, spacing: int = 0) -> QVBoxLayout:
    made = QVBoxLayout(around)
    made.setContentsMargins(0, 0, 0, 0)
    made.setSpacing(spacing)
    return made
