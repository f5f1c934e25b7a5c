"""A preset's file: written and read back equal, refused by its place, and brought up from an older version."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from models.presets import form, versions
from models.protocol import BadInput
from tests.models.presets.mutations import SOUND, mutated, run, sentence


def whole(**changed: Any) -> dict[str, Any]:
    return {**json.loads(form.dumps(SOUND)), **changed}


def refusal(given: dict[str, Any]) -> str:
    with pytest.raises(BadInput) as caught:
        form.loads(json.dumps(given), "evening.json")
    assert sentence(str(caught.value))
    return str(caught.value)


def test_it_is_read_as_it_was_written_and_the_same_preset_gives_the_same_bytes() -> None:
    text = form.dumps(SOUND)
    assert form.loads(text) == SOUND
    assert form.dumps(form.loads(text)) == text
    assert form.loads(b"\xef\xbb\xbf" + text.encode()) == SOUND, "an editor's mark of UTF-8 is no harm"


@pytest.mark.parametrize("prompt", ["Un bateau\u202f!", "\u05e1\u05d9\u05e8\u05d4\u200f (1)", "12\u2009000 👩\u200d🌾"])
def test_what_other_scripts_are_written_with_is_kept(prompt: str) -> None:
    assert form.loads(json.dumps(whole(prompt=prompt))).prompt == prompt
    assert "U+202E" in refusal(whole(prompt=f"{prompt}\u202egnp"))


@pytest.mark.parametrize(
    ("changed", "place"),
    [
        ({"setting": {}}, "setting is unknown"),
        ({"settings": {"steps": [1]}}, "settings.steps is a list"),
        ({"settings": {"steps": 10**30}}, "settings.steps is too large"),
        ({"model": {"id": "a", "name": "A"}}, "model.architecture is missing"),
        ({"model": "scenes"}, "model is a text"),
        ({"task": "dance"}, "task is dance, which is no task"),
        ({"count": 65}, "count is 65; give a whole number from 1 to 64"),
        ({"count": True}, "count is true or false"),
        ({"after": {"format": "exe"}}, "after.format is exe"),
        ({"after": {"format": "png", "quality": 3}}, "after.quality goes with jpeg or webp alone"),
        ({"after": {"upscale": {"id": "u"}}}, "after.upscale.architecture is missing"),
        ({"prompt": "a\x1b[2Jb"}, "prompt has the character U+001B"),
        ({"prompt": "x" * 20_001}, "prompt has 20,001 characters"),
        ({"name": "two\nlines"}, "name has more than one line"),
        ({"name": "  "}, "name is empty"),
        ({versions.FIELD: 2}, "it is of version 2, and this program reads up to 1"),
        ({versions.FIELD: "1"}, "it has no version"),
        ({versions.FIELD: 0}, "it is of version 0, which is no longer read"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(changed: dict[str, Any], place: str) -> None:
    assert place in refusal(whole(**changed))


def test_what_is_no_json_is_said_with_its_line_and_a_field_may_not_stand_twice(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="line 2, column 7"):
        form.loads('{\n "a": }')
    with pytest.raises(BadInput, match="name is in it twice"):
        form.loads(form.dumps(SOUND).replace('"note":', '"name":', 1))
    (tmp_path / "large.json").write_bytes(b" " * (form.MAX_BYTES + 1))
    for path in (tmp_path / "large.json", tmp_path, tmp_path / "none.json"):
        with pytest.raises(BadInput) as caught:
            form.read(path)
        assert sentence(str(caught.value))


def test_an_older_version_is_brought_up_and_then_held_as_strictly(monkeypatch: pytest.MonkeyPatch) -> None:
    """A made-up version 0, which had the model's id alone and the format outside."""

    def from_0(old: dict[str, Any]) -> dict[str, Any]:
        new = {k: v for k, v in old.items() if k not in ("model", "architecture", "format")}
        model = {"id": old["model"], "name": old["model"], "architecture": old["architecture"]}
        return {**new, "model": model, "after": {"format": old["format"]}}

    monkeypatch.setitem(versions.STEPS, 0, from_0)
    old = {
        versions.FIELD: 0, "name": "Old", "model": "scenes", "architecture": "latent-diffusion",
        "task": "text-to-picture", "settings": {"steps": 9}, "format": "webp",
    }  # fmt: skip
    preset = form.loads(json.dumps(old))
    assert (preset.model.id, preset.after.format, preset.settings) == ("scenes", "webp", {"steps": 9})
    assert json.loads(form.dumps(preset))[versions.FIELD] == versions.VERSION
    del old["format"]
    assert "no whole preset of version 0" in refusal(old)
    assert "after.format is exe" in refusal(old | {"format": "exe"})


def test_hundreds_of_broken_presets_are_refused_in_a_sentence_or_are_sound() -> None:
    """`python -m tests.models.presets.mutations` runs a hundred thousand."""
    refused, taken, _, wrong = run(mutated(300))
    assert not wrong and refused > 150 and taken > 0
