"""English words and how espeak-ng says them: alone, before a vowel, and where it says two or three of them as one."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable
from pathlib import Path

from models.runtime.pronouncing import VARIETIES
from models.runtime.pronouncing.phonemes import BEFORE_VOWEL, begins_with_vowel, linked
from models.training.world.speech import sounds

DICTIONARY = Path("/usr/share/dict/american-english")
HELD_OUT = 50  # one of so many words is not learned from, with all that begin as it does
_BEGINNING = 5  # letters
# What is not in the dictionary: signs' names, and what our own sentences say.
_MORE = (
    "ef", "ell", "em", "en", "eh", "ess", "tee", "vee", "cue", "jay", "zee", "aitch", "dot", "plus", "minus",
    "percent", "celsius",
)  # fmt: skip
# Words whose sound depends on their neighbours.
SMALL = (
    "a", "an", "the", "to", "of", "in", "on", "at", "by", "for", "from", "with", "as", "and", "or", "but", "that",
    "than", "if", "is", "are", "was", "were", "be", "been", "am", "do", "does", "did", "has", "have", "had", "will",
    "would", "can", "could", "shall", "should", "may", "might", "must", "not", "no", "so", "it", "its", "he", "she",
    "we", "they", "you", "i", "me", "him", "her", "us", "them", "his", "my", "your", "our", "their", "this",
    "these", "those", "there", "here", "who", "what", "when", "where", "which", "why", "how", "one", "some", "any",
    "all", "into", "over", "under", "up", "down", "out", "off", "about", "after", "before", "more", "most", "very",
    "just", "too", "then", "now", "go", "going",
)  # fmt: skip


def dictionary(path: Path = DICTIONARY) -> list[str]:
    """Small letters and ' alone, each once. Raises FileNotFoundError saying what to install."""
    if not path.exists():
        raise FileNotFoundError("Words to learn from are in Debian's list of them: install wamerican.")
    found = {line.strip().lower() for line in path.read_text("utf-8").splitlines()} | set(_MORE) | set(SMALL)
    plain = (word for word in found if word.replace("'", "").isalpha() and word.isascii())
    return sorted(word for word in plain if not word.endswith("'s"))


def held_out(word: str) -> bool:
    return zlib.crc32(word[:_BEGINNING].encode()) % HELD_OUT == 0


def alone(words: Iterable[str], variety: str) -> dict[str, tuple[str, ...]]:
    """The sounds of each word; those that it says in another language, or not at all, are left out."""
    found = {word: tuple(sound for part in sounds(word, variety) for sound in part) for word in words}
    return {word: said for word, said in found.items() if said and not any("(" in sound for sound in said)}


def together(variety: str, small: Iterable[str] = SMALL) -> dict[str, str]:
    """Small words, and two of them in a row, before a consonant and (with BEFORE_VOWEL) before a vowel, where that is
    otherwise than what the words before it in this list make."""
    small = list(small)
    plain, open_ = ({word: _before(word, noun, variety) for word in small} for noun in ("boat", "apple"))
    found = dict(plain)
    found |= {w + BEFORE_VOWEL: open_[w] for w in small if open_[w] != linked(w, plain[w], variety)}
    for first in small:
        for second in small:
            if second == "am" and first != "i":  # it is said otherwise there, and nobody says it there
                continue
            both = f"{first} {second}"
            said, vowel = _before(both, "boat", variety), _before(both, "apple", variety)
            lead = (open_ if begins_with_vowel(plain[second]) else plain)[first]
            if said != f"{lead} {plain[second]}":
                found[both] = said
            if vowel != (said if both in found else f"{lead} {open_[second]}"):
                found |= {both: said, both + BEFORE_VOWEL: vowel}
    return found


def _before(words: str, next_one: str, variety: str) -> str:
    """What is said of words before another one, and after one: at the beginning some are heavier."""
    words = re.sub(r"\bi\b", "I", words)  # small, it is a letter to espeak-ng
    return " ".join("".join(part) for part in sounds(f"horse {words} {next_one}", variety)[1:-1])


def everything(words: Iterable[str]) -> dict[str, dict[str, tuple[str, ...]]]:
    """`alone` for each variety."""
    words = list(words)
    return {variety: alone(words, variety) for variety in VARIETIES}
