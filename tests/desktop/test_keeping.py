"""From the gallery back into the work: more like it, and finished work sent to the models that go on from it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from desktop.app import Everyform
from models.outputs import read
from tests import fakes
from tests.desktop.program import PATIENCE_MS, ended, said


@pytest.fixture
def program(open_window: Callable[[], Everyform], home: Path, tmp_path: Path, qtbot: QtBot) -> Everyform:
    """With a model for pictures, one that makes them larger, one for videos that begin with one, and one for sounds."""
    kinds = {"one": "steps", "larger": "larger", "films": "film", "tunes": "sound"}
    rows = []
    for name, kind in kinds.items():
        folder = fakes.model_folder(tmp_path / name, name=name.title(), fake=kind)
        rows.append({"id": name, "path": str(folder), "name": name.title()})
    home.mkdir(parents=True, exist_ok=True)
    (home / "models.json").write_text(json.dumps({"everyform_models": 1, "models": rows}))
    made = open_window()
    qtbot.waitUntil(lambda: made.session.looked, timeout=PATIENCE_MS)
    made.session.choose(next(m for m in made.session.models if m.id == "one"))
    return made


def test_more_like_it_and_on_to_other_models(program: Everyform, qtbot: QtBot) -> None:
    window = program.window
    written = "a {red|blue|green} boat"
    window.studio.prompt.set_texts(written)
    program.making.generate()
    (first,) = ended(program, qtbot)
    path, settings = first.outputs[0].path, first.outputs[0].settings
    words = settings["prompt"]
    assert settings["template"] == written and words != written
    window.enter("gallery")
    room = window.gallery
    assert room is not None
    qtbot.waitUntil(lambda: room.items.total == 1 and room.items.at(0) is not None, timeout=PATIENCE_MS)
    room.tiles.setCurrentIndex(room.items.index(0))
    room.details.more.click()
    more = ended(program, qtbot, 2)[-1]
    assert more.state == "done" and len(more.outputs) == 4
    seed = first.request.seed
    assert [(o.settings["prompt"], o.settings["seed"]) for o in more.outputs] == [
        (words, seed + k) for k in range(1, 5)
    ]
    assert more.request.settings == first.request.settings
    assert not window.side.form.draft().keep_seed

    # Its settings are what was written, with the seed that says the same of it; made again, it is the same file.
    program.arrivals.use_record(dict(settings))
    draft = window.side.form.draft()
    assert window.studio.prompt.texts()[0] == written and (draft.seed, draft.keep_seed) == (seed, True)
    program.keeping.again(dict(settings))
    again = ended(program, qtbot, 3)[-1]
    assert [(o.path, o.settings) for o in again.outputs] == [(path, settings)]

    # On to the models that go on from it, each with the file in its place.
    item = next(item for item in (room.items.at(k) for k in range(room.items.total)) if item and item.path == path)
    for task, model, medium in (("upscale", "larger", "picture"), ("picture-to-video", "films", "video")):
        room.deeds.send_requested.emit(item, task)
        assert program.session.model is not None and program.session.model.id == model
        assert window.room == medium and window.side.form.draft().inputs == {"picture": path}
        request = program.making.request()
        assert (request.task, dict(request.inputs)) == (task, {"picture": path})
    # As a start picture, where the model in use takes none: one of those for pictures has it then.
    window.enter("sound")
    assert program.session.model.id == "tunes"
    program.keeping.start(path)
    assert window.room == "picture"
    assert program.session.model.id in ("one", "larger") and window.side.form.draft().inputs == {"picture": path}
    room.deeds.send_requested.emit(item, "complete")
    said(program, qtbot, "There is no model here yet for “The rest of a picture”")
    assert read.read_settings(path) is not None
    # What was deleted by hand meanwhile is in nobody's place.
    model, inputs = program.session.model, window.side.form.draft().inputs
    Path(path).unlink()
    room.deeds.start_picture_requested.emit(path)
    said(program, qtbot, "is no longer where it was")
    room.deeds.send_requested.emit(item, "upscale")
    assert (program.session.model, window.side.form.draft().inputs) == (model, inputs)
