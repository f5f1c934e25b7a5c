"""The conditions of a search as SQL over the library's tables (`models.outputs.tables`)."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from models.outputs.query import Term, parse
from models.outputs.tables import TOLD_TEXTS
from models.protocol import MEDIA

# The shortest word that the index of words knows; shorter ones are looked for in every row.
_INDEXED = 3
_DATE = re.compile(r"(\d{4})(?:-(\d{1,2}))?(?:-(\d{1,2}))?")
_SWITCHES = {"yes": "true", "on": "true", "no": "false", "off": "false"}
_NUMBERS = {"rating": "rating", "seed": "seed", "width": "width", "height": "height"}  # columns of their own
_TEXTS = {"prompt": "prompt", "name": "path"}


@dataclass(frozen=True)
class Conditions:
    """`where` is empty or begins with WHERE; `problems` are sentences on what was not understood and left out."""

    where: str
    values: tuple[str | int | float, ...]
    problems: tuple[str, ...] = ()


class _NotUnderstood(ValueError):
    """Says what was expected."""


Part = tuple[str, list[str | int | float]]


def conditions(search: str, medium: str = "", favourites: bool = False) -> Conditions:
    """What a search asks of the rows of `items`."""
    parts: list[str] = []
    values: list[str | int | float] = []
    problems: list[str] = []
    asked = list(parse(search))
    asked += [Term(medium, "medium")] if medium else []
    asked += [Term("yes", "favourite")] if favourites else []
    for term in asked:
        try:
            sql, given = _KEYS.get(term.key, _setting)(term)
        except _NotUnderstood as problem:
            problems.append(str(problem))
            continue
        parts.append(f"NOT ({sql})" if term.without else f"({sql})")
        values += given
    return Conditions("WHERE " + " AND ".join(parts) if parts else "", tuple(values), tuple(problems))


def _words(term: Term) -> Part:
    word = term.value.casefold()
    if len(word) < _INDEXED:
        return "instr(words, ?)", [word]
    return "id IN (SELECT rowid FROM found WHERE found MATCH ?)", ['"' + word.replace('"', '""') + '"']


def _medium(term: Term) -> Part:
    wanted = term.value.lower().removesuffix("s") or "?"
    known = next((medium for medium in MEDIA if medium.startswith(wanted)), None)
    if known is None:
        raise _NotUnderstood(f"medium is {', '.join(MEDIA)}, and not {term.value}.")
    return "medium = ?", [known]


def _favourite(term: Term) -> Part:
    kept = term.value.lower() not in _SWITCHES or _SWITCHES[term.value.lower()] == "true"
    return ("favourite" if kept else "NOT favourite"), []


def _board(term: Term) -> Part:
    return "id IN (SELECT item FROM boards WHERE fold(name) = ?)", [term.value.casefold()]


def _number(term: Term) -> Part:
    value = _as_number(term)
    if value is None:
        raise _NotUnderstood(f"{term.key} wants a number, such as {term.key}:>={4 if term.key == 'rating' else 20}.")
    return f"{_NUMBERS[term.key]} {term.sign or '='} ?", [value]


def _text(term: Term) -> Part:
    sql, values = _words(term)  # first, because it has an index
    return f"{sql} AND instr(fold({_TEXTS[term.key]}), ?)", [*values, term.value.casefold()]


def _part(term: Term) -> Part:
    """Part of something that is told as a text."""
    return "id IN (SELECT item FROM told WHERE name = ? AND instr(text, ?))", [term.key, term.value.casefold()]


def _setting(term: Term) -> Part:
    """A setting of any model, by its own name: a number with a sign, or part of a text."""
    value = _as_number(term)
    if term.sign and value is None:
        raise _NotUnderstood(f"{term.key}:{term.sign} wants a number, such as {term.key}:{term.sign}20.")
    if value is not None:
        return f"id IN (SELECT item FROM told WHERE name = ? AND number {term.sign or '='} ?)", [term.key, value]
    return _part(replace(term, value=_SWITCHES.get(term.value.lower(), term.value)))


def _after(term: Term) -> Part:
    return "created >= ?", [_utc(_days(term)[0])]


def _before(term: Term) -> Part:
    return "created < ?", [_utc(_days(term)[0])]


def _date(term: Term) -> Part:
    begin, end = _days(term)
    if term.sign in (">", ">="):
        return "created >= ?", [_utc(end if term.sign == ">" else begin)]
    if term.sign in ("<", "<="):
        return "created < ?", [_utc(begin if term.sign == "<" else end)]
    return "created >= ? AND created < ?", [_utc(begin), _utc(end)]


def _days(term: Term) -> tuple[datetime.date, datetime.date]:
    """The first day of a year, month or day, and the first one after it."""
    today = datetime.date.today()
    by_name = {"today": today, "yesterday": today - datetime.timedelta(1)}
    if (day := by_name.get(term.value.lower())) is not None:
        return day, day + datetime.timedelta(1)
    try:
        found = _DATE.fullmatch(term.value)
        year, month, day_of = (int(part) if part else 0 for part in found.groups()) if found else (0, 0, 0)
        begin = datetime.date(year, month or 1, day_of or 1)
        if day_of:
            return begin, begin + datetime.timedelta(1)
        return begin, datetime.date(year + (not month or month == 12), month % 12 + 1 if month else 1, 1)
    except (ValueError, OverflowError):
        said = f"{term.key} wants a day, such as {term.key}:{today.isoformat()}, {today:%Y-%m}, {today:%Y} or today."
        raise _NotUnderstood(said) from None


def _utc(day: datetime.date) -> str:
    """The beginning of that day here, as the library keeps times."""
    midnight = datetime.datetime.combine(day, datetime.time())
    try:
        return midnight.astimezone().astimezone(datetime.UTC).isoformat(timespec="milliseconds")
    except (OverflowError, OSError, ValueError):  # years that the system's clock does not reach
        return f"{day.isoformat()}T00:00:00.000+00:00"


def _as_number(term: Term) -> float | int | None:
    try:
        value = float(term.value.replace(",", "."))
    except ValueError:
        return None
    if value != value or abs(value) > 1e18:
        return None
    return int(value) if value.is_integer() else value


_KEYS: dict[str, Callable[[Term], Part]] = {
    "": _words,
    "medium": _medium,
    "favourite": _favourite,
    "board": _board,
    "after": _after,
    "before": _before,
    "date": _date,
    **dict.fromkeys(_NUMBERS, _number),
    **dict.fromkeys(_TEXTS, _text),
    **dict.fromkeys(TOLD_TEXTS, _part),
}
