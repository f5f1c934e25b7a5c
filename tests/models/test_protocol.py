"""The contract's own arithmetic: what is accepted, what is refused with which sentence, and that it crosses a pipe."""

from __future__ import annotations

import pickle

import pytest

from models.protocol import (
    BadInput,
    Card,
    Hello,
    Input,
    ModelInfo,
    Parameter,
    Preview,
    Progress,
    Report,
    Request,
    Run,
    listed,
)

STEPS = Parameter("steps", "int", 20, "Steps", "How many.", minimum=1, maximum=150)
WIDTH = Parameter("width", "int", 128, "Width", "How wide.", minimum=64, maximum=512, multiple_of=8, unit="px")
GUIDANCE = Parameter("guidance_scale", "float", 7.0, "Guidance", "How close.", minimum=0, maximum=30)
SCHEDULER = Parameter("scheduler", "choice", "ddim", "Scheduler", "Which.", choices=("ddim", "euler", "lcm"))
TILES = Parameter("tiles", "bool", False, "Tiles", "In parts.")
STRENGTH = Parameter("strength", "float", 0.6, "Strength", "How much.", 0, 1, tasks=("picture-to-picture", "inpaint"))

CARD = Card(
    architecture="latent-diffusion",
    name="Latent diffusion",
    family="diffusion",
    medium="picture",
    tasks=("text-to-picture", "picture-to-picture", "inpaint"),
    parameters=(STEPS, WIDTH, GUIDANCE, SCHEDULER, TILES, STRENGTH),
    inputs=(
        Input("picture", "picture", "Start picture", "What to start from.", ("picture-to-picture", "inpaint")),
        Input("mask", "picture", "Mask", "White is made again.", ("inpaint",)),
    ),
)


@pytest.mark.parametrize(
    ("parameter", "given", "expected"),
    [
        (STEPS, "30", 30),
        (STEPS, 30.0, 30),
        (WIDTH, "256", 256),
        (GUIDANCE, "7.5", 7.5),
        (GUIDANCE, 0, 0.0),
        (SCHEDULER, "lcm", "lcm"),
        (TILES, "on", True),
        (TILES, True, True),
        (TILES, "No", False),
        (TILES, 0, False),
    ],
)
def test_a_value_becomes_the_parameters_type(parameter: Parameter, given: object, expected: object) -> None:
    value = parameter.check(given)
    assert value == expected
    assert type(value) is type(expected)


@pytest.mark.parametrize(
    ("parameter", "given", "words"),
    [
        (STEPS, 0, "from 1 to 150"),
        (STEPS, 151, "from 1 to 150"),
        (STEPS, "many", "whole number from 1 to 150"),
        (STEPS, 2.5, "whole number"),
        (STEPS, True, "whole number"),
        (STEPS, float("nan"), "whole number"),
        (STEPS, None, "whole number"),
        (WIDTH, 130, "multiple of 8"),
        (GUIDANCE, float("inf"), "from 0 to 30"),
        (SCHEDULER, "heun", "ddim, euler or lcm"),
        (TILES, "perhaps", "on or off"),
    ],
)
def test_a_refusal_names_the_setting_and_what_is_valid(parameter: Parameter, given: object, words: str) -> None:
    with pytest.raises(BadInput) as refused:
        parameter.check(given)
    sentence = str(refused.value)
    assert parameter.name in sentence
    assert words in sentence
    assert sentence.endswith(".")
    assert "\n" not in sentence


def test_a_card_fills_in_defaults_of_the_task_alone() -> None:
    assert CARD.check({"steps": "4"}, "text-to-picture") == {
        "steps": 4,
        "width": 128,
        "guidance_scale": 7.0,
        "scheduler": "ddim",
        "tiles": False,
    }
    assert CARD.check({}, "inpaint")["strength"] == 0.6


def test_a_card_refuses_a_setting_that_the_task_has_not() -> None:
    with pytest.raises(BadInput, match="strength"):
        CARD.check({"strength": 0.5}, "text-to-picture")
    with pytest.raises(BadInput, match="steps, width, guidance_scale, scheduler or tiles"):
        CARD.check({"stpes": 5}, "text-to-picture")


def test_the_inputs_choose_the_task() -> None:
    assert CARD.task_for(()) == "text-to-picture"
    assert CARD.task_for(["picture"]) == "picture-to-picture"
    assert CARD.task_for(["mask", "picture"]) == "inpaint"
    with pytest.raises(BadInput, match="It takes text-to-picture: no file"):
        CARD.task_for(["mask"])


def test_an_optional_input_does_not_decide_the_task() -> None:
    card = Card(
        "a",
        "A",
        "gan",
        "picture",
        ("edit",),
        (),
        (Input("sketch", "picture", "Sketch", "", ("edit",), required=False),),
    )
    assert card.task_for([]) == card.task_for(["sketch"]) == "edit"


def test_names_are_listed_as_in_a_sentence() -> None:
    assert [listed(("a",)), listed(("a", "b")), listed(["a", "b", "c"]), listed(())] == ["a", "a or b", "a, b or c", ""]


def test_everything_crosses_a_pipe_and_compares_by_value() -> None:
    info = ModelInfo("scenes", "Scenes", "/models/scenes", 10, "Apache-2.0", True, CARD)
    request = Request("scenes", info.path, CARD.architecture, "text-to-picture", settings={"steps": 2})
    messages = (
        Hello((info,), "Processor, 2 cores", ("one problem",)),
        Run(3, request),
        Report(3, Progress(1, 2, 0.5)),
        Report(3, Preview(1, 1, b"rgb")),
    )
    assert pickle.loads(pickle.dumps(messages)) == messages


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        ({"minimum": 1}, "must be at least 1"),
        ({"maximum": 2_000_000}, "must be at most 2000000"),
        ({"minimum": 0.5, "maximum": 9}, "must be from 0.5 to 9"),
    ],
)
def test_a_range_is_said_whole(limits: dict[str, float], words: str) -> None:
    parameter = Parameter("size", "float", 2, "Size", "How large.", **limits)  # type: ignore[arg-type]
    for value in (-1, 3_000_000):
        if ("minimum" in limits and value < limits["minimum"]) or ("maximum" in limits and value > limits["maximum"]):
            with pytest.raises(BadInput, match=words):
                parameter.check(value)
