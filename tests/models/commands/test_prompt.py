"""`main.py prompt`: what a prompt says for its seeds, and what there is to write it with."""

from __future__ import annotations

import json

import pytest

from models.commands import BAD_INPUT, DONE, main
from models.prompting.expand import expand


def said(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    code = main(["prompt", *words])
    out, err = capsys.readouterr()
    return code, out, err


def test_it_says_the_prompt_for_each_seed(capsys: pytest.CaptureFixture[str]) -> None:
    template = "a {red|blue} boat __times__"
    code, out, _ = said(capsys, template, "--seed", "5", "--count", "3")
    assert code == DONE
    assert out.splitlines() == [f"{seed}: {expand(template, seed)}" for seed in (5, 6, 7)]


def test_as_json_with_its_weights_and_in_a_style(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = said(capsys, "a (boat:1.3)", "--style", "woodcut", "--seed", "1", "--json")
    told = json.loads(out)
    assert code == DONE
    assert told["prompt"].startswith("woodcut of a (boat:1.3)")
    assert {"text": "boat", "weight": 1.3} in told["weights"]


def test_what_is_wrong_is_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = said(capsys, "a {red")
    assert (code, out) == (BAD_INPUT, "")
    assert "line 1, column 3" in err
    assert said(capsys, "a", "--style", "nothing")[0] == BAD_INPUT
    code, out, err = said(capsys, "a (boat", "--seed", "1")
    assert (code, out) == (DONE, "a (boat\n")
    assert "never closed" in err


def test_without_a_prompt_it_lists_styles_and_lists(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = said(capsys)
    assert code == DONE
    assert "Woodcut" in out
    assert "__colours__" in out
    assert "Woodcut" in {one["name"] for one in json.loads(said(capsys, "--json")[1])["styles"]}
