"""Cards as JSON: there and back, and nothing else taken for one."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path

import pytest

from models import cards
from models.protocol import Card, Input, ModelInfo, Parameter, Part
from tests.fakes.families.light import steps

INFO = ModelInfo("counter", "Counter", "/models/counter", 12, "CC0-1.0", False, steps.CARD, missing="a tokenizer")
TOLD = ModelInfo(
    "sd", "SD", "/models/sd", 12, "MIT", True, steps.CARD, "a VAE", "SD 1.x", "inpainting", 860_000_000,
    (("F16", 0.9), ("F32", 0.1)), ("CLIP-L",), "/models", 1.5, (Part("unet", "denoiser", 860, 1720, "F16"),),
)  # fmt: skip
FULL = Card(
    "full", "Full", "gan", "sound", ("a", "b"),
    (
        Parameter(
            "name", "choice", "x", "Label", "Help.", 1.5, 2.0, ("x", "y"), "s", True, 4, ("x",), ("a",)
        ),
        Parameter("on", "bool", True, "On", "Help."),
        Parameter("words", "text", "…", "Words", "Help."),
    ),
    (Input("sketch", "picture", "Sketch", "Help.", ("b",), required=False),),
    "In one pass.", "guides/full.md", 77, "tokenizer", True, ("b",), True,
)  # fmt: skip


def test_no_field_of_the_protocol_is_forgotten() -> None:
    """Every field differs from its default in FULL, so that a forgotten one would come back changed."""
    for thing in (FULL, FULL.parameters[0], FULL.inputs[0]):
        for field in fields(thing):
            assert getattr(thing, field.name) != field.default, field.name


def test_every_fact_of_a_model_comes_back_as_it_went() -> None:
    for field in fields(ModelInfo):
        assert getattr(TOLD, field.name) != field.default, field.name
    assert cards.loads(cards.dumps([TOLD])) == (TOLD,)
    row = cards.model_summary(TOLD)
    assert (
        row["precision"] == [["F16", 0.9], ["F32", 0.1]]
        and row["needs"] == ["CLIP-L"]
        and row["numbers"] == 860_000_000
    )
    assert json.loads(json.dumps(row)) == row


@pytest.mark.parametrize("card", [steps.CARD, FULL])
def test_a_model_comes_back_as_it_went(card: Card) -> None:
    info = ModelInfo("id", "Name", "/path", 1, "MIT", True, card)
    assert cards.loads(cards.dumps([INFO, info])) == (INFO, info)


def test_the_listing_has_what_the_command_line_promises() -> None:
    row = cards.model_summary(INFO)
    promised = "id name architecture family medium tasks path size_bytes licence starter"
    assert set(promised.split()) <= set(row)
    shown = cards.model_to_dict(INFO)
    assert row.items() <= shown.items()
    each = "name type default minimum maximum choices unit help advanced"
    assert all(set(each.split()) <= set(parameter) for parameter in shown["parameters"])
    assert shown["inputs"][0]["medium"] == "picture"
    assert json.loads(json.dumps(shown)) == shown


def spoil(**changes: object) -> str:
    whole = json.loads(cards.dumps([INFO]))
    whole["models"][0] |= changes
    return json.dumps(whole)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"everyform_cards": 1}',
        '{"everyform_cards": 99, "models": []}',
        '{"everyform_cards": 1, "models": [3]}',
        spoil(id=3),
        spoil(medium="smell"),
        spoil(tasks="text-to-picture"),
        spoil(size_bytes=None),
        spoil(precision=[["F16"]]),
        spoil(precision="F16"),
        spoil(needs="a VAE"),
        spoil(changed=None),
        spoil(parameters=[{"name": "steps"}]),
        spoil(parameters=[{"__class__": "os.system"}]),
        spoil(parameters=[cards.parameter_to_dict(FULL.parameters[0]) | {"default": {"a": 1}}]),
        spoil(parameters=[cards.parameter_to_dict(FULL.parameters[0]) | {"choices": "xy"}]),
        spoil(parameters=[cards.parameter_to_dict(FULL.parameters[0]) | {"label": 5}]),
    ],
)
def test_what_is_no_card_is_refused_and_remembered_as_nothing(text: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError):
        cards.loads(text)
    (tmp_path / "cards.json").write_text(text, encoding="utf-8")
    assert cards.recall(tmp_path / "cards.json") == ()


def test_models_are_remembered_in_the_home_while_their_files_are_there(home: Path, tmp_path: Path) -> None:
    (tmp_path / "here").mkdir()
    here = ModelInfo("here", "Here", str(tmp_path / "here"), 1, "", False, steps.CARD)
    assert cards.recall() == ()
    cards.remember([here, INFO])
    assert (home / "cards.json").exists()
    assert cards.recall() == (here,)


def test_a_disk_that_takes_no_cards_is_no_reason_to_fail(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    cards.remember([INFO], tmp_path / "file" / "cards.json")
    assert cards.recall(tmp_path / "file" / "cards.json") == ()
