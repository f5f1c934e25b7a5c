"""Any settings form, built from a card's parameters: everyday ones first, the rest folded away."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from desktop.aside import Aside
from desktop.controls import hairline, set_role
from desktop.draft import Draft, defaults
from desktop.fields import Field, NumberField, field_for
from desktop.fold import Fold
from desktop.inputs import InputField
from desktop.seed import SeedField
from desktop.size import SizeField
from desktop.task import TaskField, must_be_chosen, with_files
from desktop.wishing import Wishing
from models.presets.preset import After
from models.protocol import MAX_COUNT, BadInput, Card, Parameter

COUNT = Parameter(
    "count",
    "int",
    1,
    "How many",
    "How many to make, one after another, each with the next seed.",
    minimum=1,
    maximum=MAX_COUNT,
)
COUNT_SLIDER_TO = 16  # few want more at a time, and can type it


class Form(QWidget):
    """The settings of one card. `changed` carries the name of what the person changed, `explained` a setting's help."""

    changed = Signal(str)
    explained = Signal(str)

    def __init__(self, aside: Aside, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._aside = aside
        self.card: Card | None = None
        self.fields: dict[str, Field] = {}
        self._page: QWidget | None = None
        self.after = After()  # what is done with each finished thing: said over the settings, and set by presets
        self.rows = QVBoxLayout(self)
        self.rows.setContentsMargins(0, 0, 0, 0)
        self.rows.setSpacing(0)
        self.fit = QLabel()
        self.fit.setWordWrap(True)
        set_role(self.fit, "fits")
        self.fold = Fold("Advanced")
        self.fold.setAccessibleDescription("Opens the settings that are seldom needed.")
        self.wishing = Wishing()
        self.wishing.explained.connect(self.explained)
        self._advanced = QWidget(self)
        self._advanced.hide()
        self.fold.toggled.connect(lambda opened: self._advanced.setVisible(opened))

    def build(self, card: Card, draft: Draft | None = None) -> None:
        """Show this card's settings, with its own values or with a draft that fits it."""
        self.empty()
        self.card = card
        self._page = QWidget()
        page = QVBoxLayout(self._page)
        page.setContentsMargins(0, 0, 0, 0)
        page.setSpacing(0)
        basic, self._advanced = QWidget(), QWidget()
        everyday, seldom = QVBoxLayout(basic), QVBoxLayout(self._advanced)
        for box in (everyday, seldom):
            box.setContentsMargins(16, 14, 5, 16)
            box.setSpacing(12)
        seldom.setContentsMargins(16, 4, 5, 16)
        if must_be_chosen(card):
            self._add(everyday, TaskField(card))
        for parameter in card.parameters:
            if (field := self._field(card, parameter)) is not None:
                self._add(seldom if parameter.advanced else everyday, field)
        self._add(everyday, SeedField())
        self._add(everyday, NumberField(COUNT, slider_to=COUNT_SLIDER_TO))
        for given in card.inputs:
            self._add(everyday, InputField(given, self._aside))
        everyday.addWidget(self.fit)
        page.addWidget(basic)
        if seldom.count():
            page.addLayout(_inset(hairline()))
            page.addWidget(self.fold)
            page.addWidget(self._advanced)
        else:
            self._advanced.setParent(self._page)
        page.addLayout(_inset(hairline()))
        page.addWidget(self.wishing)
        page.addLayout(_inset(hairline()))
        page.addStretch(1)
        self.rows.addWidget(self._page)
        self._advanced.setVisible(self.fold.isChecked())
        self.set_draft(draft or defaults(card))

    def empty(self) -> None:
        """No card's settings."""
        for kept in (self.fit, self.fold, self.wishing):
            kept.setParent(None)
        if self._page is not None:
            self.rows.removeWidget(self._page)
            self._page.setParent(None)
            self._page.deleteLater()
        self._page, self.card, self.fields = None, None, {}

    def draft(self) -> Draft:
        """What is set now, of every task's settings."""
        seeds = self.fields["seed"]
        assert isinstance(seeds, SeedField)
        seed, keep = seeds.value()
        settings: dict = {}
        inputs = {}
        for name, field in self.fields.items():
            if isinstance(field, SizeField):
                settings["width"], settings["height"] = field.value()
            elif isinstance(field, InputField):
                if field.value():
                    inputs[name] = field.value()
            elif name not in ("seed", "count", "task"):
                settings[name] = field.value()
        task = str(self.fields["task"].value()) if "task" in self.fields else ""
        return Draft(settings, seed, keep, int(self.fields["count"].value()), inputs, task, self.after)

    def set_draft(self, draft: Draft) -> None:
        """Show a draft without emitting `changed`; what it does not name stays as it is."""
        self.after = draft.after
        for name, field in self.fields.items():
            if isinstance(field, SizeField):
                now = field.value()
                wanted = (int(draft.settings.get("width", now[0])), int(draft.settings.get("height", now[1])))
                field.set_value(wanted)
            elif isinstance(field, InputField):
                if field.value() != draft.inputs.get(name, ""):
                    field.set_value(draft.inputs.get(name, ""))
            elif name == "seed":
                field.set_value((draft.seed, draft.keep_seed))  # type: ignore[arg-type]
            elif name == "count":
                field.set_value(draft.count)
            elif name == "task" and draft.task:
                field.set_value(draft.task)
            elif name in draft.settings:
                field.set_value(draft.settings[name])
        self._show_what_applies()

    def set_input(self, name: str, path: str) -> None:
        """Take a file as that input, as if the person had chosen it."""
        draft = self.draft()
        inputs = {k: v for k, v in draft.inputs.items() if k != name} | ({name: path} if path else {})
        self.set_draft(replace(draft, inputs=inputs))
        self.changed.emit(name)

    def renew_seed(self) -> int:
        """The seed for the next piece of work."""
        field = self.fields["seed"]
        assert isinstance(field, SeedField)
        return field.renew()

    def task(self) -> str:
        """The task that was chosen, or that the files make it. Raises BadInput where files are missing for it."""
        assert self.card is not None
        draft = self.draft()
        if task := draft.task or (self.card.tasks[0] if len(self.card.tasks) == 1 else ""):
            return with_files(self.card, task, dict(draft.inputs))
        return self.card.task_for(tuple(draft.inputs))

    def ask_for_file(self) -> None:
        """Let the person choose the first file that the model starts from."""
        if (field := next((f for f in self.fields.values() if isinstance(f, InputField)), None)) is not None:
            field.ask()

    def focus_first(self) -> None:
        """Give the first setting the focus."""
        if (first := next(iter(self.fields.values()), None)) is not None:
            first.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def say_fit(self, text: str, warn: bool = False) -> None:
        """One sentence on what the machine makes of it; nothing where nothing is known."""
        if self.fit.text() != text:
            self.fit.setText(text)
        self.fit.setVisible(bool(text))
        set_role(self.fit, "fits", "warn" if warn else "")

    def _field(self, card: Card, parameter: Parameter) -> Field | None:
        by_name = {p.name: p for p in card.parameters}
        sides = "width" in by_name and "height" in by_name
        if sides and parameter.name == "width":
            return SizeField(parameter, by_name["height"])
        return None if sides and parameter.name == "height" else field_for(parameter)

    def _add(self, rows: QVBoxLayout, field: Field) -> None:
        self.fields[field.name] = field
        field.changed.connect(self._field_changed)
        field.explained.connect(self.explained)
        rows.addWidget(field)

    def _field_changed(self, name: str) -> None:
        self._show_what_applies()
        self.changed.emit(name)

    def _show_what_applies(self) -> None:
        """Settings of other tasks (strength, without a start picture) stay hidden, and keep their values.

        So does an input that no task takes yet: a mask, as long as there is no picture to lay it on.
        """
        assert self.card is not None
        if "task" in self.fields:
            chosen = str(self.fields["task"].value())
            for one in self.card.inputs:
                self.fields[one.name].setVisible(chosen in one.tasks)
            self._show_settings({chosen})
            return
        given = {name for name, field in self.fields.items() if isinstance(field, InputField) and field.value()}
        for one in self.card.inputs:
            needs = [{i.name for i in self.card.inputs_for(t) if i.required} for t in one.tasks]
            takes = one.name in given or any(need <= given | {one.name} for need in needs)
            self.fields[one.name].setVisible(takes)
        try:
            tasks = {self.task()}
        except BadInput:
            tasks = set(self.card.tasks)
        self._show_settings(tasks)

    def _show_settings(self, tasks: set[str]) -> None:
        assert self.card is not None
        self.fields["seed"].setVisible(not tasks <= set(self.card.seedless))
        for parameter in self.card.parameters:
            if parameter.name in self.fields:
                self.fields[parameter.name].setVisible(not parameter.tasks or bool(tasks & set(parameter.tasks)))


def _inset(line: QWidget) -> QHBoxLayout:
    """A line as wide as the fields."""
    row = QHBoxLayout()
    row.setContentsMargins(16, 0, 5, 0)
    row.addWidget(line)
    return row
