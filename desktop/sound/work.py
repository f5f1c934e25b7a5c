"""The room of sound as a work: what the window asks of any work, and where a take can go from here."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog, QWidget

from desktop.canvas.hand import file_data
from desktop.sound import export
from desktop.sound.player import Opener
from desktop.sound.room import SoundRoom
from desktop.sound.stream import open_device
from desktop.work import Sign, Wanted
from models.outputs import formats
from models.protocol import BadInput, Medium, ModelInfo, Request, SoundPreview


class SoundWork(SoundRoom):
    """See `desktop.work.Work`."""

    medium: Medium = "sound"

    def __init__(self, open_stream: Opener = open_device, parent: QWidget | None = None) -> None:
        super().__init__(open_stream, parent)
        self.transport.export.connect(self._ask_export)
        self.transport.go_on.connect(self.go_on)

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
        if not done:
            self._drop_forming()

    # ── what is finished ──────────────────────────────────────────────────────

    def show_file(self, path: str) -> None:
        heard = self.player.playing and self._take is not None and bool(self._take.path)
        made = self._making is not None and not self.takes.has(path)
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

    # ── where a take can go ───────────────────────────────────────────────────

    def go_on(self) -> None:
        """Make what comes after the playhead, from what lies before it."""
        take, given = self._take, self._input
        if take is None or given is None or not take.path:
            return
        at = self.player.at if 0.05 < self.player.at < take.seconds else take.seconds

        def cut(found: object) -> None:
            if isinstance(found, str):
                self.asked.emit(Wanted(task=given.tasks[0], inputs={given.name: found}))
            else:
                self._say_failure(found)

        self._aside.run(lambda: export.until(take.path, at), cut)

    def _ask_export(self, kind_name: str, part: bool) -> None:
        kind, take = formats.find(kind_name, "sound"), self._take
        if take is not None and take.path:
            start = str(Path.home() / (Path(take.path).stem + kind.extension))
            target, _ = QFileDialog.getSaveFileName(self, "Export", start, f"{kind.label} (*{kind.extension})")
            if target:
                self.export_to(target, kind_name, self.stretch if part else None)

    def export_to(self, target: str, kind_name: str, stretch: tuple[float, float] | None = None) -> None:
        """Write what is heard there, aside; `notice` says where it is, or why it is not."""
        path = self.path

        def written(found: object) -> None:
            if isinstance(found, str):
                self.notice.emit(f"Saved as {found}.")
            else:
                self._say_failure(found)

        self._aside.run(lambda: export.write(path, target, kind_name, stretch), written)

    def _say_failure(self, found: object) -> None:
        self.notice.emit(str(found) if isinstance(found, BadInput) else f"That could not be written ({found}).")

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
