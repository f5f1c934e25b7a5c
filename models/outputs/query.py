"""What is typed to find finished work: words, and conditions such as `model:scenes steps:>20 rating:>=4 after:2026-11`.

A condition is a name, a colon and a value; a minus before a word or a condition turns it round; what stands in quotes
belongs together. Whatever is no condition is words.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

MAX_CHARS = 400
MAX_TERMS = 24
_TOKEN = re.compile(r'(-?)(?:([A-Za-z_]\w*):(?=[^\s/]))?("[^"]*"?|\S+)')
_SIGNED = re.compile(r"(>=|<=|>|<|=)?(.*)", re.DOTALL)
_RANGE = re.compile(r"([\d.,]+)(?:\.\.|-)([\d.,]+)")
# What is asked of these is words, also where it looks like a range or has a sign: "2026-11" is a name for a board.
_WORDS = ("model", "board", "prompt", "name", "task", "negative")
# Other words for the same name.
_ALIASES = {"from": "after", "since": "after", "until": "before", "on": "date", "stars": "rating", "is": "favourite",
            "favorite": "favourite", "type": "medium", "in": "board", "file": "name", "cfg": "guidance_scale",
            "guidance": "guidance_scale", "sampler": "scheduler"}  # fmt: skip


@dataclass(frozen=True)
class Term:
    """One condition. `key` is its name, "" for words; `sign` is =, <, <=, > or >=, "" where none was written; `value`
    stands as it was written, without quotes; `without` turns it round."""

    value: str
    key: str = ""
    sign: str = ""
    without: bool = False

    @property
    def text(self) -> str:
        """As it would be typed."""
        value = f'"{self.value}"' if re.search(r"\s", self.value) or not self.value else self.value
        return ("-" if self.without else "") + (f"{self.key}:{self.sign}" if self.key else "") + value


def parse(text: str) -> tuple[Term, ...]:
    """The conditions of a line, in order. `steps:10-20` becomes two."""
    found: list[Term] = []
    plain = text[:MAX_CHARS].encode("utf-8", "replace").decode().replace("\0", " ")
    for minus, key, raw in _TOKEN.findall(plain)[:MAX_TERMS]:
        value, quoted = raw.strip('"'), raw.startswith('"')
        key = _ALIASES.get(key.lower(), key.lower())
        if not key:
            # A minus alone, or before nothing, is only a dash.
            if value and value != "-":
                found.append(Term(value, without=bool(minus)))
            continue
        if key in _WORDS:
            found.append(Term(value, key, without=bool(minus)))
            continue
        if not quoted and not minus and (ends := _RANGE.fullmatch(value)) and not _is_date(key):
            found += [Term(ends[1], key, ">="), Term(ends[2], key, "<=")]
            continue
        sign, rest = ("", value) if quoted else _SIGNED.fullmatch(value).groups(default="")  # type: ignore[union-attr]
        found.append(Term(rest.strip('"'), key, sign, bool(minus)))
    return tuple(found)


def value_of(text: str, key: str) -> str:
    """What is asked of that name, with its sign (">=4"); "" where it is not asked for."""
    return next((t.sign + t.value for t in parse(text) if t.key == key and not t.without), "")


def asking(text: str, key: str, wanted: str) -> str:
    """The same line with this asked of that name, instead of what was; "" asks nothing of it."""
    kept = [term.text for term in parse(text) if term.key != key]
    if wanted:
        sign, value = _SIGNED.fullmatch(wanted).groups(default="")  # type: ignore[union-attr]
        kept.append((Term(wanted, key) if key in _WORDS else Term(value, key, sign)).text)
    return " ".join(kept)


def _is_date(key: str) -> bool:
    return key in ("after", "before", "date")
