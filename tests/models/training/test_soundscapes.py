"""Soundscapes of the starter world: the same for a seed, said in sentences; and the listener's recipe hears them."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from models.reader.listener import Listener, answers, bands, shares, targets
from models.reader.soundscape import DISTANCES, SOUNDS, Layer, Soundscape, describe, parse, sample
from models.training.lab import Budget, Lab
from models.training.recipes import listener
from models.training.world.soundscapes import sound


def test_what_is_said_is_understood() -> None:
    for seed in range(1000):
        sentence, named = describe(sample(seed), random.Random(seed))
        assert parse(sentence) == named, sentence
    assert parse("Surf with footsteps in the distance") == (Layer("sea", "", ""), Layer("steps", "", "far"))
    assert parse("nothing of this world") == ()


def test_a_seed_is_one_soundscape_of_any_length() -> None:
    scapes = [sample(seed) for seed in range(4)]
    together = sound(scapes, 1.5)
    assert together.shape == (4, 24_000) and together.isfinite().all() and together.abs().max() < 1
    assert torch.equal(together[2], sound([scapes[2]], 1.5)[0])
    assert sound(scapes[:1], 0.4, 24_000).shape == (1, 9_600)
    with pytest.raises(ValueError, match="16000 to 48000"):
        sound(scapes, 1.0, 8000)


@pytest.mark.parametrize("name", SOUNDS)
def test_every_sound_is_its_own_near_and_far_little_and_much(name: str) -> None:
    kinds = [Soundscape((Layer(name, amount, distance),), 3) for amount in ("little", "much") for distance in DISTANCES]
    little, little_far, much, _ = sound(kinds, 2.0)
    level = [wave.square().mean().sqrt().item() for wave in (little, little_far, much)]
    assert level[1] < 0.5 * level[0] and level[2] > level[0] > 0.01
    assert not torch.equal(little, much)


def test_what_is_heard_is_counted() -> None:
    layers = [sample(seed).layers for seed in range(20)]
    wanted = targets(layers)
    found = answers(torch.where(wanted > 0, 1.0, -1.0))
    assert [set(f) for f in found] == [set(layer) for layer in layers]
    assert set(shares(layers, found).values()) == {100.0}
    assert shares([(Layer("sea", "much", "near"),)], [()])["sounds"] == pytest.approx(100 * 6 / 7, abs=0.01)


def test_the_recipe_ends_in_a_listener_that_opens_again(tmp_path: Path) -> None:
    lab = Lab(listener.RECIPE, tmp_path, tmp_path / "out", torch.device("cpu"), Budget(2, 2, 4), prompts=2)
    lab.recipe = replace(lab.recipe, shipped=None)
    listener.run(lab)
    opened = Listener.load(lab.state / "result")
    wave = sound([sample(1)], 1.0)
    assert opened(bands(wave)).shape == (1, len(SOUNDS), 3)
    assert isinstance(opened.read(wave)[0], tuple)
    assert json.loads((lab.state / "figures.json").read_text())["unseen_renders"] == 4
