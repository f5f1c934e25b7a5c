"""What is asked when something is kept as a preset: its name, a note, and what is done with what is made."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from PySide6.QtWidgets import QDialog, QGridLayout, QHBoxLayout, QLabel, QLineEdit, QPushButton, QVBoxLayout, QWidget

from desktop import theme
from desktop.catalog import page
from desktop.controls import Choice, Switch, answers, set_role
from desktop.number import Number
from models.outputs import formats
from models.presets import fitting, form, shelf
from models.presets.preset import After
from models.protocol import BadInput, ModelInfo

AS_MADE = "As it is"


@dataclass(frozen=True)
class Asked:
    """What the person said."""

    name: str
    note: str = ""
    words: bool = True
    after: After = field(default_factory=After)


class PresetDialog(QDialog):
    """Hands what was said to `keep`, and stays open with its sentence where that raises BadInput. Without a medium the
    name alone is asked for."""

    def __init__(
        self,
        name: str,
        keep: Callable[[Asked], object],
        medium: str = "",
        upscalers: Sequence[ModelInfo] = (),
        after: After | None = None,
        note: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("Save as a preset" if medium else "Rename the preset")
        theme.current().dress(self)
        self._carry_out = keep
        self._medium, self._upscalers = medium, tuple(upscalers)
        self.name = QLineEdit(name)
        self.name.setMaxLength(form.MAX_NAME)
        self.name.selectAll()
        self.note = QLineEdit(note)
        self.note.setCursorPosition(0)  # a long one is read from its beginning
        self.note.setMaxLength(form.MAX_NOTE)
        self.note.setPlaceholderText("what it is good for")
        self.words = Switch()
        self.words.setChecked(True)
        self.enlarge = Choice([AS_MADE, *(f"By {model.name}" for model in self._upscalers)])
        self._formats = formats.for_medium(medium)
        self.format = Choice([one.label for one in self._formats])
        self.quality = Number()
        self.quality.setRange(*formats.QUALITY)
        self.problem = page.words("small-warn")
        self.problem.hide()
        self.keep = QPushButton("Save" if medium else "Rename")
        self.keep.setDefault(True)
        self.cancel = QPushButton("Cancel")
        self.keep.clicked.connect(self._keep)
        self.cancel.clicked.connect(self.reject)
        self.name.textChanged.connect(lambda text: self.keep.setEnabled(bool(text.strip())))
        self.keep.setEnabled(bool(name.strip()))
        self.format.currentIndexChanged.connect(self._show_quality)
        self._show(after or After())
        self._lay_out()

    def _show(self, after: After) -> None:
        if after.upscale is not None and (model := fitting.find(after.upscale, self._upscalers)) is not None:
            self.enlarge.setCurrentIndex(1 + self._upscalers.index(model))
        names = [one.name for one in self._formats]
        if after.format in names:
            self.format.setCurrentIndex(names.index(after.format))
        self._show_quality()
        if after.quality is not None:
            self.quality.setValue(after.quality)

    def _show_quality(self) -> None:
        usual = self._kind.quality if self._formats else None
        self.quality.setEnabled(usual is not None)
        self.quality.setVisible(usual is not None)
        if usual is not None:
            self.quality.setValue(usual)

    @property
    def _kind(self) -> formats.Format:
        return self._formats[max(self.format.currentIndex(), 0)]

    def _lay_out(self) -> None:
        grid = QGridLayout()
        grid.setHorizontalSpacing(14)
        grid.setVerticalSpacing(10)
        rows: list[tuple[str, QWidget]] = [("Name", self.name)]
        if self._medium:
            rows.append(("Note", self.note))
            rows.append(("The prompt, too", self.words))
            if self._medium == "picture" and self._upscalers:
                rows.append(("Enlarged afterwards", self.enlarge))
            rows.append(("Saved as", self.format))
        for line, (text, widget) in enumerate(rows):
            label = QLabel(text)
            set_role(label, "second")
            label.setBuddy(widget)
            widget.setAccessibleName(text)
            grid.addWidget(label, line, 0)
            if widget is self.format:
                beside = QHBoxLayout()
                beside.addWidget(self.format, 1)
                beside.addWidget(self.quality)
                self.quality.setFixedWidth(64)
                self.quality.setAccessibleName("Quality, from 1 to 100")
                self.quality.setToolTip("Quality, from 1 to 100")
                grid.addLayout(beside, line, 1)
            else:
                grid.addWidget(widget, line, 1)
        grid.setColumnStretch(1, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 18, 20, 16)
        column.setSpacing(14)
        column.addLayout(grid)
        column.addWidget(self.problem)
        column.addLayout(answers(self.cancel, self.keep))
        self.setMinimumWidth(440)

    def asked(self) -> Asked:
        """What is said now. Raises BadInput where the name cannot be one."""
        name = shelf.called(self.name.text())
        if not self._medium:
            return Asked(name)
        at = self.enlarge.currentIndex()
        upscale = fitting.key(self._upscalers[at - 1]) if at > 0 else None
        usual = self._kind
        first = usual is self._formats[0]
        quality = int(self.quality.value()) if usual.quality is not None else None
        after = After(upscale, "" if first else usual.name, None if quality == usual.quality else quality)
        return Asked(name, self.note.text().strip(), self.words.isChecked(), after)

    def _keep(self) -> None:
        try:
            self._carry_out(self.asked())
        except BadInput as error:
            self.problem.setText(str(error))
            self.problem.show()
            return
        self.accept()
