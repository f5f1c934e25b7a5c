"""Tunes of the starter world: the same for a seed, of any length, said in sentences, and read back from their sound."""

from __future__ import annotations

import random

import pytest
import torch

from models.reader.tune import TONICS, NamedTune, Tune, describe, parse, sample
from models.reader.tunes import read
from models.training.world.composing import compose
from models.training.world.tunes import play


def test_what_is_said_is_understood() -> None:
    for seed in range(1000):
        sentence, named = describe(sample(seed), random.Random(seed))
        assert parse(sentence) == named, sentence
    assert parse("A happy waltz in Gb minor for violins and a flute at 90 bpm") == NamedTune(
        "cheerful", None, 90, "F sharp", "minor", 3, ("flute", "strings")
    )
    assert parse("nothing of this world") == NamedTune()


def test_a_seed_is_one_tune_alone_or_in_a_batch_and_of_any_length() -> None:
    tunes = [sample(seed) for seed in range(3)]
    together = play(tunes, 3.0, 16_000)
    assert together.shape == (3, 48_000)
    assert torch.allclose(together[1], play([tunes[1]], 3.0, 16_000)[0], atol=1e-5)
    assert torch.equal(together, play(tunes, 3.0, 16_000))
    assert play(tunes[:1], 0.5, 24_000).shape == (1, 12_000)
    assert together.isfinite().all() and together.abs().max() < 1 and together.abs().amax(1).min() > 0.1
    with pytest.raises(ValueError, match="16000 to 48000"):
        play(tunes, 1.0, 8000)


def test_a_tune_ends_at_home_in_its_time() -> None:
    for seed in range(200):
        tune = sample(seed)
        notes = compose(tune, 10.0)
        last = max(n.start for n in notes if n.voice != "drums")
        home = {n.pitch % 12 for n in notes if n.start == last and n.voice == tune.lead}
        third = 4 if tune.mode == "major" else 3
        tonic = TONICS.index(tune.tonic)
        assert home <= {tonic, (tonic + third) % 12, (tonic + 7) % 12} and tonic in home
        assert all(n.start + n.length < 10.0 and n.length > 0 for n in notes)
        assert {n.voice for n in notes} == set(tune.instruments)


def test_tempo_key_and_instruments_are_read_back() -> None:
    """Three of them here; the figures over hundreds are taken outside the tests."""
    tunes = [
        Tune("cheerful", 120, "G", 4, "flute", "piano", True, False, 1),
        Tune("sad", 80, "D", 3, "clarinet", "piano", True, True, 2),
        Tune("calm", 90, "E flat", 4, "bells", "strings", True, False, 3),
    ]
    for tune, wave in zip(tunes, play(tunes, 10.0, 24_000), strict=True):
        heard = read(wave, 24_000)
        assert heard.tempo == pytest.approx(tune.tempo, rel=0.04)
        assert (heard.tonic, heard.mode) == (tune.tonic, tune.mode)
        assert set(heard.instruments) == set(tune.instruments), heard.shares


def test_what_is_too_short_is_refused() -> None:
    with pytest.raises(ValueError, match="two or more"):
        read(torch.zeros(16_000), 16_000)
