"""The room of sound as a work: what the window asks of any work, said in the room's own words."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from PySide6.QtGui import QGuiApplication

from desktop.canvas.hand import file_data
from desktop.sound.room import SoundRoom
from desktop.work import Sign
from models.protocol import Medium, ModelInfo, Request, SoundPreview


class SoundWork(SoundRoom):
    """See `desktop.work.Work`."""

    medium: Medium = "sound"

    # ── what is being made ────────────────────────────────────────────────────

    def begin(self, request: Request) -> None:
        self._making, self._item = request, 0
        self.listening.forget_forming()

    def show_preview(self, sign: Sign) -> None:
        if isinstance(sign, SoundPreview) and self._making is not None:
            self.listening.look_at(sign)

    def end(self, done: bool) -> None:
        self._making = None
        self.listening.forget_forming()
        if not done and self._take is not None and not self._take.path:
            self._show_take(None)
            if self.takes.now:
                self.hear(self.takes.now)

    # ── what is finished ──────────────────────────────────────────────────────

    def show_file(self, path: str) -> None:
        heard = self.player.playing and self._take is not None and bool(self._take.path)
        made = self._making is not None and path not in [entry.path for entry in self.takes.entries]
        if made:
            self._made.add(path)
        if made and heard:
            self.listening.open(path)  # who listens is not interrupted: it waits to be compared
        else:
            self.hear(path)

    def clear(self) -> None:
        self._wanted = ""
        for entry in list(self.takes.entries):
            self.takes.drop(entry.path)
        self._show_take(None)

    # ── around it ─────────────────────────────────────────────────────────────

    def set_model(self, model: ModelInfo | None) -> None:
        inputs = model.card.inputs if model is not None else ()
        self._input = next((given for given in inputs if given.medium == "sound"), None)
        self._refresh()

    def set_empty(self, sentence: str, word: str = "", suggestions: Sequence[str] = ()) -> None:
        self.empty.say(sentence, word, suggestions)

    def deeds(self) -> Mapping[str, Callable[[], object]]:
        scope = lambda do: lambda: do(self.scope) if self.scope is not None else None  # noqa: E731
        return {
            "copy-picture": self._copy,
            "fit": self._fit,
            "actual": scope(lambda s: s.show_samples()),
            "zoom-in": scope(lambda s: s.zoom(True)),
            "zoom-out": scope(lambda s: s.zoom(False)),
            "compare": lambda: self.hear(self.takes.other),
        }

    def remember(self) -> dict[str, object]:
        return {"volume": self.transport.volume.value(), "loop": self._loops}

    def recall(self, held: Mapping[str, object]) -> None:
        volume, loop = held.get("volume"), held.get("loop")
        if type(volume) is int and 0 <= volume <= 100:
            self.transport.volume.setValue(volume)
        if type(loop) is bool:
            self.set_loops(loop)

    def leave(self) -> None:
        self.player.stop()

    def _copy(self) -> None:
        if self.path:
            QGuiApplication.clipboard().setMimeData(file_data([self.path]))
