"""A button that gives a file: drawn far enough it is dragged, clicked it is a button, also where it has no file."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QDrag, QMouseEvent
from PySide6.QtWidgets import QApplication, QPushButton
from pytestqt.qtbot import QtBot

from desktop.dragging import DragOut


def send(button: QPushButton, kind: QEvent.Type, x: float) -> None:
    held = Qt.MouseButton.NoButton if kind == QEvent.Type.MouseButtonRelease else Qt.MouseButton.LeftButton
    which = Qt.MouseButton.NoButton if kind == QEvent.Type.MouseMove else Qt.MouseButton.LeftButton
    at = QPointF(x, 5)
    QApplication.sendEvent(
        button, QMouseEvent(kind, at, button.mapToGlobal(at), which, held, Qt.KeyboardModifier.NoModifier)
    )


def test_drawn_away_it_gives_its_file_and_clicked_it_does_not(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[str] = []

    def dragged(drag: QDrag, *_: object) -> Qt.DropAction:
        given.append(drag.mimeData().urls()[0].toLocalFile())
        return Qt.DropAction.CopyAction

    monkeypatch.setattr(QDrag, "exec", dragged)
    button = QPushButton("Take")
    qtbot.addWidget(button)
    clicks: list[bool] = []
    button.clicked.connect(lambda: clicks.append(True))
    path = ""
    DragOut(button, lambda: path)
    press, move, release = QEvent.Type.MouseButtonPress, QEvent.Type.MouseMove, QEvent.Type.MouseButtonRelease
    for kind, x in ((press, 5), (move, 60), (release, 6)):
        send(button, kind, x)
    assert (given, len(clicks)) == ([], 1)
    path = str(tmp_path / "take.wav")
    for kind, x in ((press, 5), (move, 6), (release, 6)):
        send(button, kind, x)
    assert (given, len(clicks)) == ([], 2)
    for kind, x in ((press, 5), (move, 60)):
        send(button, kind, x)
    assert given == [path] and not button.isDown()
    send(button, move, 90)
    assert given == [path] and len(clicks) == 2
