"""Batches in the window: rows shown as one types, made by the real command, stopped, gone on with, and seen."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from desktop.app import Everyform
from desktop.batch import child
from desktop.batch.batching import Batching
from desktop.batch.dialog import BatchDialog
from desktop.batch.wanted import NOW, Wanted, command, foresee
from models.batch.ledger import FILE
from models.batch.plan import planned
from models.commands import batch, words
from models.presets import form
from models.registry import Registry
from models.store.store import Store
from tests import fakes
from tests.desktop.program import PATIENCE_MS, said
from tests.fakes import batch_child
from tests.models.batch import making

pytestmark = pytest.mark.timeout(1200)


@pytest.fixture
def batching(
    open_window: Callable[[], Everyform],
    home: Path,
    tmp_path: Path,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> Batching:
    making.models(tmp_path / "models", home)
    monkeypatch.setattr(child, "PROGRAM", batch_child.FAKE)
    program = open_window()
    qtbot.waitUntil(lambda: program.session.looked and program.session.model is not None, timeout=PATIENCE_MS)
    program.window.studio.prompt.set_texts("a boat")
    return program.batching


def opened(batching: Batching, qtbot: QtBot) -> BatchDialog:
    actions = batching.window.actions_
    assert actions is not None and "Make: Make many in a batch…" in [row.text for row in actions.rows()]
    actions["batch"].trigger()
    dialog = batching.dialog
    assert dialog is not None
    dialog.hide()
    batching.window.side.presets.many.click()
    assert dialog.isVisible()
    qtbot.waitUntil(lambda: dialog.form.presets.count() > 1 and bool(dialog.summary.text()), timeout=PATIENCE_MS)
    return dialog


def says(dialog: BatchDialog, qtbot: QtBot, text: str) -> None:
    qtbot.waitUntil(lambda: text in dialog.summary.text(), timeout=PATIENCE_MS)


def test_rows_and_mistakes_are_said_as_one_types(batching: Batching, qtbot: QtBot, tmp_path: Path) -> None:
    dialog = opened(batching, qtbot)
    says(dialog, qtbot, "1 row")
    dialog.form.prompts.setPlainText("a boat\n# not this\na tree {")
    says(dialog, qtbot, "The list, line 3")
    assert not dialog.go.isEnabled() and dialog.summary.property("role") == "small-warn"
    dialog.form.prompts.setPlainText("a boat\na tree")
    dialog.form.seeds.setText("1-3")
    says(dialog, qtbot, "6 rows")
    side, values = dialog.form.grid.sides[0]
    names = [side.itemText(at) for at in range(side.count())]
    assert {"nothing", "Seed", "Prompt", "Steps", "Pause", "Behave"} <= set(names) and "Strength" not in names
    side.setCurrentIndex(names.index("Steps"))
    says(dialog, qtbot, "give it values")
    values.setText("4-8:2, 5000, 9000")
    says(dialog, qtbot, "steps is 9000, but must be")
    values.setText("4-8:2")
    says(dialog, qtbot, "18 rows")
    files = [row.file for row in dialog.list.rows.rows]
    assert files[0] == "set-now-a-boat-steps-4-1.png" and dialog.go.isEnabled()
    qtbot.keyClick(dialog.form.seeds, Qt.Key.Key_Return)
    assert not dialog.working  # that takes Ctrl+Enter
    table = tmp_path / "many.csv"
    table.write_text("prompt,pause_ms\na house,1\na hill,many\n", encoding="utf-8")
    dialog.dropped.emit(str(table))
    says(dialog, qtbot, "many.csv, line 3")
    assert not dialog.form.prompts.isVisible()
    dialog.form.no_file.click()
    says(dialog, qtbot, "18 rows")
    (tmp_path / "broken.json").write_text("{}")
    dialog.dropped.emit(str(tmp_path / "broken.json"))
    says(dialog, qtbot, "broken.json")
    given = form.dumps(replace(making.PLAIN, name="Given"))
    (tmp_path / "given.json").write_text(given, encoding="utf-8")
    dialog.dropped.emit(str(tmp_path / "given.json"))
    says(dialog, qtbot, "36 rows")
    for item in dialog.form._items():
        item.setCheckState(Qt.CheckState.Unchecked)
    qtbot.waitUntil(lambda: dialog.empty.isVisible() and not dialog.go.isEnabled(), timeout=PATIENCE_MS)


def test_a_grid_is_made_stopped_gone_on_with_and_its_sheet_shown(
    batching: Batching, qtbot: QtBot, home: Path, tmp_path: Path
) -> None:
    out, dialog = tmp_path / "out", opened(batching, qtbot)
    wanted = Wanted([NOW], axes=[["behave", "well, fault"], ["pause_ms", "40, 60"], ["", ""]], seeds="1", out=str(out))
    dialog.form.set_value(wanted)
    says(dialog, qtbot, "4 rows")
    qtbot.keyClick(dialog, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert dialog.working and dialog.go.text() == "Stop" and not dialog.form.isEnabled()
    batching._presets_came([(kept, None) for kept in batching.presetting.shelf.look()])  # as when it is shown again
    qtbot.waitUntil(lambda: bool(dialog.list.rows.done), timeout=PATIENCE_MS)
    dialog.go.click()
    qtbot.waitUntil(lambda: not batching.working.running, timeout=PATIENCE_MS)
    kept = json.loads((out / FILE).read_text("utf-8"))
    assert kept["done"] >= 1 and kept["done"] == len(dialog.list.rows.done)
    if kept["missing"]:
        assert dialog.told.text().startswith("Stopped") and "missing" in dialog.go.text()
        dialog.go.click()
        qtbot.waitUntil(lambda: not batching.working.running, timeout=PATIENCE_MS)
    kept = json.loads((out / FILE).read_text("utf-8"))
    assert (kept["done"], kept["failed"], kept["missing"]) == (2, 2, 0)
    assert "2 failed: " in dialog.summary.text() and len(dialog.list.rows.failed) == 2
    qtbot.waitUntil(lambda: dialog.sheet.isVisible(), timeout=PATIENCE_MS)
    dialog.sheet.opened.emit()
    canvas = batching.window.studio.canvas
    qtbot.waitUntil(lambda: Path(canvas.path).name.startswith("sheet-set-now"), timeout=PATIENCE_MS)
    actions = batching.window.actions_
    assert actions is not None
    actions["use-settings"].trigger()
    said(batching, qtbot, "no settings")  # type: ignore[arg-type]
    made = {path.name for path in out.glob("*set-now*.png")}
    assert len(made) == 3
    shelf = batching.window.filmstrip.items
    qtbot.waitUntil(lambda: all(shelf.row_of(str(out / name)) >= 0 for name in made), timeout=PATIENCE_MS)
    # What was asked is there again in the next window.
    batching.session.saving.now()
    assert Wanted.of(json.loads((home / "window.json").read_text("utf-8"))["batch"]).axes == wanted.axes


def test_a_window_that_closes_takes_its_batch_along_and_the_next_one_goes_on(
    batching: Batching, qtbot: QtBot, tmp_path: Path, open_window: Callable[[], Everyform]
) -> None:
    out, dialog = tmp_path / "out", opened(batching, qtbot)
    dialog.form.set_value(Wanted([NOW], seeds="1-3", axes=[["pause_ms", "200"], ["", ""], ["", ""]], out=str(out)))
    dialog.go.click()  # before it is known what that would be: it starts as soon as it is
    qtbot.waitUntil(lambda: bool(dialog.list.rows.done), timeout=PATIENCE_MS)
    batching.window.close()
    assert not batching.working.running
    kept = json.loads((out / FILE).read_text("utf-8"))
    assert kept["done"] >= 1 and kept["done"] + kept["missing"] == 3 and not kept["failed"]
    program = open_window()
    qtbot.waitUntil(lambda: program.session.looked and program.session.model is not None, timeout=PATIENCE_MS)
    said(program, qtbot, "A batch was left in the middle")
    again = opened(program.batching, qtbot)
    says(again, qtbot, f"{kept['done']} there" if kept["missing"] else "all there")
    assert again.form.value().out == str(out)


def test_what_breaks_in_the_command_is_said_and_no_answer_to_an_older_question_is_shown(
    batching: Batching, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = str(tmp_path / "gone.json")
    batching._wanted = Wanted([NOW, gone], seeds="1-2", out=str(tmp_path / "out"))
    dialog = opened(batching, qtbot)
    asked = batching._asked
    says(dialog, qtbot, "2 rows")
    dialog.form.seeds.setText("1-3")
    batching._foreseen(asked, foresee(Wanted([]), None, (), {}))
    assert "2 rows" in dialog.summary.text() and not batching._fresh
    says(dialog, qtbot, "3 rows")
    broken = "import sys; sys.stderr.write('ValueError: too many secrets\\n'); sys.exit(1)"
    monkeypatch.setattr(child, "PROGRAM", (sys.executable, "-c", broken))
    dialog.go.click()
    says(dialog, qtbot, "too many secrets")
    assert dialog.summary.property("role") == "small-warn" and dialog.go.isEnabled()


def test_the_command_makes_the_very_rows_that_were_shown(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, qapp: QApplication
) -> None:
    making.models(tmp_path / "models", home)
    store = Store(Registry(fakes.PACKAGE).recognise, "nowhere")
    monkeypatch.setattr(batch, "store", lambda: store)
    presets = making.five(tmp_path / "presets")
    wanted = Wanted(
        [NOW, *presets[1:]], "a boat\n\na red tree", seeds="3,5-6", name="{preset}-{row}", out=str(tmp_path / "out"),
        axes=[["steps", "2-6:2"], ["behave", "well,notice"]],
    )  # fmt: skip
    seen = foresee(wanted, making.PLAIN, store.models(), {"counter": {"dtype": "float32"}})
    assert not seen.problem and len(seen.plan.rows) == 5 * 2 * 3 * 6
    said = words.read(["batch", *command(wanted, making.PLAIN, seen), "--json"])
    assert [row.told() for row in planned(batch.order_of(said)).rows] == [row.told() for row in seen.plan.rows]
    assert not said.resume and not (tmp_path / "out").exists()
    assert Wanted.of({"presets": [1, "a"], "axes": [["x"], ["a", "b"], 3], "seeds": 4}) == Wanted(
        ["a"], axes=[["a", "b"]]
    )
