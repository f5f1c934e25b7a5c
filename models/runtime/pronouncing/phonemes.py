"""A text in IPA, as espeak-ng would write it: words with their stress, joined as a voice joins them, and pauses."""

from __future__ import annotations

from collections.abc import Mapping

from models.runtime.pronouncing import speller as spelling
from models.runtime.pronouncing.speller import Speller
from models.runtime.pronouncing.words import MARKS, said

BEFORE_VOWEL = " +"  # after a word in the list: as it is said there
_VOWELS = frozenset("aeiouɑɐɒæʌɔəɚɛɜɪɨɵøʉʊᵻ")
_HISSING = ("s", "z", "ʃ", "ʒ")  # also as ends of tʃ and dʒ
_BREATHED = ("p", "t", "k", "f", "θ", "x")
_PLURAL = {"en-us": "ᵻz", "en-gb-x-rp": "ɪz", "en-gb-scotland": "ɪz"}
_LONGEST = 3  # words that the list has as one


def phonemes(text: str, variety: str = "en-us", speller: Speller | None = None) -> str:
    """IPA with a blank between words, and each of MARKS after the word that it follows; "" where no word is left."""
    speller = speller or spelling.shipped()
    listed = speller.listed.get(variety, {})
    runs: list[tuple[list[str], str]] = [([], "")]
    for piece in said(text):
        if piece in MARKS:
            runs[-1] = (runs[-1][0], piece)
            runs.append(([], ""))
        else:
            runs[-1][0].append(piece)
    plain = {_stem(word) for words, _ in runs for word in words}
    known = speller.spell(plain, variety)
    spoken = [(_run(words, variety, known, listed), mark) for words, mark in runs if words]
    return " ".join(f"{words}{mark}" for words, mark in spoken if words)


def _stem(word: str) -> str:
    """Without an ending of possession, which is said by rule."""
    return word.removesuffix("'s").removesuffix("'") or word


def _run(words: list[str], variety: str, known: Mapping[str, str], listed: Mapping[str, str]) -> str:
    """Words between two pauses, from the last to the first: how a word ends depends on what begins after it."""
    found: list[str] = []
    end = len(words)
    while end:
        count = next((n for n in range(min(_LONGEST, end), 1, -1) if " ".join(words[end - n : end]) in listed), 1)
        word = " ".join(words[end - count : end])
        vowel = bool(found) and begins_with_vowel(found[0])
        if vowel and word + BEFORE_VOWEL in listed:
            one = listed[word + BEFORE_VOWEL]
        elif count > 1 or word in listed:
            one = listed[word]
        else:
            one = _possessed(word, known[_stem(word)], variety)
        if vowel and count == 1 and word + BEFORE_VOWEL not in listed:
            one = linked(word, one, variety)
        if one:
            found.insert(0, one)
        end -= count
    return " ".join(found)


def _possessed(word: str, sounds: str, variety: str) -> str:
    if not word.endswith("'s") or not sounds:
        return sounds
    if sounds.endswith(_HISSING):
        return sounds + _PLURAL[variety]
    return sounds + ("s" if sounds.endswith(_BREATHED) else "z")


def begins_with_vowel(sounds: str) -> bool:
    return sounds.lstrip("ˈˌ")[:1] in _VOWELS


def linked(word: str, sounds: str, variety: str) -> str:
    """A word before a vowel: the r in which it ends is heard there, where it is not heard otherwise."""
    if variety == "en-us":
        return f"{sounds}ɹ" if sounds.endswith("ɚ") else sounds
    written = word.endswith(("r", "re"))
    if variety == "en-gb-scotland":
        return f"{sounds[:-1]}əɹ" if written and sounds.endswith("ɜ") else sounds
    return f"{sounds}ɹ" if written and sounds.endswith((*_VOWELS, "ː")) else sounds
