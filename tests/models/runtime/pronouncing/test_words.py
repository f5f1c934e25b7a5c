"""Texts as they are said: numbers, signs, abbreviations, and where a voice pauses."""

from __future__ import annotations

import pytest

from models.runtime.pronouncing.words import said


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Dr. Smith paid $3.50.", "doctor smith paid three dollars and fifty cents ."),
        (
            "In 1984, 1905 and 2026; 2005!",
            "in nineteen eighty four , nineteen oh five and twenty twenty six ; two thousand and five !",
        ),
        ("Since the 1980s", "since the nineteen eighties"),
        (
            "1,234.5 km at 22°C",
            "one thousand two hundred and thirty four point five kilometres at twenty two degrees celsius",
        ),
        ("the 1st, 22nd and 111th", "the first , twenty second and one hundred and eleventh"),
        ("3/4 of 50%", "three quarters of fifty percent"),
        ("It is -5, or 6-7.", "it is minus five , or six to seven ."),
        ("10:05 am, 3:00 and 15:30", "ten oh five eh em , three o'clock and fifteen thirty"),
        ("£1.01, €2 million", "one pound and one penny , two million euros"),
        (
            "007 and 12345678901234567890",
            "zero zero seven and " + "one two three four five six seven eight nine zero " * 2,
        ),
        ("The BBC's TV in the U.S.A.", "the bee bee see's tee vee in the you ess eh"),
        ("NASA, e.g. this & that", "nasa , for example , this and that"),
        ("WE ARE HERE", "we are here"),
        ("naïve café — “Why?!” (yes)...", "naive cafe — why ? yes …"),
        ("well-known mp3s and/or example.com", "well known em pee three ess and or example dot com"),
        ("it’s the dogs' “own”", "it's the dogs own"),
        ("1½ cups, 10² and 2 ⅔", "one and one half cups , ten squared and two and two thirds"),
        ("the 20s and the '90s", "the twenties and the nineties"),
        ("25 € or 3$, $5 $6", "twenty five euros or three dollars , five dollars six dollars"),
        ("Mr Smith vs Dr Who", "mister smith versus doctor who"),
        ("...!? 船 🙂", ""),
    ],
)
def test_what_is_written_is_said(text: str, words: str) -> None:
    assert said(text) == words.split()


def test_any_number_has_words() -> None:
    for number in (0, 7, 10, 99, 100, 101, 1000, 1099, 1100, 1999, 2000, 2099, 2100, 10_000, 10**15, 10**30):
        for form in (f"{number}", f"{number:,}", f"{number}.5", f"${number}", f"{number}%", f"{number}th"):
            words = said(form)
            assert words and not any(c.isdigit() for word in words for c in word), form
