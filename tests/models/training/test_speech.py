"""Speech to learn from: four voices, and phonemes that cover the whole of what they say."""

from __future__ import annotations

import ctypes.util

import pytest
import torch

from models.training.world import speech

pytestmark = pytest.mark.skipif(
    ctypes.util.find_library("espeak-ng") is None, reason="espeak-ng is only there where speech is trained"
)
TEXT = "The red sailboat drifts to the left."


def test_a_sentence_is_spoken_and_its_phonemes_cover_it() -> None:
    said = speech.speak(TEXT, "Anna")
    assert 1.2 < len(said.wave) / speech.RATE < 6 and 0.1 < said.wave.abs().max() <= 1.1
    assert said.starts[0] == 0 and sum(said.lengths()) == len(said.wave) and min(said.lengths()) > 0
    assert "".join(said.phonemes).replace(speech.SILENCE, "").startswith("ðəɹɛd")
    again = speech.speak(TEXT, "Anna")
    assert said.phonemes == again.phonemes and abs(len(said.wave) / len(again.wave) - 1) < 0.02


def test_voices_differ() -> None:
    waves = [speech.speak(TEXT, voice).wave for voice in speech.VOICES]
    pitches = {round(_pitch(wave)) for wave in waves}
    assert len(pitches) >= 3, pitches


def test_nothing_to_say_is_an_error() -> None:
    with pytest.raises(ValueError, match="nothing to say"):
        speech.speak("", "Ben")


def _pitch(wave: torch.Tensor) -> float:
    """Hz of the strongest repetition between 70 and 320."""
    power = torch.fft.rfft(wave, 2 * len(wave)).abs().square()
    again = torch.fft.irfft(power)[: speech.RATE // 70]
    low = speech.RATE // 320
    return speech.RATE / (low + int(again[low:].argmax()))
