"""The models at hand: adding one, taking one off the list, choosing one, and putting the loaded one out of memory."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFileDialog, QWidget

from desktop.catalog.room import ModelsRoom
from desktop.session import Session
from models.protocol import BadInput, Match, ModelInfo


class Stock(QObject):
    """What the menu, the list and the room of models ask for."""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.session, self.window, self.worker = session, session.window, session.worker
        self.window.models.add_wanted.connect(self.add)
        self.window.room_made.connect(self._join_room)

    def _join_room(self, room: QWidget) -> None:
        if isinstance(room, ModelsRoom):
            room.add_wanted.connect(self.add)
            room.use.connect(self.use)
            room.forget.connect(self.forget)
            room.show_folder.connect(lambda model: show_folder(Path(model.path)))

    def add(self) -> None:
        """Let the person choose a model's folder; the engine looks whether it can use it."""
        path = QFileDialog.getExistingDirectory(self.window, "Choose the folder of a model")
        if path:
            self.window.notices.say(f"Looking at {Path(path).name}.", quiet=True)
            self.worker.add_model(path)

    def forget(self, model: ModelInfo) -> None:
        """Take a model off the list; its files stay."""

        def forget() -> str:
            from models.store.store import Store

            return Store(_recognise_nothing).remove(model.id)

        def forgotten(found: object) -> None:
            if isinstance(found, Exception):
                self.session.say(str(found))
            else:
                self.worker.rescan()
                self.window.notices.say(f"{model.name} is off the list. Its files are where they were.", quiet=True)

        self.session.aside.run(forget, forgotten)

    def use(self, model: ModelInfo) -> None:
        """Choose it, and go where it is used."""
        self.session.choose(model)
        self.window.enter("picture")

    def unload(self) -> None:
        """Give the loaded model's memory back, for other programs; the next picture reads it again."""
        self.worker.unload()
        self.window.notices.say("The memory is free. For the next picture the model is read again.", quiet=True)


def show_folder(folder: Path) -> None:
    """The folder in the system's file manager, made if it was missing."""
    folder.mkdir(parents=True, exist_ok=True)
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))


def _recognise_nothing(path: Path) -> tuple[str, Match]:
    raise BadInput(f"{path} is not looked at here.")
