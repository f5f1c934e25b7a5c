"""The strip under the work: how this kind of model gets there, step by step."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QLabel, QWidget

from desktop import measures, theme
from desktop.curve import Curve
from desktop.pieces import Pieces
from desktop.step import LABEL, Step
from models.protocol import Card, Preview, Progress

PLACES = 7
HEIGHT = 96
_THUMB, _SMALLEST, _GAP = 62, 44, 8
_WORDS = 96
_CURVE = 240
# What the curve counts down, for each family; pieces that come one by one are simply still to come.
_LEFT = {"diffusion": "noise left", "flow-matching": "way left", "vae": "way left"}


class Strip(QWidget):
    """Seven places for seven steps, spread evenly; each takes the preview nearest to its own step. Sound and text have
    no pictures on their way: they have a row of pieces in that place.

    `chosen` gives a step to show on the canvas; `newest_wanted` says to go on with what is newest.
    """

    chosen = Signal(object)
    newest_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.sentence = QLabel(self)
        self.sentence.setProperty("role", "small")
        self.sentence.setWordWrap(True)
        self.sentence.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        self.steps = [Step(self) for _ in range(PLACES)]
        self.curve = Curve(self)
        self.pieces = Pieces(self)
        self.pieces.hide()
        self._in_pieces = self._one_by_one = False
        self._total = 0
        self._item = 0
        self._chosen: Step | None = None
        for step in self.steps:
            step.clicked.connect(lambda _=False, step=step: self._choose(step))
        theme.current().changed.connect(self._repaint)
        self.setFixedHeight(HEIGHT)
        self.setMinimumWidth(measures.GROUP * 2 + _WORDS + PLACES * (_SMALLEST + _GAP))
        self.setProperty("role", "ground")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAccessibleName("How it gets there")
        self._used = PLACES

    # ── what the window tells it ──────────────────────────────────────────────

    def show_card(self, card: Card) -> None:
        """The sentence of this kind of model; what was shown of another is cleared."""
        self.sentence.setText(card.process)
        self.curve.word = _LEFT.get(card.family, "still to come")
        self._in_pieces = card.medium in ("sound", "text")
        self._one_by_one = card.family == "autoregressive"
        self.clear()

    def show_none(self, medium: str) -> None:
        """There is no model of this medium."""
        self.sentence.clear()
        self._in_pieces = self._one_by_one = medium in ("sound", "text")
        self.clear()

    def begin(self, total: int) -> None:
        """A job starts whose items take `total` steps each; 0 where that is not known yet."""
        self.clear()
        self._total = max(total, 0)
        self._used = min(PLACES, self._total) or PLACES
        self._lay_out()

    def expect(self, total: int) -> None:
        """An item takes this many steps after all (a start picture makes them fewer). What is here stays."""
        if total > 0 and total != self._total:
            held = self.shown
            self.begin(total)
            for preview in held:
                self.add(preview)

    def count(self, progress: Progress, items: int) -> None:
        """How far the running job is, of so many items."""
        total = progress.total // max(items, 1)
        if not self._in_pieces:
            self.expect(total)
            return
        step = min(max(progress.step - progress.item * total, 0), total)
        self.pieces.show_count(step, total, "tokens" if self._one_by_one else "steps")
        if total:
            self.curve.add(step / total, 1 - step / total)

    def add(self, preview: Preview) -> None:
        """Another preview of the running job; one of the next item starts the row anew."""
        if preview.item != self._item:
            self._empty()
            self._item = preview.item
        self._total = max(self._total, preview.step)
        place = self._place(preview.step)
        held = self.steps[place].preview
        target = self._target(place)
        if held is None or abs(preview.step - target) < abs(held.step - target):
            self.steps[place].hold(preview)
            if self._chosen is self.steps[place]:
                self.chosen.emit(preview)
        share = preview.step / max(self._total, 1)
        self.curve.add(share, preview.level if preview.level is not None else 1 - share)
        self._mark()

    def end(self, done: bool = True) -> None:
        """The job is over; where it was `done`, nothing is left."""
        if done and self.curve.points:
            self.curve.add(1.0, 0.0)
        self._mark()

    def clear(self) -> None:
        """Nothing of any job."""
        self._item, self._total = 0, 0
        self._used = PLACES
        self._empty()
        self._lay_out()

    @property
    def shown(self) -> list[Preview]:
        """What the places hold, in order."""
        return [step.preview for step in self.steps if step.preview]

    # ── inside ────────────────────────────────────────────────────────────────

    def _target(self, place: int) -> float:
        """The step that a place stands for: the first for the first, the last for the last."""
        return 1 + place * (self._total - 1) / max(self._used - 1, 1)

    def _place(self, step: int) -> int:
        if self._total <= 1 or self._used <= 1:
            return 0
        return min(max(round((step - 1) * (self._used - 1) / (self._total - 1)), 0), self._used - 1)

    def _empty(self) -> None:
        self._chosen = None
        for step in self.steps:
            step.empty()
        self.curve.restart()
        self.pieces.show_count(0, 0, "")

    def _choose(self, step: Step) -> None:
        again = step is self._chosen
        self._chosen = None if again else step
        if again:
            self.newest_wanted.emit()
        elif step.preview:
            self.chosen.emit(step.preview)
        self._mark()

    def _mark(self) -> None:
        newest = next((s for s in reversed(self.steps) if s.preview), None)
        for step in self.steps:
            step.mark(step is (self._chosen or newest))

    def _repaint(self) -> None:
        for widget in (*self.steps, self.curve, self.pieces):
            widget.update()

    def _lay_out(self) -> None:
        """Fixed places: thumbnails give way a little where it is narrow, and the curve altogether."""
        left, room = measures.GROUP + _WORDS + measures.GROUP, self.width() - 2 * measures.GROUP
        side = min(_THUMB, max(_SMALLEST, (self.width() - left - measures.GROUP) // PLACES - _GAP))
        self.sentence.setGeometry(measures.GROUP, 8, _WORDS, HEIGHT - 16)
        top = (HEIGHT - side - LABEL) // 2
        for k, step in enumerate(self.steps):
            step.setGeometry(left + k * (side + _GAP), top, side, side + LABEL)
            step.setVisible(k < self._used and not self._in_pieces)
        start = left + self._used * (side + _GAP) + measures.INSIDE
        width = min(_CURVE, room + measures.GROUP - start)
        self.curve.setVisible(width >= 90 and not (self._in_pieces and self._one_by_one))
        self.pieces.setVisible(self._in_pieces)
        end = self.width() - measures.GROUP - (0 if self.curve.isHidden() else width + 2 * measures.GROUP)
        self.pieces.setGeometry(left, 8, max(end - left, 0), HEIGHT - 16)
        self.curve.setGeometry(self.width() - measures.GROUP - max(width, 0), 8, max(width, 0), HEIGHT - 8)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._lay_out()
