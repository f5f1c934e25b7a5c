"""A text as it is said: numbers, signs and abbreviations as words, and the marks where a voice pauses."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from models.runtime.pronouncing import numbers

MARKS = ";:,.!?—…"
_SHORT = {
    "mr": "mister", "mrs": "missis", "ms": "miz", "dr": "doctor", "prof": "professor", "st": "saint", "jr": "junior",
    "sr": "senior", "vs": "versus", "etc": "et cetera", "approx": "approximately", "dept": "department",
    "fig": "figure", "vol": "volume", "ave": "avenue", "mt": "mount", "capt": "captain", "gen": "general",
    "jan": "january", "feb": "february", "aug": "august", "sept": "september", "oct": "october", "nov": "november",
    "dec": "december",
}  # fmt: skip
_LETTERS = {
    "a": "eh", "b": "bee", "c": "see", "d": "dee", "e": "ee", "f": "ef", "g": "jee", "h": "aitch", "i": "eye",
    "j": "jay", "k": "kay", "l": "ell", "m": "em", "n": "en", "o": "oh", "p": "pee", "q": "cue", "r": "are",
    "s": "ess", "t": "tee", "u": "you", "v": "vee", "w": "double-you", "x": "ex", "y": "why", "z": "zee",
}  # fmt: skip
# Short words that are often written large for weight, and no abbreviations.
_WEIGHTY = {
    "a", "i", "an", "am", "as", "at", "be", "by", "do", "go", "he", "if", "in", "is", "it", "me", "my", "no", "of",
    "on", "or", "so", "to", "up", "us", "we", "all", "and", "any", "are", "but", "can", "did", "for", "get", "had",
    "has", "her", "him", "his", "how", "its", "let", "may", "new", "not", "now", "off", "one", "out", "own", "she",
    "the", "too", "two", "was", "way", "who", "why", "yes", "you",
}  # fmt: skip
_SIGNS = {"&": " and ", "+": " plus ", "=": " equals ", "@": " at ", "#": " hash ", "°": " degrees ", "©": " "}
_VOWELS = frozenset("aeiouy")
_QUOTES = str.maketrans({"’": "'", "‘": "'", "´": "'", "`": "'", "–": "—", "―": "—", "−": "-", "…": "…", " ": " "})
_PIECE = re.compile(rf"[^\W\d_]+(?:'[^\W\d_]+)*'?|[{re.escape(MARKS)}]+")


def said(text: str) -> list[str]:
    """Words in small letters a to z and ', and single MARKS, in order. What has neither is left out."""
    text = _plain(text)
    text = re.sub(r"\b(?:e\.\s?g\.|E\.g\.),?", "for example,", text)
    text = re.sub(r"\b(?:i\.\s?e\.|I\.e\.),?", "that is,", text)
    text = re.sub(r"\b([A-Za-z])\.(?=[A-Za-z]\.)|(?<=\.)([A-Za-z])\.", _dotted, text)
    text = re.sub(r"\bNo\.(?=\s*\d)", "number", text)
    # Of months' names May alone is a word as well, and "no." an answer: neither is a short one here.
    text = re.sub(rf"\b({'|'.join(_SHORT)})\.", lambda m: _SHORT[m[1].lower()], text, flags=re.IGNORECASE)
    text = re.sub(r"\b(Mrs?|Ms|Dr|vs)\b", lambda m: _SHORT[m[1].lower()], text)  # as the British write them
    text = re.sub(r"(?<=[a-z0-9])\.(?=[a-z]{2,}\b)", " dot ", text)  # in addresses
    text = numbers.spoken(text)
    for sign, word in _SIGNS.items():
        text = text.replace(sign, word)
    text = re.sub(r"\.{2,}", "…", text)
    text = re.sub(r"\s-+\s|--+", " — ", text).replace("-", " ").replace("_", " ")
    shouted = text.upper() == text
    found: list[str] = []
    for piece in _PIECE.findall(text):
        if piece[0] in MARKS:
            _pause(found, piece)
        else:
            found += _word(piece, shouted)
    return found


def _plain(text: str) -> str:
    """Without accents, and with one sort of each quote and dash."""
    # Before they become plain digits, which would make 11/2 of 1½ and 102 of 10².
    text = re.sub(r"(?<=\d)\s?(?=[¼-¾⅐-⅞])", " and ", text).replace("²", " squared").replace("³", " cubed")
    text = unicodedata.normalize("NFKD", text.translate(_QUOTES)).replace("⁄", "/")
    text = text.replace("æ", "ae").replace("œ", "oe").replace("ø", "o").replace("ß", "ss").replace("ł", "l")
    return "".join(c for c in text if not unicodedata.combining(c)).translate(_QUOTES)


def _dotted(match: re.Match[str]) -> str:
    """A letter of "U.S.A.", as one that is said by its name."""
    return f" {_LETTERS[(match[1] or match[2]).lower()]} "


def _pause(found: list[str], marks: str) -> None:
    """One mark of several, and none before the first word or twice in a row."""
    mark = next((m for m in "?!…—" if m in marks), marks[0])
    if found and found[-1] not in MARKS:
        found.append(mark)


@lru_cache(maxsize=4096)
def _word(piece: str, shouted: bool) -> tuple[str, ...]:
    small = piece.lower().strip("'")
    if not small.isascii():
        return ()
    stem, ending = (small[:-2], "'s") if small.endswith("'s") else (small, "")
    large = piece[: len(stem)].isupper() and not shouted
    if large and len(stem) > 1 and stem not in _WEIGHTY and (len(stem) <= 3 or not _VOWELS & set(stem)):
        return _named(stem, ending)
    if not _VOWELS & set(stem) and (len(stem) > 1 or large):  # nobody can say it otherwise: "tv", "B"
        return _named(stem, ending)
    if len(stem) == 1 and stem not in "ai":
        return _named(stem, ending)
    return (small,)


def _named(letters: str, ending: str) -> tuple[str, ...]:
    words = " ".join(_LETTERS[c] for c in letters if c in _LETTERS).replace("-", " ").split()
    if words:
        words[-1] += ending
    return tuple(words)
