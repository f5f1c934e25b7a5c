"""What is done with models that are here: taken off the list, to the bin, linked, checked and compared."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QFileDialog

from desktop.aside import Aside
from desktop.catalog import storing
from desktop.catalog.here import Here
from desktop.session import Session
from models.protocol import Found, ModelInfo


class _Ended(Exception):
    """The window closes: what is read meanwhile need not be read to its end."""


class Deeds(QObject):
    """Each says in a notice what became of it, and offers the way back where there is one.

    `taken_back` carries the path of a model that is wanted on the list again.
    """

    taken_back = Signal(str)
    _read = Signal(str, float)  # what is read from end to end, and how much of it has been

    def __init__(self, session: Session, here: Callable[[], Here | None]) -> None:
        super().__init__(session)
        self.session, self.window, self.worker = session, session.window, session.worker
        self._here = here
        self.aside = Aside(self)  # what takes minutes must not hold up what takes moments
        self._ended = False
        self._checked = ""
        self._read.connect(self._show_read)

    def finish(self) -> None:
        """End what is read; call it before the window goes."""
        self._ended = True
        self.aside.finish()

    def forget(self, model: ModelInfo | Found) -> None:
        """Take a model off the list; its files stay."""
        words = f"{model.name} is off the list. Its files are where they were."
        self._change(
            lambda: storing.forget(model.id), lambda _: words, "Put it back", lambda: self.taken_back.emit(model.path)
        )

    def throw(self, model: ModelInfo | Found, *, others: bool = False) -> None:
        """Move a model to the bin; other programs' models only once that is said again."""
        models = self.session.models

        def done(found: Any) -> None:
            if isinstance(found, storing.Theirs):
                again = "Move it to the bin all the same"
                self.window.notices.say(str(found), action=again, run=lambda: self.throw(model, others=True))
            elif isinstance(found, Exception):
                self.session.say(_sentence(found))
            else:
                self.worker.rescan()
                back = (lambda: self._put_back(found)) if found.binned.where else None
                words = f"{model.name} is in the bin." if back else f"{model.name} is in the system's bin."
                self.window.notices.say(words, action="Put it back" if back else "", run=back)

        self.aside.run(lambda: storing.throw(model, models, others=others), done)

    def _put_back(self, thrown: storing.Thrown) -> None:
        self._change(lambda: storing.restore(thrown), lambda _: f"{thrown.name} is back, and on the list again.")

    def link(self) -> None:
        """Let the person choose another program's folder of models."""
        if path := QFileDialog.getExistingDirectory(self.window, "Choose the folder in which a program has its models"):
            self.link_folder(path)

    def link_folder(self, path: str) -> None:
        """List what lies in it, in place."""

        def words(linked: Any) -> str:
            many = f"{linked.count} models and additions" if linked.count != 1 else "one model"
            whose = "" if linked.program == "a folder" else f" of {linked.program}"
            return f"The folder{whose} is linked, with {many}. Everything stays where it is."

        self._change(lambda: storing.link(path), words)

    def unlink(self, folder: str) -> None:
        """List nothing of it any more."""
        words = f"{Path(folder).name} is not linked any more; every file in it stays."
        self._change(lambda: storing.unlink(folder), lambda _: words, "Link it again", lambda: self.link_folder(folder))

    def _change(self, work: Callable[[], Any], words: Callable[[Any], str], action: str = "", run: Any = None) -> None:
        """Change the list, look at it anew, and say so."""

        def done(found: Any) -> None:
            if isinstance(found, Exception):
                self.session.say(_sentence(found))
            else:
                self.worker.rescan()
                self.window.notices.say(words(found), quiet=True, action=action, run=run)

        self.aside.run(work, done)

    # ── what is read from end to end ──────────────────────────────────────────

    def check(self, model: ModelInfo | Found) -> None:
        """Compare a model's weights with what they were when it came."""
        self._checked = model.id
        self._show_read(model.id, 0.0)

        def done(found: Any) -> None:
            here = self._here()
            if here is not None and here.one is not None and here.one.id == model.id:
                here.about.say_checked(_sentence(found) if isinstance(found, Exception) else found[0])
            elif isinstance(found, Exception) or not found[1]:
                self.session.say(f"{model.name}: {_sentence(found) if isinstance(found, Exception) else found[0]}")
            self._checked = ""

        self.aside.run(lambda: storing.check(model.id, self._progress(model.id)), done)

    def find_copies(self) -> None:
        """Look for weights that lie here twice, and show them."""
        here = self._here()
        if here is None:
            return
        models: tuple[ModelInfo | Found, ...] = (*here.models, *here.found)
        here.copies.look(0.0)
        here.show_copies()

        def done(found: Any) -> None:
            if isinstance(found, Exception):
                here.copies.fail(_sentence(found))
            else:
                here.copies.say(found)

        self.aside.run(lambda: storing.copies(models, self._progress("")), done)

    def _progress(self, what: str) -> storing.Progress:
        last = -1

        def progress(done: int, total: int) -> None:
            nonlocal last
            if self._ended:
                raise _Ended
            share = done / max(total, 1)
            if int(share * 200) != last:  # a bar shows no finer steps
                last = int(share * 200)
                self._read.emit(what, share)

        return progress

    def _show_read(self, what: str, share: float) -> None:
        here = self._here()
        if here is None:
            return
        if not what:
            here.copies.look(share)
        elif here.one is not None and what == self._checked == here.one.id:
            here.about.say_checked("Reading its files.", share)


def _sentence(error: Exception) -> str:
    text = str(error)
    return text if text.endswith((".", "!", "?")) else f"That could not be done ({type(error).__name__}: {text})."
