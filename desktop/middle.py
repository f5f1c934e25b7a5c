"""What the works of all rooms have alike: what they tell, their ground, and the answers that say nothing."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QWidget

from desktop.controls import set_role
from desktop.work import Wanted
from models.protocol import Preview


class Middle(QWidget):
    """See `desktop.work.Work` for what each of these means. A work has its own where it has more to say."""

    writes = False

    notice = Signal(str)
    shown = Signal(str)
    asked = Signal(object)
    given = Signal(str)
    stop_wanted = Signal()
    empty_acted = Signal()
    empty_suggested = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        set_role(self, "ground")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)

    def pin(self, preview: Preview | None) -> None:
        """It has no steps that are looked at."""

    def wanted(self) -> Wanted | None:
        return None

    def remember(self) -> dict[str, object]:
        return {}

    def recall(self, held: Mapping[str, object]) -> None:
        """There is nothing to take up."""

    def enter(self) -> None:
        """It is as it was left."""

    def leave(self) -> None:
        """Nothing of it has to stop."""
