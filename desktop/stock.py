"""The models at hand: adding and fetching, choosing one, taking one away, and putting the loaded one out of memory."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFileDialog, QWidget

from desktop.catalog.adding import Adding
from desktop.catalog.deeds import Deeds
from desktop.catalog.fetching import Fetching
from desktop.catalog.room import ModelsRoom
from desktop.catalog.strip import Fetch
from desktop.catalog.token_dialog import TokenDialog
from desktop.session import Session
from models.protocol import Found, Hello, ModelInfo

FILES = "Models (*.safetensors *.gguf *.onnx *.pt2 *.ckpt *.pt *.pth *.bin);;All files (*)"


class Stock(QObject):
    """What the menu, the list and the room of models ask for."""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.session, self.window, self.worker = session, session.window, session.worker
        self.adding = Adding(self.worker, self)
        self.fetching = Fetching(self.adding, self)
        self.room: ModelsRoom | None = None
        self._hello: Hello | None = None
        self.deeds = Deeds(session, lambda: self.room.here if self.room is not None else None)
        self.deeds.taken_back.connect(self.take)
        session.refusal_is_told = lambda: self.adding.waits
        self.worker.hello.connect(self._heard)
        self.window.models.add_wanted.connect(self.add)
        self.window.room_made.connect(self._join_room)
        self.fetching.changed.connect(self._show_fetches)
        self.fetching.arrived.connect(self._fetched)
        self.fetching.stuck.connect(self._stuck)
        self.fetching.failed.connect(session.say)

    def _join_room(self, room: QWidget) -> None:
        if not isinstance(room, ModelsRoom):
            return
        self.room = room
        here = room.here
        here.deed.connect(self._do)
        here.add_folder.connect(self.add)
        here.add_file.connect(self.add_file)
        here.link_wanted.connect(self.deeds.link)
        here.copies_wanted.connect(self.deeds.find_copies)
        room.offers.loaded.connect(self._show_fetches)
        room.offers.fetch.connect(self.fetch)
        room.offers.use.connect(self.use)
        room.offers.token_wanted.connect(self.ask_token)
        room.strip.deed.connect(self._do_download)
        room.dropped.connect(self._take_all)
        self._tell_room()
        self.fetching.begin()
        self._show_fetches()

    def finish(self) -> None:
        """Pause what is fetched and end what is read; call it before the window goes."""
        self.fetching.finish()
        self.deeds.finish()

    # ── what is there ─────────────────────────────────────────────────────────

    def _heard(self, hello: Hello) -> None:
        self._hello = hello
        self._tell_room()

    def _tell_room(self) -> None:
        if self.room is not None:
            told = self._hello
            self.room.set_machine(told.machine if told else None)
            self.room.set_found(told.found if told else ())

    def add(self) -> None:
        """Let the person choose a model's folder; the engine looks whether it can use it."""
        if path := QFileDialog.getExistingDirectory(self.window, "Choose the folder of a model"):
            self.take(path)

    def add_file(self) -> None:
        """Let the person choose a model's one file."""
        path, _ = QFileDialog.getOpenFileName(self.window, "Choose the file of a model", "", FILES)
        if path:
            self.take(path)

    def _take_all(self, paths: list[str]) -> None:
        for path in paths:
            self.take(path)

    def take(self, path: str) -> None:
        """Put a file or a folder on the list."""
        self.window.notices.say(f"Looking at {Path(path).name}.", quiet=True)

        def then(what: ModelInfo | Found | str) -> None:
            if isinstance(what, str):
                self.session.say(what)
            else:
                self._arrived(what)
                self.window.notices.say(f"{what.name} is on the list. It stays where it lies.", quiet=True)

        self.adding.add(path, then)

    def _arrived(self, what: ModelInfo | Found) -> None:
        """Show what is new, unless the person is reading something else."""
        if self.room is not None and self.room.sides.currentWidget() is self.room.here:
            self.room.show_one(what.id)

    def forget(self, model: ModelInfo | Found) -> None:
        """Take a model off the list; its files stay."""
        self.deeds.forget(model)

    # ── what is done with one ─────────────────────────────────────────────────

    def _do(self, deed: str, one: ModelInfo | Found) -> None:
        if deed == "use" and isinstance(one, ModelInfo):
            self.use(one)
        elif deed == "folder":
            path = Path(one.path)
            show_folder(path if path.is_dir() else path.parent)
        elif deed == "verify":
            self.deeds.check(one)
        elif deed == "forget":
            self.forget(one)
        elif deed == "unlink":
            self.deeds.unlink(one.found_in)
        elif deed == "discard":
            self.deeds.throw(one)

    def use(self, model: ModelInfo) -> None:
        """Choose it, and go where it is used."""
        self.session.choose(model)
        self.window.enter(model.card.medium)

    # ── downloads ─────────────────────────────────────────────────────────────

    def fetch(self, ask: Any) -> None:
        """Fetch a model: the person has just said so."""
        if ask is not None:
            self.fetching.fetch(ask)

    def _do_download(self, deed: str, key: str) -> None:
        if deed in ("resume", "again"):
            self.fetching.resume(key)
        elif deed == "remove":
            self.fetching.cancel(key)
        elif deed in ("pause", "cancel", "clear"):
            getattr(self.fetching, deed)(key)
        elif deed == "use" and key in self.fetching.models:
            self.use(self.fetching.models[key])
        elif deed == "folder":
            known = next((fetch for fetch in self.fetching.fetches if fetch.key == key), None)
            if known is not None and known.state.path:
                show_folder(Path(known.state.path))
        elif deed == "token":
            self.ask_token(key, key)

    def ask_token(self, model: str, key: str = "") -> TokenDialog:
        """Take the token for the hub; then the download of that key goes on."""
        known = next((fetch for fetch in self.fetching.fetches if key and fetch.key == key), None)
        dialog = TokenDialog(self._name(known) if known else model, self.deeds.aside, self.window)

        def kept(where: str) -> None:
            if where == "keyring":
                self.window.notices.say("The token is in your system's keyring.", quiet=True)
            else:
                self.session.say("This system has no keyring, so the token is kept until Everyform closes.")
            if known is not None:
                self.fetching.resume(key)

        dialog.kept.connect(kept)
        dialog.open()
        return dialog

    def _show_fetches(self) -> None:
        if self.room is not None:
            self.room.show_fetches(replace(fetch, name=self._name(fetch)) for fetch in self.fetching.fetches)

    def _name(self, fetch: Fetch) -> str:
        """As the catalog calls it; else its id."""
        return self.room.offers.names.get(fetch.state.ask.id, fetch.name) if self.room is not None else fetch.name

    def _fetched(self, what: ModelInfo | Found) -> None:
        """Say so where the person does not see it come."""
        if self.window.room == "models":
            self._arrived(what)
        elif isinstance(what, ModelInfo):
            words = f"{what.name} has come, and is on the list."
            self.window.notices.say(words, quiet=True, action="Use this model", run=lambda: self.use(what))

    def _stuck(self, fetch: Fetch) -> None:
        if self.window.room != "models":
            enter = lambda: self.window.enter("models")  # noqa: E731
            self.window.notices.say(f"{self._name(fetch)}: {fetch.sentence()}", action="See it", run=enter)

    def unload(self) -> None:
        """Give the loaded model's memory back, for other programs; the next picture reads it again."""
        self.worker.unload()
        self.window.notices.say("The memory is free. For the next picture the model is read again.", quiet=True)


def show_folder(folder: Path) -> None:
    """The folder in the system's file manager, made if it was missing."""
    folder.mkdir(parents=True, exist_ok=True)
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))
