"""What stands in the middle of a room: one contract for pictures, sound, video and text.

The frame around it (models, prompt, button, strip, settings) is the same in every room, and the session, the making
and the gallery know a work by this alone. A work is a QWidget made without arguments, the first time that its room is
entered; what takes longer than a frame it does aside.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from PySide6.QtCore import SignalInstance

from models.protocol import Medium, ModelInfo, Preview, Request, SoundPreview, Token, Value

Sign = Preview | SoundPreview | Token  # of what is being made


@dataclass(frozen=True)
class Wanted:
    """One request of a work's own: what it says goes before form and prompt box, for this once; the rest is as set.

    `task` empty: the one that the inputs make it. `inputs` replace all of the form's; None leaves those. `settings` go
    over the form's, and those that the model does not have are left out. `count` 0: as many as are set. Without `keep`
    it is a draft. `seed` None: the form's. `history` is what was said before, as in `Request`.
    """

    prompt: str | None = None
    negative_prompt: str | None = None
    task: str = ""
    inputs: Mapping[str, str] | None = None
    settings: Mapping[str, Value] = field(default_factory=dict)
    count: int = 0
    keep: bool = True
    seed: int | None = None
    history: tuple[tuple[str, str], ...] = ()


class Work(Protocol):
    """Signals, then what the window calls. Everything is called on the window's thread.

    `notice` carries a sentence for the person; `shown` the file that is on the screen now; `asked` a `Wanted` to be
    made at once; `given` a file that is to be an input of the model (a reference dropped here); `stop_wanted` the wish
    that what is being made stops; `empty_acted` the button of the empty room, `empty_suggested` one of its suggestions.
    `desktop.middle.Middle` has them, and the answers of a work that has nothing to say.
    """

    medium: Medium
    # Whether it is itself what is written on: then prompt's box and strip are away, and `wanted` has the words.
    writes: bool

    @property
    def notice(self) -> SignalInstance: ...
    @property
    def shown(self) -> SignalInstance: ...
    @property
    def asked(self) -> SignalInstance: ...
    @property
    def given(self) -> SignalInstance: ...
    @property
    def stop_wanted(self) -> SignalInstance: ...
    @property
    def empty_acted(self) -> SignalInstance: ...
    @property
    def empty_suggested(self) -> SignalInstance: ...

    # ── what is being made ────────────────────────────────────────────────────

    def begin(self, request: Request) -> None:
        """A job starts. What is finished stays in sight until there is something to see of the new one."""
        ...

    def show_preview(self, sign: Sign) -> None:
        """What is there so far. Tokens come in order and none is left out; of the others only the newest matters."""
        ...

    def pin(self, preview: Preview | None) -> None:
        """Keep one step in sight (the strip's choice); None goes on with what is newest."""
        ...

    def end(self, done: bool) -> None:
        """The job is over, after its last `show_file`. Where it is not `done`, what was there before comes back."""
        ...

    # ── what is finished ──────────────────────────────────────────────────────

    @property
    def path(self) -> str:
        """The finished file that is shown, or ""."""
        ...

    def show_file(self, path: str) -> None:
        """Read a finished file aside and show it: `shown` follows, or `notice`. Until then all stays as it is."""
        ...

    def clear(self) -> None:
        """Nothing: the empty room."""
        ...

    # ── around it ─────────────────────────────────────────────────────────────

    def set_model(self, model: ModelInfo | None) -> None:
        """The model that would make the next one; None where there is none."""
        ...

    def set_empty(self, sentence: str, word: str = "", suggestions: Sequence[str] = ()) -> None:
        """What the empty room says, and the word of its button."""
        ...

    def wanted(self) -> Wanted | None:
        """What a press of Generate asks of this work beyond what is set; None for nothing."""
        ...

    def deeds(self) -> Mapping[str, Callable[[], object]]:
        """Which of the program's commands it carries out, by their id (`desktop/actions.py`): "fit", "actual",
        "zoom-in", "zoom-out", "copy-picture", "compare", "part"; the others are off while its room is open."""
        ...

    def remember(self) -> dict[str, object]:
        """Its small lasting choices (volume, loop) as plain JSON values; `recall` gets them at the next start."""
        ...

    def recall(self, held: Mapping[str, object]) -> None:
        """Take such choices up; what is missing or of another kind is as it was."""
        ...

    def enter(self) -> None:
        """Its room is open now."""
        ...

    def leave(self) -> None:
        """Another room is open now: what plays stops."""
        ...

    def finish(self) -> None:
        """Wait for what is read or written aside; called before the window goes."""
        ...
