"""Presets in the window: one is kept, used, renamed, deleted and brought back, dropped in, and followed up."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QMimeData, QUrl
from pytestqt.qtbot import QtBot

from desktop.app import Everyform
from desktop.presets.dialog import Asked, PresetDialog
from models.presets import form
from models.presets.preset import After, ModelKey
from models.protocol import BadInput
from tests import fakes
from tests.desktop.program import PATIENCE_MS, said


def shown(program: Everyform) -> str:
    return program.window.side.presets.fold.told


def keep(program: Everyform, name: str = "Mine") -> None:
    dialog = program.presetting.ask()
    assert dialog is not None
    dialog.name.setText(name)
    dialog.note.setText("A note.")
    dialog.keep.click()
    assert program.presetting.kept is not None and program.presetting.kept.preset.name == name


def test_it_is_kept_changed_used_again_renamed_deleted_and_brought_back(program: Everyform, qtbot: QtBot) -> None:
    form_, prompt = program.window.side.form, program.window.studio.prompt
    prompt.set_texts("a red boat")
    form_.fields["steps"].set_value(9)
    form_.fields["steps"].tell()
    assert shown(program) == "none"
    keep(program)
    assert shown(program) == "Mine"
    (path,) = (program.presetting.shelf.own).glob("*.json")
    preset = form.read(path)
    assert (preset.prompt, preset.settings["steps"], preset.note) == ("a red boat", 9, "A note.")
    form_.fields["steps"].set_value(3)
    form_.fields["steps"].tell()
    prompt.set_texts("something else")
    assert shown(program) == "Mine · changed"
    presetting = program.presetting
    presetting.open()
    qtbot.waitUntil(lambda: presetting.list is not None and presetting.list.isVisible(), timeout=PATIENCE_MS)
    assert presetting.list is not None
    first = presetting.list._rows[0]
    assert (first.text, first.detail) == ("Mine", "Counter")
    presetting.list.close()
    presetting.use(first.value)
    assert form_.draft().settings["steps"] == 9 and prompt.texts()[0] == "a red boat" and shown(program) == "Mine"
    program.session.undo.undo()
    assert form_.draft().settings["steps"] == 3 and prompt.texts()[0] == "something else"
    presetting.rename("Ours")
    assert [kept.preset.name for kept in presetting.shelf.look() if not kept.shipped] == ["Ours"]
    presetting.delete()
    assert shown(program) == "none" and not [kept for kept in presetting.shelf.look() if not kept.shipped]
    program.undo()
    assert shown(program).startswith("Ours") and program.session.undo.redoText() == "Delete preset Ours"
    program.session.undo.redo()
    assert shown(program) == "none"
    program.session.undo.undo()
    assert [kept.preset.name for kept in presetting.shelf.look() if not kept.shipped] == ["Ours"]


def test_a_file_is_dropped_in_and_one_of_a_missing_model_says_where_to_get_it(
    program: Everyform, qtbot: QtBot, tmp_path: Path
) -> None:
    keep(program)
    kept = program.presetting.kept
    assert kept is not None
    given = replace(kept.preset, name="Given", settings={"steps": 77}, count=3, after=After(format="webp", quality=50))
    (tmp_path / "given.json").write_text(form.dumps(given), encoding="utf-8")
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(tmp_path / "given.json"))])
    program.arrivals.take(mime)
    qtbot.waitUntil(lambda: shown(program) == "Given", timeout=PATIENCE_MS)
    draft = program.window.side.form.draft()
    assert draft.settings["steps"] == 77 and draft.count == 3 and program.making.request().format == "webp:50"
    assert program.window.side.presets.after.text() == "Then saved as WebP of quality 50."
    missing = replace(given, name="Missing", model=ModelKey("x", "Flux", "dit-flow-matching", hub="owner/flux"))
    (tmp_path / "missing.json").write_text(form.dumps(missing), encoding="utf-8")
    program.arrivals.open(str(tmp_path / "missing.json"))
    said(program, qtbot, "owner/flux")
    assert shown(program) == "Given"
    (tmp_path / "broken.json").write_text("{}")
    program.arrivals.open(str(tmp_path / "broken.json"))
    said(program, qtbot, "broken.json")


def test_what_is_made_with_a_preset_that_enlarges_is_enlarged(
    open_window, model: Path, home: Path, tmp_path: Path, qtbot: QtBot
) -> None:  # type: ignore[no-untyped-def]
    larger = fakes.model_folder(tmp_path / "larger", name="Larger", fake="larger")
    rows = json.loads((home / "models.json").read_text())
    rows["models"].append({"id": "larger", "path": str(larger), "name": "Larger"})
    (home / "models.json").write_text(json.dumps(rows))
    program = open_window()
    session = program.session
    qtbot.waitUntil(lambda: session.looked and len(session.models) == 2, timeout=PATIENCE_MS)
    program.session.choose(next(m for m in session.models if m.id == "counter"))
    dialog = program.presetting.ask()
    assert dialog is not None
    dialog.name.setText("Large")
    dialog.enlarge.setCurrentIndex(1)
    dialog.format.setCurrentIndex(1)
    dialog.quality.setValue(60)
    asked = dialog.asked()
    assert asked.after.upscale is not None and (asked.after.format, asked.after.quality) == ("jpeg", 60)
    dialog.keep.click()
    program.making.generate()
    qtbot.waitUntil(lambda: len(program.queue.jobs) == 2 and program.queue.jobs[1].ended, timeout=PATIENCE_MS)
    first, second = program.queue.jobs
    assert second.request.inputs == {"picture": first.outputs[0].path} and second.outputs[0].path.endswith(".jpg")
    program.window.side.presets.plain.click()
    program.making.generate()
    qtbot.waitUntil(lambda: len(program.queue.jobs) == 3 and program.queue.jobs[2].ended, timeout=PATIENCE_MS)
    assert len(program.queue.jobs) == 3


def test_a_name_that_cannot_be_one_keeps_the_question_open(program: Everyform) -> None:
    dialog = program.presetting.ask()
    assert dialog is not None
    dialog.name.setText("a\x07b")
    dialog.keep.click()
    assert dialog.isVisible() and "cannot be seen" in dialog.problem.text()
    dialog.name.setText("  ")
    assert not dialog.keep.isEnabled()
    dialog.reject()
    try:
        program.presetting.preset(Asked("fine"))
    except BadInput as error:
        raise AssertionError(error) from error


def test_what_was_to_be_done_afterwards_goes_with_its_model_though_its_preset_is_gone(program: Everyform) -> None:
    keep(program)
    presetting, model = program.presetting, program.session.model
    assert presetting.kept is not None and model is not None
    kept = presetting.shelf.save(replace(presetting.kept.preset, name="Small", after=After(format="webp", quality=50)))
    presetting.use(kept)
    presetting.delete()
    assert program.making.format == "webp:50", "it is said under the row, and can be left out there"
    session = program.session
    other = replace(model, id="other", name="Other")
    session.models = (*session.models, other)
    session.choose(other)
    assert program.making.format == "" and program.window.side.presets.after.text() == ""
    session.choose(model)
    assert program.making.format == "webp:50", "like its settings"


def test_what_comes_afterwards_is_undone_with_its_preset_and_there_again_in_the_next_window(
    program: Everyform, open_window: Callable[[], Everyform], qtbot: QtBot
) -> None:
    keep(program)
    presetting, undo = program.presetting, program.session.undo
    assert presetting.kept is not None
    small = presetting.shelf.save(replace(presetting.kept.preset, name="Small", after=After(format="webp", quality=50)))
    presetting.use(small)
    assert program.making.format == "webp:50"
    undo.undo()
    assert program.making.format == "" and program.window.side.presets.after.text() == ""
    undo.redo()
    assert program.making.format == "webp:50"
    program.window.side.presets.plain.click()
    assert program.making.format == "" and undo.undoText() == "Leave out what comes after"
    presetting.rename("Tiny")
    assert program.making.format == "", "another name sets nothing"
    undo.undo()
    program.window.close()
    again = open_window()
    qtbot.waitUntil(lambda: again.session.model is not None and again.session.looked, timeout=PATIENCE_MS)
    assert again.making.format == "webp:50"
    assert again.window.side.presets.after.text() == "Then saved as WebP of quality 50."


def test_where_it_cannot_be_saved_the_question_stays_open_with_what_was_typed(program: Everyform) -> None:
    presetting = program.presetting
    folder = presetting.shelf.own
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.write_text("no folder")
    dialog = presetting.ask()
    assert dialog is not None
    dialog.name.setText("Mine")
    dialog.note.setText("A note.")
    dialog.keep.click()
    assert dialog.isVisible() and "is not kept" in dialog.problem.text()
    assert (dialog.name.text(), dialog.note.text()) == ("Mine", "A note.") and presetting.kept is None
    folder.unlink()
    dialog.keep.click()
    assert not dialog.isVisible() and presetting.kept is not None and presetting.kept.preset.note == "A note."
    folder.rename(folder.with_name("away"))
    folder.write_text("no folder")
    presetting._do("rename")
    (asked,) = [one for one in program.window.findChildren(PresetDialog) if one.isVisible()]
    asked.name.setText("Ours")
    asked.keep.click()
    assert asked.isVisible() and "is not kept" in asked.problem.text() and asked.name.text() == "Ours"


def test_what_cannot_be_done_with_what_the_model_makes_is_said_and_not_set(program: Everyform, qtbot: QtBot) -> None:
    keep(program)
    presetting = program.presetting
    assert presetting.kept is not None
    presetting.use(presetting.shelf.save(replace(presetting.kept.preset, name="Loud", after=After(format="flac"))))
    said(program, qtbot, "flac")
    assert program.making.format == ""


def test_one_that_was_kept_without_words_stays_without_them(program: Everyform) -> None:
    dialog = program.presetting.ask()
    assert dialog is not None
    dialog.words.setChecked(False)
    dialog.keep.click()
    program.window.studio.prompt.set_texts("a red boat", "fog")
    program.presetting._do("replace")
    kept = program.presetting.kept
    assert kept is not None and (kept.preset.prompt, kept.preset.negative_prompt) == ("", "")


def test_what_to_avoid_counts_as_a_change(program: Everyform) -> None:
    prompt, model = program.window.studio.prompt, program.session.model
    assert model is not None
    program.session.model = replace(model, card=replace(model.card, negative_prompt=True))
    prompt.set_model(program.session.model)
    prompt.set_texts("a red boat", "fog")
    keep(program)
    assert shown(program) == "Mine"
    prompt.set_texts("a red boat", "rain")
    assert shown(program) == "Mine · changed"
