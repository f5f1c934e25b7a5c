"""The row over the settings that says which preset is in use: opens the list, keeps what is set, and is dragged out."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMenu, QVBoxLayout, QWidget

from desktop.controls import hairline, set_role, word
from desktop.dragging import DragOut
from desktop.fold import Fold

NONE = "none"
CHANGED = "changed"
# What can be done with the one in use: its key, its words, and whether it must be the person's own.
DEEDS = (
    ("rename", "Rename…", True),
    ("replace", "Put what is set now in its place", True),
    ("export", "Share as a file…", False),
    ("delete", "Delete", True),
)


class PresetBar(QWidget):
    """`opened` asks for the list, `save_wanted` for what is set to be kept, `deed` carries what is to be done with the
    preset in use, `plain_wanted` that nothing more be done with what is made, `batch_wanted` many of it."""

    opened = Signal()
    save_wanted = Signal()
    deed = Signal(str)
    plain_wanted = Signal()
    batch_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.fold = Fold("Preset")
        self.path = ""  # of the file of the one in use
        self.out = DragOut(self.fold, lambda: self.path)
        self.fold.setToolTip("Choose a set-up that was kept. Drag it out to give it to someone.")
        self.fold.setAccessibleDescription("Opens the list of presets.")
        self.fold.clicked.connect(self._open)
        self.more = word("More", "What can be done with this preset")
        self.save = word("Save…", "Keeps this model, prompt and these settings as a preset")
        self.many = word("Batch…", "Many of it: presets by prompts by seeds, or a grid of settings")
        self.menu = QMenu(self)
        self.deeds = {}
        for key, text, _ in DEEDS:
            self.deeds[key] = self.menu.addAction(text)
            self.deeds[key].triggered.connect(lambda _=False, key=key: self.deed.emit(key))
        self.more.clicked.connect(lambda: self.menu.popup(self.more.mapToGlobal(QPoint(0, self.more.height()))))
        self.save.clicked.connect(self.save_wanted)
        self.many.clicked.connect(self.batch_wanted)
        row = QHBoxLayout()
        row.setContentsMargins(0, 0, 10, 0)
        row.setSpacing(0)
        row.addWidget(self.fold, 1)
        row.addWidget(self.more)
        row.addWidget(self.save)
        row.addWidget(self.many)
        self._after = QWidget()
        self.after = QLabel()
        self.after.setWordWrap(True)
        self.after.setTextFormat(Qt.TextFormat.PlainText)
        set_role(self.after, "small-second")
        self.plain = word("Leave out", "What is made stays as the model made it")
        self.plain.clicked.connect(self.plain_wanted)
        then = QHBoxLayout(self._after)
        then.setContentsMargins(16, 0, 10, 8)
        then.setSpacing(8)
        then.addWidget(self.after, 1)
        then.addWidget(self.plain, 0, Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(row)
        column.addWidget(self._after)
        column.addWidget(hairline())
        self.show_preset("", path="")
        self.show_after("")

    def show_preset(self, name: str, *, path: str, own: bool = False, changed: bool = False) -> None:
        """The one in use, and its file; `changed` where what is set is no longer what it says."""
        self.fold.tell(f"{name} · {CHANGED}" if name and changed else name or NONE)
        self.path = path
        self.more.setVisible(bool(name))
        for key, _, mine in DEEDS:
            self.deeds[key].setVisible(own or not mine)

    def show_after(self, words: str) -> None:
        """What is done with each finished thing; nothing where nothing is."""
        self.after.setText(words)
        self._after.setVisible(bool(words))

    def _open(self) -> None:
        self.fold.setChecked(True)
        self.opened.emit()

    def closed(self) -> None:
        """The list is shut."""
        self.fold.setChecked(False)
