"""Ctrl+Up and Ctrl+Down on a prompt: words, marked letters, and brackets that are there."""

from __future__ import annotations

import random

import pytest

from models.prompting.nudge import nudge
from models.prompting.weights import parts, plain


def after(prompt: str, start: int, end: int, up: bool) -> tuple[str, str]:
    """The prompt with the change, and what is marked in it."""
    edit = nudge(prompt, start, end, up)
    assert edit is not None
    text = prompt[: edit.start] + edit.text + prompt[edit.end :]
    return text, text[edit.first : edit.last]


@pytest.mark.parametrize(
    ("prompt", "at", "up", "wanted"),
    [
        ("a red boat", (3, 3), True, "a (red:1.1) boat"),
        ("a red boat", (3, 3), False, "a (red:0.9) boat"),
        ("a (red:1.1) boat", (4, 4), True, "a (red:1.2) boat"),
        ("a (red:1.1) boat", (4, 4), False, "a red boat"),
        ("a (red) boat", (4, 4), True, "a (red:1.2) boat"),
        ("a red boat", (2, 10), True, "a (red boat:1.1)"),
        ("a red boat ", (1, 11), True, "a (red boat:1.1) "),
        ("(a red boat:1.2)", (3, 6), True, "(a (red:1.1) boat:1.2)"),
        ("(a red boat:1.2)", (4, 4), True, "(a red boat:1.3)"),
        ("(red:0)", (2, 2), False, "(red:0)"),
        ("a ½ red", (4, 4), True, "a ½ (red:1.1)"),
    ],
)
def test_a_step_changes_the_weight(prompt: str, at: tuple[int, int], up: bool, wanted: str) -> None:
    assert after(prompt, *at, up)[0] == wanted


def test_there_is_nothing_to_weigh_between_words() -> None:
    assert nudge("a , b", 3, 3, True) is None
    assert nudge("", 0, 0, True) is None
    assert nudge("a   b", 2, 4, True) is None


@pytest.mark.parametrize(("prompt", "at"), [("${name=red} boat", 4), ("{2$$a|b}", 1), ("a # some words", 6)])
def test_what_is_no_word_is_not_weighed(prompt: str, at: int) -> None:
    assert nudge(prompt, at, at, True) is None


def test_up_and_down_again_gives_the_words_back_and_only_their_weights_change() -> None:
    chance = random.Random(2)
    for _ in range(60):
        words = " ".join(chance.choice(["red", "boat", "(sea:1.2)", "[fog]", r"\(x\)"]) for _ in range(4))
        at = chance.randrange(len(words))
        edit = nudge(words, at, at, True)
        if edit is None:
            continue
        text = words[: edit.start] + edit.text + words[edit.end :]
        assert plain(text) == plain(words)
        assert max(weight for _, weight in parts(text)) >= max(weight for _, weight in parts(words)) - 1e-6
