"""What a tune of the starter world is: mood, tempo, key, metre and instruments; said in a sentence, and understood."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass

from models.reader.grammar import listed
from models.reader.voices import BACKINGS, LEADS

TONICS = ("C", "C sharp", "D", "E flat", "E", "F", "F sharp", "G", "A flat", "A", "B flat", "B")
MODES = ("major", "minor")
# mood: (mode, slowest, fastest) in beats a minute. All tempos lie within one octave: none is another one's double.
MOODS = {
    "cheerful": ("major", 104, 136),
    "calm": ("major", 70, 96),
    "sad": ("minor", 70, 96),
    "restless": ("minor", 104, 136),
}
PACES = {"slow": (70, 86), "moderate": (87, 111), "fast": (112, 136)}
_ALSO = {
    "cheerful": ("cheerful", "happy", "merry", "bright"), "calm": ("calm", "gentle", "peaceful", "quiet"),
    "sad": ("sad", "wistful", "melancholy"), "restless": ("restless", "dark", "tense", "wild"),
    "slow": ("slow", "at a slow pace"), "moderate": ("moderate", "at a walking pace"),
    "fast": ("fast", "quick", "at a fast pace"),
}  # fmt: skip
_FLATS = {"D flat": "C sharp", "D sharp": "E flat", "G flat": "F sharp", "G sharp": "A flat", "A sharp": "B flat"}


@dataclass(frozen=True)
class Tune:
    """Attributes, and the seed of all that no sentence names (the melody and its harmonies). `tempo` is in beats a
    minute; `backing` plays the chords, which it does not where it is the lead as well."""

    mood: str
    tempo: int
    tonic: str
    metre: int
    lead: str
    backing: str
    bass: bool
    drums: bool
    seed: int

    @property
    def mode(self) -> str:
        return MOODS[self.mood][0]

    @property
    def pace(self) -> str:
        return next(word for word, (low, high) in PACES.items() if low <= self.tempo <= high)

    @property
    def instruments(self) -> tuple[str, ...]:
        more = [name for name, there in (("bass", self.bass), ("drums", self.drums)) if there]
        return tuple(dict.fromkeys((self.lead, self.backing, *more)))


@dataclass(frozen=True)
class NamedTune:
    """What a sentence names of a tune; None and nothing are left open."""

    mood: str | None = None
    pace: str | None = None
    tempo: int | None = None
    tonic: str | None = None
    mode: str | None = None
    metre: int | None = None
    instruments: tuple[str, ...] = ()


def sample(seed: int) -> Tune:
    """The tune of a seed."""
    rng = random.Random(f"tune {seed}")
    mood = rng.choice(tuple(MOODS))
    _, slowest, fastest = MOODS[mood]
    lead, backing = rng.choice(LEADS), rng.choice(BACKINGS)
    drums = rng.random() < 0.4
    # Bowed chords have no beat of their own.
    bass = backing == "strings" or rng.random() < 0.6
    tempo = rng.randrange(slowest, fastest + 1, 2)
    return Tune(mood, tempo, rng.choice(TONICS), rng.choice((3, 4, 4)), lead, backing, bass, drums, seed)


def describe(tune: Tune, rng: random.Random, full: bool = False) -> tuple[str, NamedTune]:
    """A sentence for a tune, and what it names."""

    def says(chance: float) -> bool:
        return full or rng.random() < chance

    mood = tune.mood if says(0.8) else None
    key = says(0.7)
    exact = says(0.35)
    pace = tune.pace if not exact and says(0.6) else None
    metre = tune.metre if says(0.4) else None
    instruments = tune.instruments if says(0.9) else ()
    noun = rng.choice(("tune", "melody", "piece"))
    if metre == 3 and rng.random() < 0.5:
        noun, metre_words = "waltz", ""
    else:
        metre_words = {3: "in three four time", 4: "in four four time", None: ""}[metre]
    before = [rng.choice(_ALSO[word]) for word in (mood,) if word]
    if pace:
        before.insert(0, rng.choice([w for w in _ALSO[pace] if " " not in w]))
    after = [
        f"for {listed(instruments)}" if instruments else "",
        f"in {tune.tonic} {tune.mode}" if key else "",
        f"at {tune.tempo} beats a minute" if exact else "",
        metre_words,
    ]
    text = " ".join([*before, noun, *(part for part in after if part)])
    sentence = f"a{'n' if text[0] in 'aeiou' else ''} {text}"
    named = NamedTune(
        mood, pace, tune.tempo if exact else None, tune.tonic if key else None, tune.mode if key else None, metre,
        tuple(sorted(instruments)),
    )  # fmt: skip
    return (sentence[0].upper() + sentence[1:] + "." if rng.random() < 0.25 else sentence), named


_KEY = re.compile(r"\b([a-g](?:[ -](?:sharp|flat))?|[a-g][#b])[ -](major|minor)\b")
_TEMPO = re.compile(r"\b(\d{2,3}) ?(?:beats (?:a|per) minute|bpm)\b")
_PLAYS = {"violins": "strings", "violin": "strings", "bell": "bells", "flutes": "flute", "drum": "drums"}


def parse(text: str) -> NamedTune:
    """What a sentence names. Words that mean nothing here are passed over."""
    rest = text.lower()

    def one_of(values: tuple[str, ...]) -> str | None:
        return next((v for v in values if any(re.search(rf"\b{w}\b", rest) for w in _ALSO[v])), None)

    key, tempo = _KEY.search(rest), _TEMPO.search(rest)
    tonic = mode = None
    if key:
        said = key[1].replace("-", " ").replace("#", " sharp")
        said = f"{said[0]} flat" if len(said) == 2 and said[1] == "b" else said
        said, mode = said.capitalize(), key[2]
        tonic = said if said in TONICS else _FLATS.get(said)
    metre = 3 if re.search(r"\bwaltz\b|\bthree[ -]four\b|\b3/4\b", rest) else None
    metre = 4 if metre is None and re.search(r"\bfour[ -]four\b|\b4/4\b", rest) else metre
    known = (*LEADS, "bass", "drums")
    played = {_PLAYS.get(w, w) for w in re.findall(r"[a-z]+", rest)}
    return NamedTune(
        one_of(tuple(MOODS)), one_of(tuple(PACES)), int(tempo[1]) if tempo else None, tonic, mode, metre,
        tuple(sorted(name for name in known if name in played)),
    )  # fmt: skip
