"""The frame: drawers, commands, names, keys; and that its process stays light and its event loop goes on."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QComboBox, QLineEdit, QPlainTextEdit, QSlider, QWidget
from pytestqt.qtbot import QtBot

from desktop.app import Everyform
from models.protocol import Preview
from tests import fakes
from tests.desktop.program import ended, set_steps

ROOT = Path(__file__).resolve().parent.parent.parent


def test_sides_fold_to_drawers(program: Everyform, qtbot: QtBot) -> None:
    window = program.window
    assert window.models.isVisible() and window.side.isVisible()
    window.resize(1024, 640)
    qtbot.waitUntil(lambda: not window.models.isVisible() and not window.side.isVisible())
    assert window.studio.width() == window.width()
    assert window.header.models.isVisible() and "Counter" in window.header.models.text()
    qtbot.mouseClick(window.header.settings, Qt.MouseButton.LeftButton)
    assert window.side.isVisible() and not window.models.isVisible()
    program.actions["models"].trigger()
    assert window.models.isVisible() and not window.side.isVisible()
    qtbot.mouseClick(window.sides.veil, Qt.MouseButton.LeftButton)
    assert not window.models.isVisible()
    window.resize(1440, 900)
    qtbot.waitUntil(lambda: window.models.isVisible() and window.side.isVisible())


def test_every_command_is_in_the_menu_and_in_the_palette(program: Everyform) -> None:
    actions, window = program.actions, program.window
    in_menu = {a.objectName() for menu in window.header.menu.actions() for a in menu.menu().actions() if a.objectName()}
    assert in_menu == {c.id for c in actions.commands}
    rows = {row.value for row in actions.rows()}
    assert rows == {c.id for c in actions.commands if c.id != "palette" and actions[c.id].isEnabled()}
    keys = [key for c in actions.commands for key in c.keys]
    assert len(keys) == len(set(keys)), "no two commands share a key"


@pytest.mark.parametrize(("key", "opens"), [(Qt.Key.Key_K, "palette_list"), (Qt.Key.Key_H, "history")])
def test_commands_are_reached_while_one_writes(program: Everyform, key: Qt.Key, opens: str, qtbot: QtBot) -> None:
    prompt = program.window.studio.prompt
    prompt.prompt.setFocus()
    prompt.set_texts("a red sailboat")
    QTest.keyClick(prompt.prompt, key, Qt.KeyboardModifier.ControlModifier)
    picker = program.window.palette_list if opens == "palette_list" else prompt._picker
    assert picker.isVisible()
    assert prompt.texts()[0] == "a red sailboat"
    picker.close()


def test_the_palette_runs_what_is_typed(program: Everyform, qtbot: QtBot) -> None:
    program.actions["palette"].trigger()
    picker = program.window.palette_list
    QTest.keyClicks(picker.search, "keep this seed")
    QTest.keyClick(picker.search, Qt.Key.Key_Return)
    assert program.window.side.form.draft().keep_seed


def test_every_control_of_every_room_has_a_name(program: Everyform, qtbot: QtBot) -> None:
    window = program.window
    for room in ("picture", "gallery", "models"):
        window.enter(room)
        kinds = (QAbstractButton, QComboBox, QLineEdit, QSlider, QPlainTextEdit)
        for control in window.findChildren(QWidget):
            if isinstance(control, kinds) and control.isVisible():
                name = control.accessibleName() or (control.text() if isinstance(control, QAbstractButton) else "")
                assert name, (room, control, control.parent())


def test_each_room_has_its_accent(program: Everyform) -> None:
    for room in ("gallery", "models", "picture"):
        program.window.enter(room)
        assert program.look.tokens.accent == program.look.tokens.accents[room]


def test_tab_reaches_the_whole_room(program: Everyform) -> None:
    window = program.window
    start = window.studio.prompt.prompt
    seen, at = {start}, start.nextInFocusChain()
    while at is not start:
        if at.isVisible() and at.isEnabled() and at.focusPolicy() & Qt.FocusPolicy.TabFocus:
            seen.add(at)
        at = at.nextInFocusChain()
    form = window.side.form
    wanted = [
        window.models.search,
        window.models.list,
        window.studio.generate.button,
        window.studio.prompt.past,
        window.header.commands,
        form.fields["steps"].slider,  # type: ignore[attr-defined]
        form.fold,
        window.side.tabs[1],
    ]
    for widget in wanted:
        assert widget in seen, widget


def test_the_model_list_groups_finds_and_chooses(program: Everyform, qtbot: QtBot) -> None:
    models = program.window.models
    assert models._rows.item(0).text() == "Diffusion"
    QTest.keyClicks(models.search, "count")
    assert models._rows.rowCount() == 2
    QTest.keyClicks(models.search, " nothing of that kind")
    assert models._rows.rowCount() == 0
    QTest.keyClick(models.search, Qt.Key.Key_Escape)
    assert models._rows.rowCount() == 2


def test_the_event_loop_goes_on_while_the_engine_works(program: Everyform, qtbot: QtBot) -> None:
    set_steps(program, 150, 4)
    turns: list[int] = []
    timer = QTimer()
    timer.setInterval(0)
    previews: list[Preview] = []
    timer.timeout.connect(lambda: turns.append(len(previews)))
    program.queue.preview.connect(lambda _, preview: previews.append(preview))
    program.making.generate()
    timer.start()
    ended(program, qtbot)
    timer.stop()
    assert len(previews) >= 5
    # The window had turns of its own between previews; how long each took is the bench's to measure.
    assert len(set(turns)) >= 5


def test_torch_and_pillow_are_not_in_a_window_that_is_open(home: Path, model: Path) -> None:
    script = f"""
import sys
from PySide6.QtWidgets import QApplication
from PySide6.QtCore import QTimer
def main():
    app = QApplication([])
    from desktop.app import Everyform
    program = Everyform({fakes.PACKAGE!r})
    program.show()
    app.processEvents()
    early = set(sys.modules)
    def end():
        assert program.session.model is not None
        print("PIL" in early, "tokenizers" in early, {{"torch", "diffusers", "transformers"}} & set(sys.modules))
        program.window.close()
        app.quit()
    program.session.models_known.connect(lambda: QTimer.singleShot(200, end))
    app.exec()
if __name__ == "__main__":
    main()
"""
    file = home / "window_alone.py"
    home.mkdir(parents=True, exist_ok=True)
    file.write_text(script)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, str(file)], capture_output=True, text=True, timeout=60, env=environment, cwd=ROOT
    )
    assert done.stdout.strip().splitlines()[-1:] == ["False False set()"], done.stderr
