"""Presets on disk: kept, found, renamed, taken away and brought back, sent and received."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from models.presets import form
from models.presets.shelf import Presets
from models.protocol import BadInput
from tests.models.presets.mutations import SOUND


@pytest.fixture
def presets(tmp_path: Path) -> Presets:
    shipped = tmp_path / "shipped"
    shipped.mkdir()
    (shipped / "first.json").write_text(form.dumps(replace(SOUND, name="First")), "utf-8")
    return Presets(tmp_path / "own", shipped)


def names(presets: Presets) -> list[str]:
    return [kept.preset.name for kept in presets.look()]


def test_one_is_kept_found_by_name_file_and_path_and_never_over_another(presets: Presets) -> None:
    kept = presets.save(SOUND)
    other = presets.save(replace(SOUND, count=2))
    assert names(presets) == ["Evening by the sea", "Evening by the sea 2", "First"]
    for said in ("evening BY the sea", "evening-by-the-sea", str(kept.path)):
        assert presets.find(said).preset == SOUND
    assert presets.find(other.preset.name).preset.count == 2
    assert presets.find("first").shipped
    with pytest.raises(BadInput, match="choose Evening by the sea"):
        presets.find("Evening by the see")
    for said in ("~nobody/there", "a\0b", "", "none.json"):
        with pytest.raises(BadInput):
            presets.find(said)


def test_it_is_renamed_deleted_and_brought_back(presets: Presets) -> None:
    kept = presets.rename(presets.save(SOUND), " Calm sea ")
    assert names(presets) == ["Calm sea", "First"] and kept.path.name == "calm-sea.json"
    kept = presets.rename(kept, "Calm: Sea!")
    assert kept.path.name == "calm-sea.json" and presets.find("calm: sea!").preset.settings == SOUND.settings
    gone = presets.delete(kept)
    assert names(presets) == ["First"]
    assert presets.restore(gone).preset == kept.preset and names(presets) == ["Calm: Sea!", "First"]
    with pytest.raises(BadInput, match="The name is empty"):
        presets.rename(presets.find("calm-sea"), "  ")


def test_those_of_the_program_stay(presets: Presets) -> None:
    first = presets.find("first")
    for deed in (lambda: presets.delete(first), lambda: presets.rename(first, "Mine")):
        with pytest.raises(BadInput, match="came with the program"):
            deed()
    assert presets.save(replace(first.preset, name="Mine"), first).path.parent == presets.own
    assert names(presets) == ["Mine", "First"]


def test_one_is_sent_and_received_once(presets: Presets, tmp_path: Path) -> None:
    sent = presets.export(presets.save(SOUND), tmp_path / "for a friend")
    assert sent.name == "for a friend.json"
    friend = Presets(tmp_path / "friend", tmp_path / "nothing")
    assert friend.take(sent).preset == SOUND and friend.take(sent).preset == SOUND
    assert names(friend) == [SOUND.name]


def test_a_broken_file_takes_only_itself_away(presets: Presets) -> None:
    presets.save(SOUND)
    (presets.own / "broken.json").write_text("{")
    assert names(presets) == [SOUND.name, "First"]
    assert len(presets.problems) == 1 and presets.problems[0].startswith("broken.json: ")
    with pytest.raises(BadInput, match="no JSON"):
        presets.find("broken")
