"""One fade: a share that runs from 0 to 1, left out where motion is unwanted or a frame is dear."""

from __future__ import annotations

from PySide6.QtCore import QAbstractAnimation, QObject, QVariantAnimation, Signal
from PySide6.QtGui import QGuiApplication

FADE_MS = 120
DEAR_MS = 5.0  # a frame that takes longer than this is not worth animating


def motion_wanted() -> bool:
    """False where the system asks for less motion."""
    # Qt says it from 6.12 on; before that, nobody can be asked.
    accessibility = getattr(QGuiApplication.styleHints(), "accessibility", None)
    motion = getattr(accessibility(), "motionPreference", None) if accessibility else None
    return motion is None or "Reduce" not in str(motion())


class Fade(QObject):
    """`share` of the new over the old; `changed` with every frame. Tell `cost` what a frame took, in ms."""

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.share = 1.0
        self._dear = False
        self._animation = QVariantAnimation(self)
        self._animation.setStartValue(0.0)
        self._animation.setEndValue(1.0)
        self._animation.setDuration(FADE_MS)
        self._animation.valueChanged.connect(self._move)

    @property
    def running(self) -> bool:
        return self._animation.state() == QAbstractAnimation.State.Running

    def start(self) -> None:
        """From 0 to 1, or at once to 1."""
        self._animation.stop()
        if self._dear or not motion_wanted():
            self.share = 1.0
            self.changed.emit()
        else:
            self.share = 0.0
            self._animation.start()

    def finish(self) -> None:
        """To the end without a further frame."""
        self._animation.stop()
        self.share = 1.0

    def cost(self, milliseconds: float) -> None:
        """What drawing everything took: the next fades are left out while that is too much."""
        self._dear = milliseconds > DEAR_MS

    def _move(self, share: object) -> None:
        self.share = float(share)  # type: ignore[arg-type]
        self.changed.emit()
