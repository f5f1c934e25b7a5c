"""Which model a preset means, what is said where it is not here; and the presets that ship."""

from __future__ import annotations

from dataclasses import replace

import pytest

from models import folders
from models.presets import fitting, form
from models.presets.preset import After, ModelKey
from models.protocol import BadInput, ModelInfo
from models.registry import Registry
from models.store.catalog import catalog
from models.store.store import Store
from tests.fakes.families.light.steps import CARD
from tests.models.batch.making import PLAIN
from tests.models.presets.mutations import sentence


def model(id: str = "counter", name: str = "The counter", numbers: int = 0, path: str = "/nowhere") -> ModelInfo:
    return ModelInfo(id, name, path, 0, "", False, CARD, numbers=numbers)


def test_the_same_model_is_found_under_another_id_or_name_and_another_is_not_taken() -> None:
    wanted = ModelKey("counter", "The counter", "fake-steps", numbers=7)
    exact, moved, other = model(numbers=9), model("my-counter", numbers=7), model("my-counter", numbers=8)
    assert fitting.find(wanted, [moved, exact]) is exact
    assert fitting.find(wanted, [moved]) is moved
    assert fitting.find(wanted, [other]) is None
    assert fitting.find(replace(wanted, architecture="other"), [exact]) is None
    assert fitting.find(wanted, [model("a", "b", 7)]) is None


def test_what_came_from_the_hub_is_known_by_its_name_there(tmp_path) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / "everyform.json").write_text('{"source": {"id": "owner/counter"}}')
    here = model("x", "y", path=str(tmp_path))
    assert fitting.key(here).hub == "owner/counter"
    assert fitting.find(replace(fitting.key(here), id="z", name="z"), [here]) is here


def test_one_that_is_missing_is_named_with_where_to_get_it() -> None:
    entry = catalog.read()[0]
    known = fitting.absent(ModelKey("sd", entry.name, "latent-diffusion", hub=entry.id))
    assert entry.id in known and entry.address in known
    assert entry.address in fitting.absent(ModelKey("sd", entry.name, "latent-diffusion"))
    assert "models download someone/thing" in fitting.absent(ModelKey("t", "Thing", "x", hub="someone/thing"))
    nowhere = fitting.absent(ModelKey("t", "Thing", "latent-diffusion", "SDXL"))
    assert "Thing (SDXL) is not here" in nowhere and sentence(known) and sentence(nowhere)


def test_settings_are_held_to_the_card_and_filled_up() -> None:
    assert fitting.checked(PLAIN, model(), {"steps": "9"}) == {"steps": 9, "pause_ms": 0.0, "behave": "well"}
    for wrong, said in (
        (replace(PLAIN, settings={"stepps": 1}), "has no setting 'stepps'"),
        (replace(PLAIN, settings={"steps": 0}), "steps is 0, but must be from 1 to 5000"),
        (replace(PLAIN, settings={"steps": 10**18}), "steps is 1000000000000000000, but must be"),
        (replace(PLAIN, task="upscale"), "cannot do upscale"),
        (replace(PLAIN, negative_prompt="x"), "takes no negative prompt"),
        (replace(PLAIN, after=After(format="wav")), "wav is no format for a picture"),
    ):
        with pytest.raises(BadInput, match=said):
            fitting.checked(wrong, model())


def test_those_that_ship_are_whole_written_by_us_and_taken_by_the_starters() -> None:
    starters = Store(Registry().recognise).models()
    names = set()
    found = sorted((folders.resources() / "presets").glob("*.json"))
    for path in found:
        preset = form.read(path)
        assert form.dumps(preset) == path.read_text("utf-8"), path.name
        for key in filter(None, (preset.model, preset.after.upscale)):
            model = fitting.find(key, starters)
            assert model is not None and model.starter and model.id == key.id, path.name
        assert preset.note
        fitting.checked(preset, next(m for m in starters if m.id == preset.model.id))
        names.add(preset.name)
    assert len(names) == len(found) >= 12
