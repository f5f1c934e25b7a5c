"""The person's styles in a window: seen, given other names, and deleted; the last that was deleted comes back."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from desktop import theme
from desktop.catalog import page
from desktop.controls import set_role, word
from models.prompting import styles
from models.prompting.styles import Style
from models.protocol import BadInput

NONE = "You have kept no styles yet: write a prompt, and keep it as one. Those of the program stay as they are."
LIST_HEIGHT = 216


class StyleBook(QDialog):
    """Whoever offers styles reads them anew: what is done here is on the disk at once."""

    _renamed = Signal(str, str)  # who is chosen, and what is wrong: told once the line that was typed in has gone

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Your styles")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        theme.current().dress(self)
        self._styles: list[Style] = []
        self._gone: list[tuple[Style, int]] = []
        self._quiet = False
        self.list = QListWidget()
        self.list.setAccessibleName("Your styles")
        self.list.setFixedHeight(LIST_HEIGHT)
        set_role(self.list, "checks")
        self.text = QLabel()
        self.text.setWordWrap(True)
        self.text.setTextFormat(Qt.TextFormat.PlainText)
        set_role(self.text, "small-second")
        self.problem = page.words("small-warn")
        self.told = QLabel()
        set_role(self.told, "small-second")
        self.back = word("Undo", "The style that was deleted last is back (Ctrl+Z)")
        self.rename = QPushButton("Rename")
        self.delete = QPushButton("Delete")
        self.shut = QPushButton("Close")
        self.shut.setDefault(True)
        self.rename.clicked.connect(self._edit)
        self.delete.clicked.connect(self._delete)
        self.back.clicked.connect(self._bring_back)
        self.shut.clicked.connect(self.accept)
        self.list.itemChanged.connect(self._named)
        self._renamed.connect(self._show, Qt.ConnectionType.QueuedConnection)
        self.list.currentRowChanged.connect(lambda _: self._show_one())
        QShortcut(QKeySequence.StandardKey.Delete, self.list, self._delete, context=Qt.ShortcutContext.WidgetShortcut)
        QShortcut(QKeySequence.StandardKey.Undo, self, self._bring_back)
        self._lay_out()
        self._show()

    def _lay_out(self) -> None:
        undone = QHBoxLayout()
        undone.addWidget(self.told, 1)
        undone.addWidget(self.back)
        foot = QHBoxLayout()
        foot.setSpacing(8)
        foot.addWidget(self.rename)
        foot.addWidget(self.delete)
        foot.addStretch(1)
        foot.addWidget(self.shut)
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 18, 20, 16)
        column.setSpacing(12)
        well = QWidget()
        well.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        set_role(well, "well")
        inside = QVBoxLayout(well)
        inside.setContentsMargins(8, 6, 8, 6)
        inside.addWidget(self.list)
        column.addWidget(well)
        column.addWidget(self.text)
        column.addWidget(self.problem)
        column.addLayout(undone)
        column.addLayout(foot)
        self.setMinimumWidth(440)

    def _show(self, chosen: str = "", problem: str = "") -> None:
        """All of them as they are on disk, one of them chosen."""
        try:
            self._styles = sorted(styles.own(), key=lambda one: one.name.casefold())
        except BadInput as error:
            self._styles, problem = [], str(error)
        self._quiet = True
        self.list.clear()
        for one in self._styles:
            item = QListWidgetItem(one.name)
            item.setFlags(item.flags() | Qt.ItemFlag.ItemIsEditable)
            self.list.addItem(item)
        names = [one.name for one in self._styles]
        self.list.setCurrentRow(names.index(chosen) if chosen in names else 0)
        self._quiet = False
        self.problem.setText(problem)
        self.problem.setVisible(bool(problem))
        self.told.setText(f"{self._gone[-1][0].name} is deleted." if self._gone else "")
        self.back.setVisible(bool(self._gone))
        self._show_one()

    def _show_one(self) -> None:
        one = self._one()
        for button in (self.rename, self.delete):
            button.setEnabled(one is not None)
        parts = [one.prompt, f"Avoid: {one.negative_prompt}" if one.negative_prompt else ""] if one else [NONE]
        self.text.setText("\n".join(part for part in parts if part)[:600])

    def _one(self) -> Style | None:
        at = self.list.currentRow()
        return self._styles[at] if 0 <= at < len(self._styles) else None

    def _edit(self) -> None:
        if (item := self.list.currentItem()) is not None:
            self.list.editItem(item)

    def _named(self, item: QListWidgetItem) -> None:
        """A name was typed in its place."""
        at = self.list.row(item)
        if self._quiet or not 0 <= at < len(self._styles) or item.text() == self._styles[at].name:
            return
        try:
            self._styles[at] = styles.rename(self._styles[at].name, item.text())
            chosen, problem = self._styles[at].name, ""
        except BadInput as error:
            chosen, problem = self._styles[at].name, str(error)
        self._renamed.emit(chosen, problem)

    def _delete(self) -> None:
        if (one := self._one()) is None:
            return
        problem = ""
        try:
            self._gone.append(styles.remove(one.name))
        except BadInput as error:
            problem = str(error)
        self._show(problem=problem)

    def _bring_back(self) -> None:
        if not self._gone:
            return
        style, at = self._gone[-1]
        try:
            styles.restore(style, at)
            self._gone.pop()
        except BadInput as error:
            self._show(problem=str(error))
            return
        self._show(style.name)
