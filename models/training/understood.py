"""How well speech is understood: an independent recogniser writes down what it hears, and wrong words are counted."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from torch import Tensor

from models.runtime.pronouncing.words import MARKS, said
from models.training.edits import error_rate
from models.training.recordings import FULL

RATE = 16_000  # that the recogniser's own model was made for
_PATIENCE = 4_000  # samples of quiet before and after: it listens for the noise of the room first


class Recogniser:
    """pocketsphinx with the model of American English in it (Huggins-Daines et al. 2006)."""

    def __init__(self) -> None:
        """Raises FileNotFoundError where it is not installed."""
        try:
            from pocketsphinx import Decoder
        except ImportError as error:
            raise FileNotFoundError("Speech is measured by pocketsphinx, which is not here: install it.") from error
        self._decoder: Any = Decoder(samprate=float(RATE), loglevel="FATAL")

    def words(self, wave: Tensor) -> list[str]:
        """What it hears in a waveform (samples,) at RATE."""
        from torch.nn.functional import pad

        full = (pad(wave, (_PATIENCE, _PATIENCE)).clamp(-1, 1) * FULL).short().numpy().tobytes()
        self._decoder.start_utt()
        self._decoder.process_raw(full, full_utt=True)
        self._decoder.end_utt()
        heard = self._decoder.hyp()
        return [word.partition("(")[0] for word in heard.hypstr.split()] if heard else []


def words_wrong(waves: Iterable[Tensor], texts: Sequence[str]) -> float:
    """In per cent of the words of the texts: those heard otherwise, not at all, or too many."""
    recogniser = Recogniser()
    meant = ([piece for piece in said(text) if piece not in MARKS] for text in texts)
    return error_rate((recogniser.words(wave), words) for wave, words in zip(waves, meant, strict=True))
