"""What stands between the columns: the work of the room, how it got there, the prompt, and the large button."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import cast

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QStackedWidget, QVBoxLayout, QWidget

from desktop import theme
from desktop.aside import Aside
from desktop.canvas.work import PictureWork
from desktop.controls import hairline, set_role
from desktop.generate import GenerateBox
from desktop.prompt.box import PromptBox
from desktop.prompt.history import History
from desktop.strip import Strip
from desktop.work import Work
from models.protocol import Medium


def _sound() -> Work:
    from desktop.sound.work import SoundWork

    return SoundWork()


def _video() -> Work:
    from desktop.sound import take
    from desktop.sound.player import Player
    from desktop.video.track import SoundTrack
    from desktop.video.work import VideoWork

    work = VideoWork()
    player = Player(parent=work)
    player.refused.connect(work.notice)
    work.set_track(SoundTrack(player, take.read, work))
    return work


def _text() -> Work:
    from desktop.text.work import TextWork

    return TextWork()


# What makes each medium's work, when its room is entered for the first time.
MAKERS: Mapping[str, Callable[[], Work]] = {
    "sound": _sound,
    "video": _video,
    "text": _text,
}


class Studio(QWidget):
    """Puts the parts under one another; what happens between them is the session's and the making's.

    `work_made` carries each work once. The pictures' is there from the start, the others come when they are wanted.
    """

    work_made = Signal(object)

    def __init__(self, aside: Aside, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.canvas = PictureWork()
        self.works: dict[str, Work] = {"picture": self.canvas}
        self.stack = QStackedWidget()
        self.stack.addWidget(self.canvas)
        self.strip = Strip()
        self.prompt = PromptBox(aside, History())
        self.generate = GenerateBox()
        self.below = QWidget()
        set_role(self.below, "panel")
        self.below.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        row = QHBoxLayout(self.below)
        row.setContentsMargins(16, 12, 16, 14)
        row.setSpacing(12)
        row.addWidget(self.prompt, 1)
        row.addWidget(self.generate, 0, Qt.AlignmentFlag.AlignRight)  # also where there is no prompt beside it
        self.below.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self._line = hairline()
        column.addWidget(self.stack, 1)
        column.addWidget(self._line)
        column.addWidget(self.strip)
        column.addWidget(hairline())
        column.addWidget(self.below)
        self.setTabOrder(self.prompt.prompt, self.prompt.negative)
        self.setTabOrder(self.prompt.negative, self.generate.button)
        self.medium: Medium = "picture"

    @property
    def work(self) -> Work:
        """The one that is in sight."""
        return self.works[self.medium]

    def work_for(self, medium: str) -> Work:
        """That medium's work, made now if it was not there."""
        if medium not in self.works:
            made = MAKERS[medium]()
            widget = cast(QWidget, made)
            theme.current().dress(widget, medium)
            self.stack.addWidget(widget)
            self.works[medium] = made
            self.work_made.emit(made)
        return self.works[medium]

    def each_work(self, join: Callable[[Work], object]) -> None:
        """Call `join` with every work: with those that are there now, and with each other one once it is made."""
        for work in self.works.values():
            join(work)
        self.work_made.connect(join)

    def show_medium(self, medium: Medium) -> None:
        """Bring that medium's work into sight."""
        work, before = self.work_for(medium), self.works[self.medium]
        if work is not before:
            before.leave()
        self.medium = medium
        self.stack.setCurrentWidget(cast(QWidget, work))
        # On a page, what was asked and how it comes are the words themselves.
        for beside in (self.prompt, self.strip, self._line):
            beside.setVisible(not work.writes)
        work.enter()

    def finish(self) -> None:
        """Wait for what every work still does aside; call it before the window goes."""
        for work in self.works.values():
            work.finish()
