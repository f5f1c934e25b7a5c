"""One prompt asked of every model: who is asked, and the sheet."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from models.comparing import FOUND, Entry, caption, request_for, save_sheet, sheet, takers
from models.protocol import BadInput, Card, ModelInfo, Output, Parameter

STEPS = Parameter("steps", "int", 12, "Steps", "How many.", 1, 50)


def info(id: str, *tasks: str, limit: int = 77, missing: str = "") -> ModelInfo:
    card = Card("toy", "Toy", "gan", "picture", tasks or ("text-to-picture",), (STEPS,), prompt_limit=limit)
    return ModelInfo(id, id.title(), f"/models/{id}", 1, "", False, card, missing)


def test_those_are_asked_that_make_pictures_of_words_and_lack_nothing() -> None:
    models = [info("a"), info("b", "sample"), info("c", limit=0), info("d", missing="its weights"), info("e")]
    assert [m.id for m in takers(models)] == ["a", "e"]
    assert [m.id for m in takers(models, ["e"])] == ["e"]
    with pytest.raises(BadInput, match="b cannot be compared: choose a or e"):
        takers(models, ["b"])
    with pytest.raises(BadInput, match="add one"):
        takers(models[1:4])


def test_each_is_asked_with_its_own_settings_and_scored() -> None:
    request = request_for(info("a"), "a red boat", 9, "out")
    assert (request.prompt, request.seed, request.settings, request.score) == ("a red boat", 9, {"steps": 12}, True)


def entries(folder: Path) -> list[Entry]:
    path = folder / "red.png"
    Image.new("RGB", (64, 32), "red").save(path)
    made = Output(str(path), "picture", 0.612, {"facts": {FOUND: "5 of 6"}})
    return [Entry(info("a"), made), Entry(info("b"), None, "There is not enough memory."), Entry(info("c"))]


def test_what_stands_under_each(tmp_path: Path) -> None:
    assert [caption(e) for e in entries(tmp_path)] == [
        "0.61 s · 5 of 6 found", "There is not enough memory.", "nothing was made",
    ]  # fmt: skip


def test_the_sheet_shows_all_of_them_and_is_never_written_over(tmp_path: Path) -> None:
    drawn = sheet(entries(tmp_path), "a red boat " * 20)
    red = sum(r > 240 and g < 10 and b < 10 for r, g, b in drawn.get_flattened_data())
    assert red > 256 * 128 * 0.97, "the picture lies in its cell, whole"
    first = save_sheet(entries(tmp_path), "a red boat", 4, tmp_path / "made")
    other = save_sheet(entries(tmp_path)[:2], "a red boat", 4, tmp_path / "made")
    assert first != other and first.exists() and other.exists()
    assert first.name == "compare-4-a-red-boat.png"
