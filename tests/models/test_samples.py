"""What a newcomer begins with is in words that the starter in front of them has learned."""

from __future__ import annotations

from models import samples
from models.families.autoregressive import codec_lm
from models.families.diffusion import spectrogram_diffusion
from models.reader import soundscape, tune


def test_tunes_are_asked_for_music_and_soundscapes_for_sounds() -> None:
    music, sounds = (samples.for_card(module.CARD) for module in (codec_lm, spectrogram_diffusion))
    assert all(tune.parse(text).mood and not soundscape.parse(text) for text in music)
    assert all(soundscape.parse(text) and not tune.parse(text).mood for text in sounds)


def test_a_task_that_has_no_words_of_its_own_is_asked_for_a_picture() -> None:
    assert samples.for_task("text-to-image") == samples.for_task("unheard of") == samples.SAMPLES
    assert samples.for_task("text-to-speech", "codec-lm") == samples.for_task("text-to-speech")
