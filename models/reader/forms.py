"""Sentence forms: templates with slots that write a sentence, and the same templates as patterns that read it back."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

_SLOT = re.compile(r"\{(\w+)\}")
_BETWEEN = re.compile(r"\b[Aa] \{\w+\}|\{\w+\}")
_ARTICLE = re.compile(r"\b([Aa])n? (?=(\w))")
# A sentence ends where a new one begins, with a capital or a quotation; `"Wait!" said Tom.` is one.
_END = re.compile(r'(?<=[.!?])\s+(?=["A-Z])|(?<=[.!?]")\s+(?=["A-Z])')


@dataclass(frozen=True)
class Form:
    """One way to say one thing. `beat` is what the sentence does, `means` what its own words tell (`trouble: fog`)."""

    beat: str
    text: str
    means: tuple[tuple[str, str], ...] = ()


def forms(beat: str, *texts: str, **means: str) -> tuple[Form, ...]:
    return tuple(Form(beat, text, tuple(means.items())) for text in texts)


def each(beat: str, key: str, table: Mapping[str, tuple[str, ...]]) -> Iterator[Form]:
    """The ways to say each value of `key`."""
    for value, texts in table.items():
        yield from forms(beat, *texts, **{key: value})


def filled(form: Form, words: Mapping[str, str]) -> str:
    """The sentence of a form with these words in its slots, articles as the next word wants them."""
    return articled(_SLOT.sub(lambda found: words[found[1]], form.text))


def articled(text: str) -> str:
    """`a owl` to `an owl`, and the other way."""
    return _ARTICLE.sub(lambda found: f"{found[1]}{'n' if found[2] in 'aeiou' else ''} ", text)


def sentences(text: str) -> list[str]:
    """The sentences of a text, in order; lines end sentences, too."""
    return [part for line in text.splitlines() for part in _END.split(line.strip()) if part]


@dataclass(frozen=True)
class Found:
    """A sentence that was read: its beat, what its slots hold, and what the form itself means."""

    beat: str
    words: Mapping[str, str]
    means: Mapping[str, str]


@dataclass(frozen=True)
class Told:
    """A text that was read: every sentence with what it says, None where it is none of the grammar's."""

    found: tuple[tuple[str, Found | None], ...]

    @property
    def parsed(self) -> float:
        """Share of the sentences that are the grammar's."""
        return sum(f is not None for _, f in self.found) / max(1, len(self.found))


@dataclass
class Grammar:
    """Forms, and the words that each slot may hold."""

    forms: Sequence[Form]
    slots: Mapping[str, Iterable[str]]
    _by_beat: dict[str, list[tuple[str, re.Pattern[str], Form]]] = field(init=False)

    def __post_init__(self) -> None:
        alternatives = {
            slot: "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))
            for slot, words in self.slots.items()
        }
        self._by_beat = {}
        for form in self.forms:
            # The longest words outside the slots are looked for first: far cheaper than trying every pattern.
            landmark = max((articled(part) for part in _BETWEEN.split(form.text)), key=len)
            self._by_beat.setdefault(form.beat, []).append((landmark, _pattern(form, alternatives), form))

    def read(self, sentence: str, likely: Sequence[str] = ()) -> Found | None:
        """What the sentence says, or None where it is not of the grammar. Beats that are `likely` are tried first."""
        if articled(sentence) != sentence:
            return None
        for beat in (*likely, *(b for b in self._by_beat if b not in likely)):
            for landmark, pattern, form in self._by_beat[beat]:
                if landmark in sentence and (found := pattern.fullmatch(sentence)):
                    return Found(beat, found.groupdict(), dict(form.means))
        return None


def _pattern(form: Form, alternatives: Mapping[str, str]) -> re.Pattern[str]:
    parts, last, seen = [], 0, set()
    for slot in _SLOT.finditer(form.text):
        parts.append(re.escape(form.text[last : slot.start()]))
        name = slot[1]
        parts.append(f"(?P={name})" if name in seen else f"(?P<{name}>{alternatives[name]})")
        seen.add(name)
        last = slot.end()
    parts.append(re.escape(form.text[last:]))
    # An article stands at the end of the words before a slot, or at the very beginning.
    return re.compile(re.sub(r"((?:^|\\ )[Aa])\\ (?=\(\?P<)", r"\1n?\\ ", "".join(parts)))
