"""What is asked of a batch: presets, prompts, files to start from, seeds, a grid, and where it goes."""

from __future__ import annotations

from collections.abc import Container, Sequence
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QFileDialog,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QPlainTextEdit,
    QVBoxLayout,
    QWidget,
)

from desktop.batch.grid import Grid
from desktop.batch.heading import heading
from desktop.batch.starts import Starts
from desktop.batch.wanted import NOW, TEXTS, Wanted
from desktop.controls import set_role, word
from desktop.fold import Fold
from models.batch import naming
from models.batch.rows import Source
from models.presets.form import ENDING
from models.presets.shelf import Kept
from models.protocol import BadInput

LIST_HEIGHT, WORDS_HEIGHT = 156, 92
_PROMPTS = f"Prompts (*{' *'.join(TEXTS)})"
_KEPT = 200  # presets that a list of checks is good for


class BatchForm(QWidget):
    """`changed` follows everything that is set."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._quiet = False
        self.presets = QListWidget()
        self.presets.setAccessibleName("Presets")
        self.presets.setFixedHeight(LIST_HEIGHT)
        set_role(self.presets, "checks")
        self.prompts = QPlainTextEdit()
        self.prompts.setAccessibleName("Prompts, one a line")
        self.prompts.setPlaceholderText("One a line. Without any, the presets' own.")
        self.prompts.setTabChangesFocus(True)
        self.prompts.setFixedHeight(WORDS_HEIGHT)
        self.from_file = word(
            "From a file…", "A text with a prompt a line, or a table (CSV) whose columns are settings"
        )
        self.file, self.file_name = "", QLabel()
        set_role(self.file_name, "second")
        self.no_file = word("Leave out", "The prompts are typed again")
        self.starts = Starts()
        self.seeds = QLineEdit()
        self.seeds.setPlaceholderText("such as 1-8,12; without any, the preset's count")
        self.grid = Grid()
        self.more = Fold("Names, folder and machines")
        self.name, self.out, self.cluster = QLineEdit(), QLineEdit(), QLineEdit()
        self._lay_out()
        self.presets.itemChanged.connect(lambda _: self._tell())
        self.prompts.textChanged.connect(self._tell)
        for edit in (self.seeds, self.name, self.out, self.cluster):
            edit.textChanged.connect(self._tell)
        self.grid.changed.connect(self._tell)
        self.starts.changed.connect(self._tell)
        self.from_file.clicked.connect(self._ask_prompts)
        self.no_file.clicked.connect(lambda: self._take_file(""))

    # ── how it lies ───────────────────────────────────────────────────────────

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 16, 16, 16)
        column.setSpacing(6)
        column.addWidget(heading("Presets", self.presets))
        column.addWidget(_well(self.presets))
        column.addSpacing(8)
        top = QHBoxLayout()
        top.addWidget(heading("Prompts", self.prompts), 1)
        top.addWidget(self.file_name)
        top.addWidget(self.no_file)
        top.addWidget(self.from_file)
        column.addLayout(top)
        self._typed = _well(self.prompts)
        column.addWidget(self._typed)
        column.addSpacing(8)
        column.addWidget(self.starts)
        column.addWidget(heading("Seeds", self.seeds))
        column.addWidget(self.seeds)
        column.addSpacing(8)
        column.addWidget(heading("Grid, with a labelled sheet at the end", self.grid.sides[0][0]))
        column.addWidget(self.grid)
        column.addSpacing(4)
        column.addWidget(self.more)
        column.addWidget(self._folded())
        column.addStretch(1)
        self._take_file("", tell=False)

    def _folded(self) -> QWidget:
        inside = QWidget()
        rows = QGridLayout(inside)
        rows.setContentsMargins(16, 0, 0, 8)
        rows.setVerticalSpacing(6)
        choose = word("Choose…", "Another folder")
        choose.clicked.connect(self._ask_folder)
        for line, (text, edit, hint) in enumerate(
            (
                ("Names", self.name, naming.USUAL),
                ("Folder", self.out, str(Wanted().folder)),
                ("Cluster", self.cluster, "the address of a Ray cluster, for many machines"),
            )
        ):
            label = QLabel(text)
            set_role(label, "second")
            label.setBuddy(edit)
            edit.setAccessibleName(text)
            edit.setPlaceholderText(hint)
            rows.addWidget(label, line, 0)
            rows.addWidget(edit, line, 1)
        rows.addWidget(choose, 1, 2)
        inside.setVisible(False)
        self.more.toggled.connect(inside.setVisible)
        return inside

    # ── what is set ───────────────────────────────────────────────────────────

    def show_presets(self, kept: Sequence[Kept], absent: Container[str], chosen: Container[str]) -> None:
        """What there is to choose from, without saying so; `absent` are the paths of those whose model is not here."""
        self._quiet = True
        self.presets.clear()
        self._add_preset("What is set now", NOW, chosen, "Model, prompt and settings as they stand in the window")
        for at, one in enumerate(kept):
            path = str(one.path)
            if at >= _KEPT and path not in chosen:
                continue
            self._add_preset(one.preset.name, path, chosen, one.preset.note, path not in absent)
        self._quiet = False

    def _add_preset(self, name: str, path: str, chosen: Container[str], tip: str, here: bool = True) -> None:
        item = QListWidgetItem(name if here else f"{name} · its model is not here")
        item.setData(Qt.ItemDataRole.UserRole, path)
        item.setToolTip(tip)
        flags = Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsUserCheckable
        item.setFlags(flags | Qt.ItemFlag.ItemIsEnabled if here else flags)
        item.setCheckState(Qt.CheckState.Checked if here and path in chosen else Qt.CheckState.Unchecked)
        self.presets.addItem(item)

    def _items(self) -> list[QListWidgetItem]:
        return [self.presets.item(at) for at in range(self.presets.count())]

    def offer(self, takes: Sequence[Source]) -> None:
        """The settings and files that the presets which are chosen take."""
        self.grid.offer(takes)
        self.starts.offer(takes)

    def value(self) -> Wanted:
        checked = [item for item in self._items() if item.checkState() == Qt.CheckState.Checked]
        return Wanted(
            [str(item.data(Qt.ItemDataRole.UserRole)) for item in checked],
            self.prompts.toPlainText(),
            self.file,
            self.starts.value(),
            self.seeds.text(),
            self.grid.value(),
            self.name.text(),
            self.out.text(),
            self.cluster.text(),
        )

    def set_value(self, wanted: Wanted) -> None:
        """All at once; told at the end."""
        self._quiet = True
        if not self.presets.count():
            self.show_presets((), (), wanted.presets)
            self._quiet = True
        for item in self._items():
            here = bool(item.flags() & Qt.ItemFlag.ItemIsEnabled)
            on = here and item.data(Qt.ItemDataRole.UserRole) in wanted.presets
            item.setCheckState(Qt.CheckState.Checked if on else Qt.CheckState.Unchecked)
        self.prompts.setPlainText(wanted.prompts)
        self._take_file(wanted.file if Path(wanted.file).is_file() else "", tell=False)
        self.starts.set_value(wanted.inputs)
        self.seeds.setText(wanted.seeds)
        self.grid.set_value(wanted.axes)
        for edit, text in ((self.name, wanted.name), (self.out, wanted.out), (self.cluster, wanted.cluster)):
            edit.setText(text)
        self.more.setChecked(bool(wanted.name or wanted.out or wanted.cluster))
        self._quiet = False
        self._tell()

    def _tell(self) -> None:
        if not self._quiet:
            self.changed.emit()

    # ── files ─────────────────────────────────────────────────────────────────

    def give(self, path: str) -> str:
        """Take a dropped file where it belongs: what it became, in a word. Raises BadInput where it belongs nowhere."""
        ending = Path(path).suffix.lower()
        if ending == ENDING:
            return "preset"
        if self.starts.give(path):
            return "start"
        if ending in TEXTS:
            self._take_file(path)
            return "prompts"
        what = "These presets start from no such file"
        raise BadInput(f"{what}: drop a list of prompts, or choose a preset that starts from one.")

    def _take_file(self, path: str, tell: bool = True) -> None:
        self.file = path
        self.file_name.setText(Path(path).name)
        self.file_name.setToolTip(path)
        self.file_name.setVisible(bool(path))
        self.no_file.setVisible(bool(path))
        self._typed.setVisible(not path)
        if tell:
            self._tell()

    def _ask_prompts(self) -> None:
        path, _ = QFileDialog.getOpenFileName(
            self, "Prompts", str(Path(self.file).parent) if self.file else "", _PROMPTS
        )
        if path:
            self._take_file(path)

    def _ask_folder(self) -> None:
        if path := QFileDialog.getExistingDirectory(self, "Where the batch goes", str(self.value().folder)):
            self.out.setText(path)


def _well(inside: QWidget) -> QWidget:
    """A frame around what is typed into or chosen from."""
    well = QWidget()
    well.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
    set_role(well, "well")
    row = QVBoxLayout(well)
    row.setContentsMargins(8, 6, 8, 6)
    row.addWidget(inside)
    return well
