"""Every command once: the menu, the shortcuts and the palette read them here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QMenu, QMenuBar, QWidget

from desktop.picker import Row
from desktop.prompt import shelves


@dataclass(frozen=True)
class Command:
    """What one command is: its id, its words, where it stands in the menu, and its keys (the first is shown)."""

    id: str
    text: str
    menu: str
    keys: tuple[str, ...] = ()
    checkable: bool = False
    group: str = ""  # one of a group is on
    line_before: bool = False


PALETTE = ("Make", "View", "Edit", "File", "Help")  # the palette begins with what is wanted most
MENUS = ("File", "Edit", "Make", "View", "Help")

COMMANDS = (
    Command("open", "Open a file or its settings…", "File", ("Ctrl+O",)),
    Command("add-model", "Add your own model…", "File", ("Ctrl+Shift+O",)),
    Command("open-folder", "Show the outputs folder", "File", line_before=True),
    *(Command(id, words, "File") for id, words, _ in shelves.FOLDERS),
    Command("quit", "Quit", "File", ("Ctrl+Q",), line_before=True),
    Command("undo", "Undo", "Edit", ("Ctrl+Z",)),
    Command("redo", "Redo", "Edit", ("Ctrl+Shift+Z", "Ctrl+Y")),
    Command("copy-picture", "Copy", "Edit", ("Ctrl+Shift+C",), line_before=True),
    Command("paste", "Paste a picture or its settings", "Edit", ("Ctrl+V",)),
    Command("reset", "Reset settings", "Edit", ("Ctrl+Shift+R",), line_before=True),
    Command("presets", "Use a preset…", "Edit", ("Ctrl+P",), line_before=True),
    Command("save-preset", "Save as a preset…", "Edit", ("Ctrl+S",)),
    Command("history", "Find a past prompt…", "Edit", ("Ctrl+H",)),
    Command("generate", "Generate", "Make", ("Ctrl+Return", "Ctrl+Enter")),
    Command("stop", "Stop", "Make", ("Esc",)),
    Command("stop-all", "Stop everything in the queue", "Make", ("Ctrl+Shift+Esc",)),
    Command("queue", "Show the queue", "Make", ("Ctrl+J",)),
    Command("pause-queue", "Pause the queue, or go on", "Make", ("Ctrl+Shift+J",)),
    Command("new-seed", "New seed", "Make", ("Ctrl+R",), line_before=True),
    Command("keep-seed", "Keep this seed", "Make", ("Ctrl+Shift+K",)),
    Command("use-settings", "Use the settings of what is shown", "Make", ("Ctrl+U",), line_before=True),
    Command("use-start", "Start from what is shown", "Make", ("Ctrl+Shift+U",)),
    Command("part", "Make a part again…", "Make", ("Ctrl+M",)),
    Command("compare-models", "Compare all models on this prompt", "Make", ("Ctrl+Shift+D",)),
    Command("batch", "Make many in a batch…", "Make", ("Ctrl+B",)),
    Command("unload", "Free the model's memory", "Make", line_before=True),
    Command("palette", "Search commands…", "View", ("Ctrl+K",)),
    Command("models", "Find a model", "View", ("Ctrl+F",), line_before=True),
    Command("settings", "Go to the settings", "View", ("Ctrl+,",)),
    Command("prompt", "Go to the prompt", "View", ("Ctrl+L",)),
    Command("guide", "How this model works", "Help", ("F1",)),
    Command("fit", "Fit", "View", ("Ctrl+0",), line_before=True),
    Command("actual", "Actual size", "View", ("Ctrl+1",)),
    Command("zoom-in", "Zoom in", "View", ("Ctrl++", "Ctrl+=")),
    Command("zoom-out", "Zoom out", "View", ("Ctrl+-",)),
    Command("compare", "Compare with last", "View", ("Ctrl+D",)),
    Command("theme-system", "As the system", "View", checkable=True, group="theme", line_before=True),
    Command("theme-dark", "Dark", "View", checkable=True, group="theme"),
    Command("theme-light", "Light", "View", checkable=True, group="theme"),
    Command("full-screen", "Full screen", "View", ("F11",), checkable=True, line_before=True),
)


class Actions(QObject):
    """The commands as QActions of one window. One without work is not there: nothing is listed that does nothing."""

    def __init__(self, window: QWidget, work: dict[str, Callable[[], object]], more: Sequence[Command] = ()) -> None:
        super().__init__(window)
        self.commands = tuple(c for c in (*COMMANDS, *more) if c.id in work)
        self._actions: dict[str, QAction] = {}
        groups: dict[str, QActionGroup] = {}
        for command in self.commands:
            action = QAction(command.text, window)
            action.setObjectName(command.id)
            action.setShortcuts([QKeySequence(k) for k in command.keys])
            action.setShortcutContext(Qt.ShortcutContext.WindowShortcut)
            action.setCheckable(command.checkable)
            if command.group:
                groups.setdefault(command.group, QActionGroup(self)).addAction(action)
            action.triggered.connect(lambda _=False, run=work[command.id]: run())
            window.addAction(action)
            self._actions[command.id] = action

    def __getitem__(self, id: str) -> QAction:
        return self._actions[id]

    def __contains__(self, id: str) -> bool:
        return id in self._actions

    def menus(self, onto: QMenu | QMenuBar) -> None:
        """Put every command into its menu, in order."""
        for name in (*MENUS, *sorted({c.menu for c in self.commands} - set(MENUS))):
            of_menu = [c for c in self.commands if c.menu == name]
            if not of_menu:
                continue
            menu = onto.addMenu(name)
            for command in of_menu:
                if command.line_before and not menu.isEmpty():
                    menu.addSeparator()
                menu.addAction(self._actions[command.id])

    def rows(self) -> list[Row]:
        """What the palette lists: every command that can be used now, with its keys."""
        return [
            Row(
                f"{c.menu}: {self._actions[c.id].text()}",
                c.id,
                self._actions[c.id].shortcut().toString(QKeySequence.SequenceFormat.NativeText),
            )
            for c in sorted(self.commands, key=lambda c: PALETTE.index(c.menu) if c.menu in PALETTE else len(PALETTE))
            if c.id != "palette" and self._actions[c.id].isEnabled()
        ]
