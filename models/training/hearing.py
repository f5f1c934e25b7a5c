"""How faithful a model of music is: unseen sentences, and what is heard of them in its tunes."""

from __future__ import annotations

import random
from collections.abc import Iterable

from torch import Tensor

from models.reader import tunes
from models.reader.tune import PACES, NamedTune, Tune, describe, sample
from models.training.pictures import UNSEEN

NEAR = 0.08  # of a tempo: what is off by less is right


def prompts(count: int) -> tuple[list[str], list[NamedTune], list[Tune]]:
    """Sentences of tunes that no training has seen, what each names, and the tunes themselves."""
    wanted = [sample(UNSEEN + k) for k in range(count)]
    said = [describe(tune, random.Random(tune.seed)) for tune in wanted]
    return [text for text, _ in said], [named for _, named in said], wanted


def score(waves: Iterable[Tensor], rate: int, named: list[NamedTune]) -> dict[str, float]:
    """Per cent of what is named that is heard in waveforms (samples,): tempo or pace, key, each instrument."""
    right: dict[str, list[bool]] = {"tempo": [], "key": [], "instrument": []}
    for wave, wanted in zip(waves, named, strict=True):
        heard = tunes.read(wave, rate)
        if wanted.tempo:
            right["tempo"].append(abs(heard.tempo / wanted.tempo - 1) < NEAR)
        elif wanted.pace:
            low, high = PACES[wanted.pace]
            right["tempo"].append(low * (1 - NEAR) < heard.tempo < high * (1 + NEAR))
        if wanted.tonic:
            right["key"].append((heard.tonic, heard.mode) == (wanted.tonic, wanted.mode))
        right["instrument"] += [name in heard.instruments for name in wanted.instruments]
    return {name: round(100 * sum(found) / len(found), 2) for name, found in right.items() if found}
