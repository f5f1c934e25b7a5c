"""The room of sound: takes looked at, listened to and compared, and the one that is being made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QStackedLayout, QVBoxLayout, QWidget

from desktop import measures
from desktop.aside import Aside
from desktop.controls import set_role
from desktop.empty import Empty
from desktop.first_paint import FirstPaint
from desktop.middle import Middle
from desktop.sound.keys import Keys
from desktop.sound.listening import Listening
from desktop.sound.player import Opener, Player
from desktop.sound.stream import open_device
from desktop.sound.take import Take, clock
from desktop.sound.takes import Entry, Takes
from desktop.sound.transport import Transport
from models.protocol import Input, Request

if TYPE_CHECKING:
    from desktop.sound.scope import Scope

# How the models' settings call the length of what is made, in seconds.
LENGTHS = ("seconds", "audio_length_in_s", "audio_end_in_s", "duration", "length")


class SoundRoom(Middle):
    """All that is seen and heard. `ready` once the plots are there: pyqtgraph is read aside, when first seen."""

    ready = Signal()

    def __init__(self, open_stream: Opener = open_device, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._aside = Aside(self)
        self.listening, self.player = Listening(self), Player(open_stream, self)
        self.scope: Scope | None = None
        self._take: Take | None = None  # what is in sight
        self._wanted = ""  # the path that was asked for last
        self._made: set[str] = set()  # paths that were just made, and are takes whatever else is looked at meanwhile
        self._making: Request | None = None
        self._item = 0
        self._input: Input | None = None
        self._loops = True
        self.empty = Empty("", "")
        self.takes, self.transport = Takes(), Transport()
        self.takes.setFixedHeight(measures.GROUP * 2)  # whether there are takes or not
        self.moment = QLabel()
        set_role(self.moment, "small-second")
        self._lay_out()
        self._connect()
        self._refresh()
        FirstPaint(self, self._fetch_scope, None)

    def _lay_out(self) -> None:
        self._work = QWidget()
        rows = QVBoxLayout(self._work)
        rows.setContentsMargins(22, 14, 22, 12)
        rows.setSpacing(10)
        top = QHBoxLayout()
        top.setSpacing(measures.GROUP)
        top.addWidget(self.takes, 1)
        top.addWidget(self.moment)
        rows.addLayout(top)
        self._place = QVBoxLayout()
        self._still = QWidget()
        set_role(self._still, "panel")
        self._still.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._place.addWidget(self._still)
        rows.addLayout(self._place, 1)
        rows.addWidget(self.transport)
        self._pages = QStackedLayout(self)
        self._pages.addWidget(self.empty)
        self._pages.addWidget(self._work)

    def _connect(self) -> None:
        self.keys = Keys(self)
        self.empty.acted.connect(self.empty_acted)
        self.empty.suggested.connect(self.empty_suggested)
        self.listening.arrived.connect(self._arrived)
        self.listening.failed.connect(self._failed)
        self.listening.forming.connect(self._formed)
        player, transport = self.player, self.transport
        player.moved.connect(self._moved)
        player.playing_changed.connect(transport.show_playing)
        player.heard.connect(transport.meter.show_level)
        player.refused.connect(self.notice)
        transport.play.connect(player.toggle)
        transport.loop_wanted.connect(self.set_loops)
        transport.volume_chosen.connect(lambda volume: player.set_volume(volume / 100))
        transport.whole.clicked.connect(self._fit)
        self.takes.chosen.connect(self.hear)
        self.takes.swapped.connect(lambda: self.hear(self.takes.other))

    # ── the plots ─────────────────────────────────────────────────────────────

    def _fetch_scope(self) -> None:
        self._aside.run(_read_scope, self._scope_came)

    def _scope_came(self, found: Any) -> None:
        if isinstance(found, Exception):
            self.notice.emit(f"The plots cannot be drawn ({found}): install Everyform again.")
            return
        scope: Scope = found.Scope(self._work)
        self._place.replaceWidget(self._still, scope)
        self._still.hide()
        self.scope = scope
        self.setFocusProxy(scope)
        scope.sought.connect(self.player.seek)
        scope.loop_changed.connect(self._loop_drawn)
        scope.show_take(self._take)
        scope.show_head(self.player.at)
        self.ready.emit()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self.scope is not None:
            self.scope.show_head(self.player.at)

    # ── the takes ─────────────────────────────────────────────────────────────

    @property
    def path(self) -> str:
        return self.takes.now

    def hear(self, path: str) -> None:
        """That take, at the same moment as the last one."""
        if path:
            self._wanted = path
            self.listening.open(path)

    def _arrived(self, path: str, take: Take) -> None:
        made = path in self._made
        self._made.discard(path)
        if path != self._wanted:
            if made:
                self.takes.add(Entry(path, take.ours))
                self.takes.beside(path)
            return
        known = self.takes.has(path)
        self.takes.add(Entry(path, take.ours))
        self.takes.choose(path)
        self.listening.keep(path, self.takes.other)
        self._show_take(take, stays=known)
        self.shown.emit(path)

    def _failed(self, path: str, sentence: str) -> None:
        self._made.discard(path)
        self.takes.drop(path)
        if path == self._wanted:
            self._wanted = ""
            self._drop_forming()
        self.notice.emit(sentence)

    def _show_take(self, take: Take | None, grown: bool = False, stays: bool = False, seconds: float = 0.0) -> None:
        """Another take: `grown` from the last one, or one to compare, where the moment and the marked stretch stay."""
        before = self._take
        alike = (
            take is not None and before is not None and bool(before.path) and abs(take.seconds - before.seconds) < 0.5
        )
        stays = grown or stays or alike or self.player.playing
        self._take = take
        self.player.set_take(take)
        if not stays:
            self.player.seek(0.0)
        if not stays or take is None or (self.stretch is not None and self.stretch[1] > take.seconds + 0.01):
            self._loop_drawn(None)
        if self.scope is not None:
            self.scope.show_take(take, seconds, grown, keep=alike)
            self.scope.show_head(self.player.at)
        self._refresh()

    # ── what is on its way ───────────────────────────────────────────────────

    def _formed(self, take: Take, item: int) -> None:
        """Seen and heard as it grows, unless the person listens to another one."""
        if self._making is None or (self.player.playing and self._take is not None and self._take.path):
            return
        grown = self._take is not None and not self._take.path and item == self._item
        self._item = item
        self._show_take(take, grown=grown, seconds=self._length())

    def _drop_forming(self) -> None:
        """Back from what was on its way to the take that was heard before it."""
        if self._take is not None and not self._take.path:
            self._show_take(None)
            self.hear(self.takes.now)

    def _length(self) -> float:
        """The seconds that were asked for; 0 where the model has no such setting."""
        settings = self._making.settings if self._making is not None else {}
        return next((float(settings[name]) for name in LENGTHS if name in settings), 0.0)

    # ── listening ─────────────────────────────────────────────────────────────

    @property
    def stretch(self) -> tuple[float, float] | None:
        """What was marked on the plots."""
        return self.scope.loop if self.scope is not None else None

    def set_loops(self, on: bool) -> None:
        """Whether the marked stretch is heard over and over."""
        self._loops = on
        self.player.set_loop(self.stretch if on else None)
        self.transport.show_loop(self.stretch, on)

    def _loop_drawn(self, stretch: tuple[float, float] | None) -> None:
        """A stretch was marked, moved or taken away; it is heard over and over where loops are on."""
        if self.scope is not None and self.scope.loop != stretch:
            self.scope.show_loop(stretch)
        self.player.set_loop(stretch if self._loops else None)
        self.transport.show_loop(stretch, self._loops)

    def _moved(self, at: float) -> None:
        if self.scope is not None and self.isVisible():
            self.scope.show_head(at, follow=self.player.playing)
        self._say_moment(at)

    def _say_moment(self, at: float) -> None:
        take = self._take
        words = f"{clock(at)} of {clock(take.seconds)} · {take.facts}" if take is not None else ""
        if take is not None and not take.path:
            asked = self._length()
            words = f"{take.seconds:.1f} s{f' of {asked:g} s' if asked else ''} so far · {take.facts}"
        self.moment.setText(words)

    def _refresh(self) -> None:
        take = self._take
        self._pages.setCurrentWidget(self._work if take is not None else self.empty)
        finished = take is not None and bool(take.path)
        self.transport.show_usable(take is not None, finished, self._input is not None)
        self._say_moment(self.player.at)

    def _fit(self) -> None:
        if self.scope is not None:
            self.scope.timeline.fit()

    def finish(self) -> None:
        self.player.finish()
        self.listening.finish()
        if self.scope is not None:
            self.scope.finish()
        self._aside.finish()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not self.keys.press(event):
            super().keyPressEvent(event)


def _read_scope() -> Any:
    """The module of the plots, with pyqtgraph and numpy: half a second of reading."""
    from desktop.sound import scope

    return scope
