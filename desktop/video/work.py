"""The Video room's middle, as the window knows it: the player, and where a film can go from here."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, cast

from PySide6.QtCore import QSize, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QGuiApplication
from PySide6.QtWidgets import QFileDialog, QVBoxLayout, QWidget

from desktop.aside import Aside, sentence
from desktop.canvas.hand import file_data
from desktop.empty import Empty
from desktop.inputs import dropped_file
from desktop.middle import Middle
from desktop.video import exporting
from desktop.video.player import Player
from desktop.video.playing import SPEEDS
from desktop.video.track import Track
from desktop.work import Sign, Wanted
from models.outputs import formats
from models.protocol import Medium, ModelInfo, Preview, Request

NO_START = "{name} begins from no picture; choose a model that makes video from a picture."


class VideoWork(Middle):
    """See `desktop.work.Work`. `last_frame` carries the picture's file when a film is to be continued."""

    medium: Medium = "video"

    last_frame = Signal(str)
    _told = Signal(int, int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.player = Player()
        self.empty = Empty("", "", self.player.screen_)
        self._aside = Aside(self)
        self._model: ModelInfo | None = None
        self._stop_export = False
        self._pinned, self._newest = False, cast(Preview | None, None)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.addWidget(self.player)
        self.setFocusProxy(self.player)
        self.setAcceptDrops(True)
        self.player.screen_.resized.connect(self._place_empty)
        self.player.opened.connect(self._opened)
        self.player.failed.connect(self.notice)
        self.player.transport.further.clicked.connect(self.go_on)
        self.player.transport.export.connect(self.ask_export)
        self.player.transport.stop_export.connect(self._halt_export)
        self.empty.acted.connect(self.empty_acted)
        self.empty.suggested.connect(self.empty_suggested)
        self._told.connect(self.player.transport.show_export)
        self._refresh()

    def set_track(self, track: Track | None) -> None:
        """Whoever plays the films' sound; without one they are silent."""
        self.player.set_track(track)

    # ── where a film can go ───────────────────────────────────────────────────

    def go_on(self) -> None:
        """Make what comes after the last frame of the part: it becomes the first frame of the next film."""
        name, path = self._start(), self.path
        if not name or not path:
            return

        def written(found: Any) -> None:
            if isinstance(found, Exception):
                self.notice.emit(sentence(found))
                return
            self.last_frame.emit(found)
            self.asked.emit(Wanted(inputs={name: found}, count=1))

        self._aside.run(partial(exporting.still, path, self.player.playing.last), written)

    def ask_export(self, kind: str, part: bool) -> None:
        """Let the person say where the film, or the part, is to be saved."""
        form = formats.find(kind, "video")
        first = Path(self.path).stem + ("-part" if part else "") + form.extension
        name, _ = QFileDialog.getSaveFileName(self, "Export", first, f"{form.label} (*{form.extension})")
        if name:
            self.export(name, kind, part)

    def export(self, target: str, kind: str, part: bool) -> None:
        """Write it aside; a sentence says where it is, or why not."""
        facts, playing = self.player.facts, self.player.playing
        if facts is None:
            return
        first, last = (playing.first, playing.last) if part else (0, facts.count - 1)
        self._stop_export = False

        def tell(done: int, total: int) -> None:
            if self._stop_export:
                raise exporting.Stopped
            self._told.emit(done, total)

        def written(found: Any) -> None:
            self.player.transport.show_export(0, 0)
            self._refresh()
            if not isinstance(found, exporting.Stopped):
                self.notice.emit(sentence(found) if isinstance(found, Exception) else f"Saved as {found}.")

        self._told.emit(0, last - first + 1)
        self._aside.run(partial(exporting.film, facts, target, kind, first, last, tell), written)

    # ── what is being made ────────────────────────────────────────────────────

    def begin(self, request: Request) -> None:
        def number(name: str) -> float:
            value = request.settings.get(name, 0)
            return float(value) if isinstance(value, int | float) else 0.0

        size = QSize(int(number("width")), int(number("height")))
        self._pinned, self._newest = False, None
        self.player.form(size, int(number("frames")) or 16, number("fps"))
        self._refresh()

    def show_preview(self, sign: Sign) -> None:
        if isinstance(sign, Preview):
            self._newest = sign
            if not self._pinned:
                self.player.take(sign)
                self._refresh()

    def pin(self, preview: Preview | None) -> None:
        self._pinned = preview is not None
        if step := preview or self._newest:
            self.player.take(step)

    def end(self, done: bool) -> None:
        if not done:  # else the film that was made takes its place
            self.player.formed()
        self._refresh()

    # ── what is finished ──────────────────────────────────────────────────────

    @property
    def path(self) -> str:
        return self.player.facts.path if self.player.facts is not None else ""

    def show_file(self, path: str) -> None:
        self.player.open(path)

    def clear(self) -> None:
        self.player.close_film()
        self._refresh()

    # ── around it ─────────────────────────────────────────────────────────────

    def set_model(self, model: ModelInfo | None) -> None:
        self._model = model
        self._refresh()

    def set_empty(self, sentence: str, word: str = "", suggestions: Sequence[str] = ()) -> None:
        self.empty.say(sentence, word, suggestions)
        self._refresh()

    def deeds(self) -> Mapping[str, Callable[[], object]]:
        return {
            "fit": lambda: self.player.set_actual(False),
            "actual": lambda: self.player.set_actual(True),
            "copy-picture": self.copy,
        }

    def copy(self) -> None:
        """The frame that is seen, and the film's file where it has one, to the clipboard."""
        image = self.player.screen_.image
        if not image.isNull():
            data = file_data([self.path] if self.path else [])
            data.setImageData(image)
            QGuiApplication.clipboard().setMimeData(data)

    def remember(self) -> dict[str, object]:
        words = self.player.captions
        return {
            "loop": words.loop.isChecked(),
            "onion": words.onion.isChecked(),
            "sound": words.sound.isChecked(),
            "actual": words.actual.isChecked(),
            "speed": self.player.playing.speed,
        }

    def recall(self, held: Mapping[str, object]) -> None:
        words = self.player.captions
        for name, button in (("loop", words.loop), ("onion", words.onion), ("sound", words.sound)):
            if isinstance(on := held.get(name), bool):
                button.setChecked(on)
        if isinstance(actual := held.get("actual"), bool):
            self.player.set_actual(actual)
        if (speed := held.get("speed")) in SPEEDS:
            words.choose_speed(SPEEDS.index(float(speed)))  # type: ignore[arg-type]

    def enter(self) -> None:
        self.player.setFocus()

    def leave(self) -> None:
        self.player.playing.pause()

    def finish(self) -> None:
        self._halt_export()
        self._aside.finish()
        self.player.finish()

    # ── what is dropped here ──────────────────────────────────────────────────

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """A still becomes the first frame, where the model begins from one; all else is the window's."""
        if self._start() and formats.medium_of(Path(dropped_file(event.mimeData())).suffix) == "picture":
            event.acceptProposedAction()
        else:
            event.ignore()

    def dropEvent(self, event: QDropEvent) -> None:
        event.acceptProposedAction()
        self.given.emit(dropped_file(event.mimeData()))

    # ── inside ────────────────────────────────────────────────────────────────

    def _start(self) -> str:
        """The name of the input that the model takes a first frame by, or ""."""
        inputs = self._model.card.inputs if self._model is not None else ()
        return next((given.name for given in inputs if given.medium == "picture"), "")

    def _halt_export(self) -> None:
        self._stop_export = True

    def _opened(self, path: str) -> None:
        self._refresh()
        self.shown.emit(path)

    def _refresh(self) -> None:
        name = self._model.name if self._model else "Nothing"
        finished = self.player.facts is not None and self.player.forming is None
        self.player.transport.show_usable(self.player.film, finished, bool(self._start()), NO_START.format(name=name))
        self.empty.setVisible(not self.player.film and bool(self.empty.sentence.text()))

    def _place_empty(self) -> None:
        self.empty.setGeometry(self.player.screen_.rect())
