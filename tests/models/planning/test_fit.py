"""Whether a model fits, in a word and a sentence; silent where nothing is known."""

from __future__ import annotations

import pytest

from models.planning.fit import fit
from models.planning.guess import from_counts
from models.planning.machine import Machine
from models.planning.parts import Size
from tests.models.planning.machines import KNOWN, SIZES, card, processor


@pytest.mark.parametrize(
    ("model", "machine", "verdict", "words"),
    [
        ("SD 1.5", card(8), "fits", "Fits: it takes about"),
        ("SDXL", card(8), "squeezed", "one network at a time"),
        ("Flux dev", card(24), "squeezed", "int8 weights"),
        ("Flux dev", card(80), "fits", "of 74 GB that can be had on the graphics card"),
        ("Wan 14B", card(4), "too large", "at the least"),
        ("SD 1.5", processor(16), "fits", "on the processor"),
        ("Flux dev", processor(8), "too large", "6.5 GB of memory can be had"),
    ],
)
def test_the_verdict_and_the_sentence(model: str, machine: Machine, verdict: str, words: str) -> None:
    found = fit(KNOWN[model], machine, SIZES[model])
    assert found.verdict == verdict
    assert words in found.sentence and found.sentence.endswith(".")
    assert (found.plan is None) is (verdict == "too large")


def test_silent_where_nothing_is_known() -> None:
    assert fit((), card(8)).verdict == fit(KNOWN["SDXL"], None).verdict == fit(KNOWN["SDXL"], Machine()).verdict == ""


@pytest.mark.parametrize("model", ["SD 1.5", "SDXL", "Flux dev", "SD 3.5 large", "Llama 8B"])
def test_a_catalogs_counts_tell_nearly_the_same(model: str) -> None:
    """Where only the numbers of weights are known, the verdict is that of the real heads on nearly all machines."""
    real = KNOWN[model]
    guessed = from_counts([(one.name, one.parameters) for one in real], medium="text" if "8B" in model else "picture")
    assert sum(one.parameters for one in guessed) == sum(one.parameters for one in real)
    same = 0
    machines = [card(size) for size in (4, 6, 8, 12, 16, 24, 48, 80)] + [processor(size) for size in (8, 16, 32, 64)]
    for machine in machines:
        one, two = fit(real, machine, SIZES[model]), fit(guessed, machine, SIZES[model])
        same += one.verdict == two.verdict
    assert same >= len(machines) - 2


def test_a_gguf_file_stays_as_it_is() -> None:
    parts = from_counts([("", 8_030_000_000)], medium="text", gguf=True, file_bytes=4_900_000_000)
    assert fit(parts, processor(8), Size(tokens=500)).verdict == "fits"
    assert fit(parts, processor(4), Size(tokens=500)).verdict == "too large"
