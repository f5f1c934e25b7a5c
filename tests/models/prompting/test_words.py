"""Styles, and words to complete with: the person's files, good and broken."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from models import folders
from models.prompting import lists, styles, tags
from models.prompting.expand import problems
from models.prompting.styles import Style
from models.protocol import BadInput


def test_a_style_lies_around_the_words() -> None:
    style = Style("Oil", "oil painting of {prompt}, canvas", "photograph")
    assert style.around("a boat", "fog") == ("oil painting of a boat, canvas", "fog, photograph")
    assert Style("x", "sharp").around("a {red|blue} boat") == ("a {red|blue} boat, sharp", "")
    assert Style("x", "", "fog").around("a boat") == ("a boat", "fog")


def test_the_styles_and_lists_that_ship_can_be_used(home: Path) -> None:
    there = styles.known()
    assert len(there) >= 5
    assert all(styles.PLACE in style.prompt and not problems(style.around("a boat")[0]) for style in there)
    assert {"colours", "times", "weather"} <= set(lists.names())


def test_a_kept_style_is_found_and_takes_the_place_of_ours(home: Path) -> None:
    styles.keep(Style("woodcut", "mine of {prompt}"))
    styles.keep(Style("Woodcut", "mine at last of {prompt}"))
    styles.keep(Style("Håndtegnet", "tegning av {prompt}"))
    assert styles.find("håndtegnet").prompt == "tegning av {prompt}"
    assert styles.find("Woodcut").prompt == "mine at last of {prompt}"
    assert len(json.loads(styles.path().read_text("utf-8"))) == 2
    with pytest.raises(BadInput, match="no style nothing"):
        styles.find("nothing")


@pytest.mark.parametrize("content", ["{", "3", "[3]", '[{"name": ""}]', '[{"name": "a", "prompt": 3}]', "[" * 5000])
def test_a_broken_file_of_styles_is_told(home: Path, content: str) -> None:
    home.mkdir(exist_ok=True)
    styles.path().write_text(content, "utf-8")
    with pytest.raises(BadInput, match=r"styles\.json"):
        styles.known()
    with pytest.raises(BadInput):
        styles.keep(Style("a", "b"))
    assert styles.path().read_text("utf-8") == content, "nothing is lost"


def test_a_style_gets_another_name_goes_and_comes_back_in_its_place(home: Path) -> None:
    for name in ("One", "Two", "Three"):
        styles.keep(Style(name, f"{name} of {{prompt}}"))
    assert styles.rename("two", " Second  best ").prompt == "Two of {prompt}"
    assert [one.name for one in styles.own()] == ["One", "Second best", "Three"]
    styles.rename("One", "ONE")  # its own name, written otherwise
    for name, to, said in (
        ("Three", "one", "a style one already"),
        ("Three", " ", "a name"),
        ("x", "y", "no longer"),
    ):
        with pytest.raises(BadInput, match=said):
            styles.rename(name, to)
    gone, at = styles.remove("second best")
    assert [one.name for one in styles.own()] == ["ONE", "Three"]
    styles.restore(gone, at)
    assert [one.name for one in styles.own()] == ["ONE", "Second best", "Three"]
    with pytest.raises(BadInput, match="another style"):
        styles.restore(gone, at)
    with pytest.raises(BadInput, match="no longer"):
        styles.remove("Woodcut")  # it came with the program


def test_styles_with_a_mark_before_them_are_read_and_those_in_another_encoding_said(home: Path) -> None:
    home.mkdir(exist_ok=True)
    text = '[{"name": "Bär", "prompt": "{prompt}, grün"}]'
    styles.path().write_bytes(b"\xef\xbb\xbf" + text.encode())
    assert [one.name for one in styles.own()] == ["Bär"]
    styles.path().write_bytes(text.encode("latin-1"))
    with pytest.raises(BadInput, match=r"styles\.json .*is not in UTF-8: open it and save it as UTF-8"):
        styles.known()


def test_tags_are_read_as_others_write_them(tmp_path: Path) -> None:
    file = tmp_path / "tags.csv"
    file.write_text('boat,0,1200,"ship,vessel"\nboathouse\n# no\n\nlong_hair,0,99999\nboa,x,y\n', "utf-8")
    words = tags.Words(tags.read(file))
    assert [tag.text for tag in words.find("boa")] == ["boat", "boa", "boathouse"]
    assert [tag.text for tag in words.find("SHI")] == ["boat"]
    assert [tag.text for tag in words.find("long h")] == ["long_hair"]
    assert words.find("zz") == []
    with pytest.raises(BadInput, match=r"none\.csv .*cannot be read"):
        tags.read(tmp_path / "none.csv")


def test_a_small_models_own_words_are_offered_and_a_large_ones_are_not(tmp_path: Path) -> None:
    scenes = folders.resources() / "starter" / "scenes"
    assert {"sailboat", "lighthouse", "sunset"} <= {tag.text for tag in tags.of_model(str(scenes), "tokenizer")}
    vocabulary = {f"word{k}</w>": k for k in range(tags.SMALL + 1)}
    (tmp_path / "tokenizer.json").write_text(json.dumps({"model": {"vocab": vocabulary}}))
    assert tags.of_model(str(tmp_path), "") == []
    assert tags.of_model(str(tmp_path.parent), tmp_path.name) == []
