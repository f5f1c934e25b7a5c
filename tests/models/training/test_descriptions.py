"""Scenes are described in sentences that say all that is to be seen, and the description is read back."""

from __future__ import annotations

import random

from models.reader.attributes import seen
from models.reader.descriptions import read
from models.reader.scene import sample
from models.training.world.descriptions import account, question


def test_a_thousand_descriptions_are_read_back_and_fit_what_was_asked() -> None:
    for seed in range(1000):
        scene = sample(seed)
        text = f"{question(scene, random.Random(seed))}\n{account(scene, random.Random(seed))}"
        reading = read(text)
        assert reading.named == seen(scene), text
        assert reading.parsed == 1 and reading.complete and not reading.misfits, (text, reading.misfits)


def test_what_is_not_as_asked_is_noticed() -> None:
    said = "The sun is going down at the sea. The sky is clear. A big red sailboat sails along on the left."
    assert not read(f"Describe a red sailboat at sea at sunset.\n{said}").misfits
    assert read(f"Describe a blue sailboat at sea at sunset.\n{said}").misfits
    assert read(f"Describe a red sailboat at sea at night\n{said}").misfits
    assert read(said.replace("sails along", "stands")).misfits
    assert read(f"{said} Far away, on the left, a red house stands.").misfits, "two things in one place"
    assert read(said + " A small red house.").parsed == 3 / 4
