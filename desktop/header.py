"""The line on top: the program's menu, the rooms, and what the machine and the queue are at."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QMenu, QPushButton, QSizePolicy, QToolButton, QWidget

from desktop.controls import set_role
from desktop.sides import LEFT

HEIGHT = 47
TIGHT = 980  # px: in a header narrower than this the rooms need the place of what is also found elsewhere


class Header(QWidget):
    """`room_chosen` carries a room's key. The chips are buttons, as all they show can be acted upon."""

    room_chosen = Signal(str)

    def __init__(self, rooms: Sequence[tuple[str, str]], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedHeight(HEIGHT)
        set_role(self, "panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.menu = QMenu(self)
        self.title = QToolButton()
        self.title.setText("Everyform")
        self.title.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.title.setMenu(self.menu)
        self.title.setAccessibleName("Everyform, menu")
        self.title.setShortcut("F10")
        self.title.setToolTip("The menu (F10)")
        set_role(self.title, "brand")
        self.models = self._chip("Models", "The models (Ctrl+F)")
        self.settings = self._chip("Settings", "The settings (Ctrl+,)")
        self.models.setCheckable(True)
        self.settings.setCheckable(True)
        self.commands = self._chip("Search commands   Ctrl K", "Everything that can be done here (Ctrl+K)")
        self.queue = self._chip("", "What is being made, and what waits")
        self.machine = self._chip("", "What the models run on")
        self.rooms = QButtonGroup(self)
        self._keys = [key for key, _ in rooms]
        row = QHBoxLayout(self)
        row.setContentsMargins(4, 0, 16, 0)
        row.setSpacing(8)
        self._brand = QWidget()
        brand = QHBoxLayout(self._brand)
        brand.setContentsMargins(0, 0, 0, 0)
        brand.addWidget(self.title)
        brand.addStretch(1)
        self._brand.setMinimumWidth(LEFT - 4)
        row.addWidget(self._brand)
        row.addWidget(self.models)
        self._tabs = tabs = QHBoxLayout()
        self._tight = False
        for at, (_, name) in enumerate(rooms):
            tab = QPushButton(name)
            tab.setCheckable(True)
            tab.setCursor(Qt.CursorShape.PointingHandCursor)
            tab.setToolTip(f"{name} (Alt+{at + 1})")
            tab.setShortcut(f"Alt+{at + 1}")
            tab.setAccessibleName(f"{name} room")
            tab.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
            set_role(tab, "tab", "room")
            self.rooms.addButton(tab, at)
            tabs.addWidget(tab)
        row.addSpacing(8)
        row.addLayout(tabs)
        row.addStretch(1)
        for chip in (self.commands, self.queue, self.machine, self.settings):
            row.addWidget(chip)
        self.rooms.idClicked.connect(lambda at: self.room_chosen.emit(self._keys[at]))
        self.queue.hide()
        self.machine.hide()
        self.fold(False)

    def show_room(self, key: str) -> None:
        """Mark the room that is open."""
        self.rooms.button(self._keys.index(key)).setChecked(True)

    def fold(self, narrow: bool) -> None:
        """Where the columns are drawers, their handles stand here, and the rest is shorter."""
        self.models.setVisible(narrow)
        self.settings.setVisible(narrow)
        self.commands.setText("Ctrl K" if narrow else "Search commands   Ctrl K")
        self.commands.setAccessibleName("Search commands")
        self._brand.setMinimumWidth(0 if narrow else LEFT - 4)
        self._tabs.setSpacing(12 if narrow else 20)

    def say(self, chip: QPushButton, text: str) -> None:
        """Words for one chip; without any it is not there."""
        if chip.text() != text:
            chip.setText(text)
        chip.setVisible(bool(text) and not (self._tight and chip is self.machine))

    def resizeEvent(self, event: QResizeEvent) -> None:
        if (tight := self.width() < TIGHT) != self._tight:
            self._tight = tight
            self.commands.setVisible(not tight)
            self.machine.setVisible(bool(self.machine.text()) and not tight)

    @staticmethod
    def _chip(text: str, tip: str) -> QPushButton:
        chip = QPushButton(text)
        set_role(chip, "chip")
        chip.setToolTip(tip)
        chip.setAccessibleDescription(tip)
        return chip
