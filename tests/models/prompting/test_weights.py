"""Weights in prompts: what AUTOMATIC1111's documents say, and that nothing that can be typed breaks them."""

from __future__ import annotations

import random

import pytest

from models.prompting import weights

# Its wiki (Features, "Attention/emphasis"), and the examples beside its own parser.
DOCUMENTED: list[tuple[str, list[tuple[str, float]]]] = [
    ("a (word)", [("a ", 1), ("word", 1.1)]),
    ("a ((word))", [("a ", 1), ("word", 1.21)]),
    ("a [word]", [("a ", 1), ("word", 1 / 1.1)]),
    ("a (word:1.5)", [("a ", 1), ("word", 1.5)]),
    ("a (word:0.25)", [("a ", 1), ("word", 0.25)]),
    (r"a \(word\)", [("a (word)", 1)]),
    (r"anime_\(character\)", [("anime_(character)", 1)]),
    ("(text:1.4)", [("text", 1.4)]),
    ("normal text", [("normal text", 1)]),
    ("an (important) word", [("an ", 1), ("important", 1.1), (" word", 1)]),
    ("(unbalanced", [("unbalanced", 1.1)]),
    (r"\(literal\]", [("(literal]", 1)]),
    ("(unnecessary)(parens)", [("unnecessaryparens", 1.1)]),
    (
        "a (((house:1.3)) [on] a (hill:0.5), sun, (((sky))).",
        [("a ", 1), ("house", 1.573), (" ", 1.1), ("on", 1), (" a ", 1.1), ("hill", 0.55), (", sun, ", 1.1),
         ("sky", 1.4641), (".", 1.1)],
    ),
]  # fmt: skip


@pytest.mark.parametrize(("prompt", "wanted"), DOCUMENTED)
def test_the_documented_examples_have_the_documented_weights(prompt: str, wanted: list[tuple[str, float]]) -> None:
    found = weights.parts(prompt)
    assert [text for text, _ in found] == [text for text, _ in wanted]
    assert [weight for _, weight in found] == pytest.approx([weight for _, weight in wanted])


@pytest.mark.parametrize(
    ("prompt", "plain"),
    [
        ("a) b] c:1.3", "a) b] c:1.3"),
        (r"c:\dir", r"c:\dir"),
        ("(a:b:1.2)", "a:b"),
        ("([])", ""),
        ("", ""),
        ("12:30", "12:30"),
    ],
)
def test_what_is_no_sign_is_left_as_it_is(prompt: str, plain: str) -> None:
    assert weights.plain(prompt) == plain


def test_a_weight_beyond_sense_is_held_back() -> None:
    assert weights.parts("(boat:1984)") == [("boat", weights.MOST)]
    assert weights.parts("(" * 300 + "boat" + ")" * 300)[-1][1] <= weights.MOST


def test_any_letters_keep_their_places_and_escaped_text_stays() -> None:
    chance = random.Random(1)
    for _ in range(300):
        text = "".join(chance.choice("ab :.1)(][\\\n🙂é{|}") for _ in range(chance.randrange(24)))
        letters = weights.letters(text)
        assert all(text[one.start : one.end].endswith(one.text) for one in letters)
        assert [one.start for one in letters] == sorted({one.start for one in letters})
        assert weights.plain(weights.escaped(text)) == text
        assert not weights.weighs(weights.escaped(text))
