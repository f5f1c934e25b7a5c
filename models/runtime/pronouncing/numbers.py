"""Numbers in a text as words: amounts, years, times, fractions, ordinals and plain ones, whole or not."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

_COINS = {"$": ("dollar", "cent"), "£": ("pound", "penny"), "€": ("euro", "cent"), "¥": ("yen", "")}
_SCALES = "hundred|thousand|million|billion|trillion"
_UNITS = {
    "km": "kilometre", "cm": "centimetre", "mm": "millimetre", "m": "metre", "kg": "kilogram", "g": "gram",
    "mg": "milligram", "l": "litre", "ml": "millilitre", "mph": "mile per hour", "kmh": "kilometre per hour",
    "km/h": "kilometre per hour", "hz": "hertz", "khz": "kilohertz", "mb": "megabyte", "gb": "gigabyte",
    "°c": "degree celsius", "°f": "degree fahrenheit", "°": "degree", "min": "minute", "sec": "second", "ft": "foot",
    "lb": "pound", "lbs": "pound", "oz": "ounce",
}  # fmt: skip
_PARTS = {2: ("half", "halves"), 4: ("quarter", "quarters")}
_LONGEST = 15  # digits; longer ones are read digit by digit, as telephone numbers are
_NUMBER = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"
_UNIT = "|".join(sorted(map(re.escape, _UNITS), key=len, reverse=True))


def spoken(text: str) -> str:
    """The text with its numbers written out."""
    text = re.sub(rf"({_NUMBER})\s?([$£€¥])(?!\s?\d)", r"\2\1", text)  # as most of Europe writes them
    text = re.sub(rf"([$£€¥])\s?({_NUMBER})(?:\s+({_SCALES}))?", _money, text)
    text = re.sub(r"(?<=\d)\s?([ap])\.?m\b\.?", lambda m: f" {'eh' if m[1] in 'aA' else 'pee'} em ", text, flags=re.I)
    text = re.sub(r"\b([01]?\d|2[0-3]):([0-5]\d)\b(?!:)", _time, text)
    text = re.sub(r"\b(\d+)(?:st|nd|rd|th)\b", lambda m: f" {_ordinal(int(m[1]))} ", text, flags=re.IGNORECASE)
    text = re.sub(r"\b(1[1-9]\d\d|20\d\d)s\b", lambda m: f" {_many(_year(int(m[1])))} ", text)
    text = re.sub(r"(?<![\w.,])'?([2-9]0)s\b", lambda m: f" {_many(_words(m[1]))} ", text)
    text = re.sub(r"(?<![\d/])(\d{1,3})/(\d{1,3})(?![\d/])", _fraction, text)
    text = re.sub(r"(?<=\d)\s?[-—](?=\d)", " to ", text)
    text = re.sub(r"(?<![\w)])-(?=\d)", " minus ", text)
    text = re.sub(rf"({_NUMBER})\s?%", lambda m: f" {_plain(m[1])} percent ", text)
    text = re.sub(rf"({_NUMBER})\s?({_UNIT})(?![\w/])", _measure, text, flags=re.IGNORECASE)
    text = re.sub(r"(?<![\d.,])(1[1-9]\d\d|20\d\d)(?![\d]|[.,]\d)", lambda m: f" {_year(int(m[1]))} ", text)
    text = re.sub(r"#\s?(?=\d)", " number ", text)
    return re.sub(_NUMBER, lambda m: f" {_plain(m[0])} ", text)


@lru_cache(maxsize=1)
def _writer() -> Any:
    import inflect

    return inflect.engine()


def _words(number: str | int, **how: Any) -> str:
    return str(_writer().number_to_words(number, **how)).replace(",", "").replace("-", " ")


def _plain(digits: str) -> str:
    """A number as it stands in a text, with or without commas and a point."""
    digits = digits.replace(",", "")
    whole, _, after = digits.partition(".")
    if (len(whole) > 1 and whole[0] == "0") or len(whole) > _LONGEST:
        return " ".join(_words(digit) for digit in whole) + (f" point {_plain(after)}" if after else "")
    return _words(int(whole)) + "".join([" point", *(f" {_words(digit)}" for digit in after)] if after else [])


def _ordinal(number: int) -> str:
    return str(_writer().ordinal(_words(number))) if number < 10**_LONGEST else _plain(str(number))


def _year(year: int) -> str:
    """In pairs as years are, "nineteen oh five"; those about 2000 as other numbers."""
    century, rest = divmod(year, 100)
    if century == 20 and rest < 10:
        return _words(year)
    if not rest:
        return f"{_words(century)} hundred"
    return f"{_words(century)} {'oh ' if rest < 10 else ''}{_words(rest)}"


def _many(words: str) -> str:
    first, _, last = words.rpartition(" ")
    return f"{first} {last[:-1]}ies" if last.endswith("y") else f"{words}s"


def _money(match: re.Match[str]) -> str:
    sign, digits, scale = match[1], match[2].replace(",", ""), match[3]
    name, part = _COINS[sign]
    whole, _, after = digits.partition(".")
    if scale or (after and len(after) != 2):
        return f" {_plain(digits)} {scale or ''} {_counted(name, 2)} "
    said = f" {_plain(whole)} {_counted(name, int(whole))} "
    if after and int(after) and part:
        said += f"and {_words(int(after))} {_counted(part, int(after))} "
    return said


def _counted(name: str, count: float) -> str:
    """The name of a coin or measure, as it is with so many of it."""
    if count == 1 or name in ("yen", "hertz", "kilohertz"):
        return name
    if name == "penny":
        return "pence"
    first, _, rest = name.partition(" ")
    return f"{'feet' if first == 'foot' else first + 's'} {rest}".strip()


def _time(match: re.Match[str]) -> str:
    hour, minute = int(match[1]), int(match[2])
    if not minute:
        return f" {_words(hour)} o'clock " if 0 < hour <= 12 else f" {_words(hour)} hundred "
    return f" {_words(hour)} {'oh ' if minute < 10 else ''}{_words(minute)} "


def _fraction(match: re.Match[str]) -> str:
    above, below = int(match[1]), int(match[2])
    if below in _PARTS and above < below:
        return f" {_words(above)} {_PARTS[below][above > 1]} "
    if 2 < below <= 20 and above < below:
        return f" {_words(above)} {_ordinal(below)}{'s' if above > 1 else ''} "
    return f" {_words(above)} over {_words(below)} "


def _measure(match: re.Match[str]) -> str:
    count = match[1].replace(",", "")
    return f" {_plain(count)} {_counted(_UNITS[match[2].lower()], float(count))} "
