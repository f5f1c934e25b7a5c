"""The words over what is asked."""

from __future__ import annotations

from PySide6.QtWidgets import QLabel, QWidget

from desktop.controls import set_role


def heading(text: str, buddy: QWidget) -> QLabel:
    """A line over `buddy`, which it names."""
    label = QLabel(text)
    set_role(label, "second")
    label.setBuddy(buddy)
    return label
