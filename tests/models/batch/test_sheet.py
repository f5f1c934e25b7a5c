"""A grid's sheet: a picture that tells what it is of, on the gallery's list, and made by no model."""

from __future__ import annotations

import json
from pathlib import Path

from PIL import Image

from models.batch import sheet, sources
from models.batch.plan import Order, planned
from models.outputs import read, sheets
from models.outputs.library import Library, listed_in_library
from models.protocol import Output
from tests.models.batch.making import source


def made(folder: Path, seeds: str = "7") -> Output:
    axes = sources.axes(["steps=2,4", "pause_ms=0,1"])
    rows = planned(Order((source(),), axes=axes, seeds=sources.seeds(seeds))).rows
    ((name, on_it),) = sheet.sheets(rows).items()
    folder.mkdir(parents=True)
    files = {}
    for k, row in enumerate(on_it[:-1]):
        files[row.id] = folder / row.file
        Image.new("RGB", (32, 32), (60 * k, 90, 200)).save(files[row.id])
    return sheet.save(name, list(on_it), files, {on_it[-1].id: "It was too dark."}, folder)


def test_a_sheet_tells_what_it_is_of(tmp_path: Path) -> None:
    output = made(tmp_path / "night")
    found = read.read_settings(output.path)
    assert found is not None and read.bare(found) == output.settings and found["source"] == "everyform"
    assert found[sheets.SHEET] == {
        "batch": "night", "preset": "Plain", "axes": [["steps", ["2", "4"]], ["pause_ms", ["0", "1"]]],
    }  # fmt: skip
    assert (found["prompt"], found["model_name"], found["seed"]) == ("a boat", "The counter", 7)
    assert sheets.lines(found) == ["sheet of the batch night", "preset Plain", "X: steps 2, 4", "Y: pause ms 0, 1"]
    with Image.open(output.path) as image:
        assert "Steps" not in image.info["parameters"] and image.info["parameters"].startswith("a boat")


def test_it_is_found_by_what_it_is_also_when_the_index_is_made_again(home: Path, tmp_path: Path) -> None:
    output = made(tmp_path / "night")
    assert listed_in_library(output) == ""
    for _ in range(2):
        library = Library()
        for words in ("batch", "sheet plain", "steps 2, 4", "night boat"):
            assert [item.path for item in library.items(words)] == [output.path], words
        assert library.items("batch")[0].settings[sheets.SHEET]["preset"] == "Plain"
        library.path.unlink()
        library.rebuild()


def test_what_a_stranger_writes_there_is_read_as_far_as_it_is_of_its_form() -> None:
    for told in (3, [], {"batch": 4, "axes": 3}, {"axes": [3, ["a"], ["a", 3], [3, ["b"]], ["a", [3]], ["a", ["b"]]]}):
        given = json.dumps({"everyform": 1, "sheet": told})
        found = read._ours(given)
        assert found is not None and found["sheet"]["axes"] in ([], [["a", ["b"]]])
        assert sheets.lines(found)[0] == "sheet of a batch"
    assert sheets.lines({"prompt": "a boat"}) == []


def test_its_title_tells_it_from_other_sheets_of_the_preset(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("prompt,pause_ms\na tree,0\na tree,1.5\n,2\n", "utf-8")
    lines = sources.prompts(tmp_path / "t.csv")
    rows = planned(Order((source(),), lines, seeds=(7, 8), axes=sources.axes(["steps=2,4", "behave=well"]))).rows
    titles = [sheet.about(on_it[0]) for on_it in sheet.sheets(rows).values()]
    assert titles == [
        f"Plain: {words}, seed {seed}"
        for words in ("a tree", "a tree, pause ms 1.5", "a boat, pause ms 2.0")
        for seed in (7, 8)
    ]
    (only,) = sheet.sheets(planned(Order((source(),), seeds=(7, 8), axes=sources.axes(["prompt=a|b"]))).rows).values()
    assert sheet.about(only[0]) == "Plain"
