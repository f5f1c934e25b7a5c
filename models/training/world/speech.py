"""Speech to learn from: espeak-ng's voices, and which phoneme is heard when. Only trainings need that library."""

from __future__ import annotations

import ctypes
import ctypes.util
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

RATE = 16_000
# Four voices, by the names that people choose them by: espeak-ng's language and variant.
VOICES = {"Anna": "en-us+f3", "Ben": "en-us+m2", "Clara": "en-gb-x-rp+f2", "David": "en-gb-scotland+m3"}
SILENCE = "_"  # stands for what espeak-ng names no phoneme for: pauses, and the end of a sentence

_RETRIEVAL, _PHONEME_EVENTS, _AS_IPA = 1, 1, 2  # speak_lib.h: espeak_AUDIO_OUTPUT, espeakINITIALIZE_*
_UTF8, _END_PAUSE, _EVENT_PHONEME, _IN_IPA = 1, 0x1000, 7, 2


class _Id(ctypes.Union):
    _fields_ = (("number", ctypes.c_int), ("name", ctypes.c_char_p), ("string", ctypes.c_char * 8))


class _Event(ctypes.Structure):
    _fields_ = (
        ("type", ctypes.c_int), ("unique", ctypes.c_uint), ("text_position", ctypes.c_int), ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int), ("sample", ctypes.c_int), ("user", ctypes.c_void_p), ("id", _Id),
    )  # fmt: skip


_Heard = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event))


@dataclass(frozen=True)
class Spoken:
    """`wave` (samples,) in -1..1 at RATE; `phonemes` in IPA, and at which sample each begins, rising from 0."""

    wave: Tensor
    phonemes: tuple[str, ...]
    starts: tuple[int, ...]

    def lengths(self) -> tuple[int, ...]:
        """Samples that each phoneme lasts; together the whole wave."""
        ends = (*self.starts[1:], len(self.wave))
        return tuple(end - start for start, end in zip(self.starts, ends, strict=True))


class _Espeak:
    """The library, opened once: it keeps one state for the whole process."""

    def __init__(self) -> None:
        name = ctypes.util.find_library("espeak-ng")
        if name is None:
            raise FileNotFoundError("Speech is rendered by espeak-ng, which is not here: install libespeak-ng1.")
        self._library = ctypes.CDLL(name)
        self.rate: int = self._library.espeak_Initialize(_RETRIEVAL, 0, None, _PHONEME_EVENTS | _AS_IPA)
        if self.rate <= 0:
            raise FileNotFoundError("espeak-ng found none of its data: install espeak-ng-data.")
        self._wave: list[np.ndarray] = []
        self._named: list[tuple[int, str]] = []
        self._heard = _Heard(self._take)  # kept, for the library calls it as long as it lives
        self._library.espeak_SetSynthCallback(self._heard)
        self._library.espeak_TextToPhonemes.restype = ctypes.c_char_p
        self._voice = ""

    def _take(self, wave: ctypes._Pointer[ctypes.c_short], count: int, events: ctypes._Pointer[_Event]) -> int:
        if wave and count > 0:
            self._wave.append(np.ctypeslib.as_array(wave, (count,)).copy())
        for event in _until_end(events):
            if event.type == _EVENT_PHONEME:
                self._named.append((event.sample, event.id.string.decode("utf-8", "ignore").replace(":", "ː")))
        return 0

    def say(self, text: str, voice: str) -> tuple[np.ndarray, list[tuple[int, str]]]:
        """16-bit samples, and (sample, phoneme) in order."""
        self._wave, self._named = [], []
        self._choose(voice)
        told = text.encode()
        self._library.espeak_Synth(told, len(told) + 1, 0, 1, 0, _UTF8 | _END_PAUSE, None, None)
        self._library.espeak_Synchronize()
        return np.concatenate(self._wave) if self._wave else np.zeros(0, np.int16), self._named

    def write(self, text: str, voice: str) -> str:
        """IPA with a blank between words and `_` between sounds, clauses with a blank between them."""
        self._choose(voice)
        left, found = ctypes.c_char_p(text.encode()), list[str]()
        while left:
            said = self._library.espeak_TextToPhonemes(ctypes.byref(left), _UTF8, _IN_IPA | ord("_") << 8)
            found.append((said or b"").decode("utf-8", "ignore"))
        return " ".join(found).replace(":", "ː")  # as one of its accents writes it

    def _choose(self, voice: str) -> None:
        if voice == self._voice:  # reading it again takes a hundred times as long as writing a word
            return
        if self._library.espeak_SetVoiceByName(voice.encode()):
            raise ValueError(f"espeak-ng has no voice {voice}")
        self._voice = voice


def _until_end(events: ctypes._Pointer[_Event]) -> Iterator[_Event]:
    k = 0
    while events[k].type:
        yield events[k]
        k += 1


@lru_cache(maxsize=1)
def _espeak() -> _Espeak:
    return _Espeak()


def speak(text: str, voice: str) -> Spoken:
    """The sentence in one of VOICES. Raises FileNotFoundError where espeak-ng is not installed, and ValueError for a
    text with nothing to say.

    espeak-ng keeps something from one sentence to the next: said again, a sentence is a hundredth longer or shorter.
    What is to be the same each time is said in order by a new process.
    """
    wave, named = heard(text, voice)
    phonemes: list[str] = []
    starts: list[int] = []
    for start, phoneme in [(0, SILENCE), *named]:
        if starts and start <= starts[-1]:  # two at one moment: the later one is what is heard
            phonemes[-1] = phoneme
            continue
        if start < len(wave):
            phonemes.append(phoneme)
            starts.append(start)
    return Spoken(wave, tuple(phonemes), tuple(starts))


def heard(text: str, voice: str) -> tuple[Tensor, list[tuple[int, str]]]:
    """The wave as `speak` has it, and (sample, phoneme) for each that espeak-ng tells of, some at one moment."""
    library = _espeak()
    samples, named = library.say(text, VOICES[voice])
    if not text.strip() or not len(samples) or not any(phoneme for _, phoneme in named):
        raise ValueError(f"there is nothing to say in {text!r}")
    wave = _resampled(torch.from_numpy(samples.astype(np.float32) / 32768), library.rate)
    return wave, [(min(round(at * RATE / library.rate), len(wave)), one or SILENCE) for at, one in named]


def sounds(text: str, variety: str) -> list[list[str]]:
    """Words as their sounds in IPA, each vowel with its stress before it, in one of espeak-ng's voices for English.

    Words that it says as one ("of the") are one. Raises FileNotFoundError as `speak` does.
    """
    written = _espeak().write(text, variety)
    words = ([sound for sound in word.split("_") if sound] for word in written.split())
    return [word for word in words if word]


def _resampled(wave: Tensor, rate: int) -> Tensor:
    """At RATE, through the spectrum."""
    count = round(len(wave) * RATE / rate)
    spectrum = torch.fft.rfft(wave)[: count // 2 + 1]
    return torch.fft.irfft(spectrum, count) * (count / len(wave))
