"""Plans: what each device is best at, what the person set by hand, and a sentence for each choice."""

from __future__ import annotations

import ast
import importlib.util
import re
from pathlib import Path

import pytest

from models.planning.choice import decide, lower
from models.planning.machine import Machine
from models.planning.parts import Part, Parts, Size
from models.planning.plan import SMALL_TILE, Plan
from models.planning.wish import PARAMETERS, Wish
from models.protocol import BadInput
from tests.models.planning.machines import KNOWN, SIZES, apple, card, processor

SD15, FLUX = KNOWN["SD 1.5"], KNOWN["Flux dev"]
SMALL: Parts = tuple(part for part in KNOWN["MusicGen small"] if part.role == "codec" and part.parameters < 60_000_000)
ROCM = Machine("rocm", "Card", 16 * 2**30, 15 * 2**30, bf16=True)


@pytest.mark.parametrize(
    ("parts", "machine", "dtype"),
    [
        (SMALL, processor(32), "float32"),
        (SD15, processor(32), "float32"),
        (SD15, processor(32, bf16=True), "bfloat16"),
        ((), processor(32, bf16=True), "float32"),
        (SD15, card(8), "bfloat16"),
        (SD15, card(8, bf16=False), "float16"),
        (SD15, apple(16), "float16"),
        (SD15, ROCM, "bfloat16"),
    ],
)
def test_what_is_computed_in(parts: Parts, machine: Machine, dtype: str) -> None:
    made = decide(parts, machine)
    assert made.dtype == dtype
    assert made.device == machine.device != "rocm"
    assert made == decide(parts, machine), "the same arguments give the same plan"


def test_what_the_person_set_by_hand_counts() -> None:
    assert decide(SD15, card(24), Wish(device="cpu")).device == "cpu"
    assert decide(SD15, card(24), Wish(dtype="float32")).dtype == "float32"
    assert decide(SD15, card(24), Wish(offload="model")).offload == "model"
    assert decide(SD15, card(24), Wish(offload="sequential")).offload == "sequential"
    assert decide(FLUX, card(80), Wish(quantize="float8"), SIZES["Flux dev"]).quantization == "float8"
    assert decide(SD15, card(24), Wish(tiling="on")).tile_above == SMALL_TILE
    assert not decide(SD15, card(24), Wish(tiling="off")).tiles(2000, 2000)
    assert decide(SD15, card(24), Wish(attention="flash")).attention == "flash"
    assert decide(FLUX, card(80), Wish(cache="taylor"), SIZES["Flux dev"]).cache == "taylor"
    assert decide(SD15, processor(32), Wish(offload="disk")).offload == "disk"
    chosen = decide(SD15, card(24), Wish(quantize="bnb-nf4"))
    assert any("chosen by hand" in reason for reason in chosen.reasons)
    # ... but for what would take hours.
    refused = decide(SD15, processor(32), Wish(dtype="float16"))
    assert refused.dtype == "float32"
    assert "16-bit" in refused.reasons[0]


@pytest.mark.parametrize(
    ("machine", "wish", "words"),
    [
        (processor(32), Wish(device="cuda"), "no cuda"),
        (processor(32, libraries=()), Wish(quantize="int8"), "int8"),
        (processor(32), Wish(quantize="bnb-nf4"), "bnb-nf4"),  # its kernels for diffusers want a card
        (card(24, bf16=False), Wish(quantize="float8"), "float8"),
        (apple(64), Wish(quantize="layerwise-fp8"), "layerwise-fp8"),
        (processor(32), Wish(offload="model"), "offloaded by model"),
        (card(24), Wish(offload="disk", quantize="int8"), "offloaded by disk"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(machine: Machine, wish: Wish, words: str) -> None:
    with pytest.raises(BadInput, match=words) as refused:
        decide(SD15, machine, wish)
    assert str(refused.value).endswith(".")


def test_the_wish_is_declared_once() -> None:
    assert Wish.of({}) == Wish()
    for parameter in PARAMETERS:
        for choice in parameter.choices:
            assert getattr(Wish.of({parameter.name: choice}), parameter.name) == choice
        assert getattr(Wish(), parameter.name) == parameter.default
        with pytest.raises(BadInput, match=parameter.name):
            Wish.of({parameter.name: "what"})
    with pytest.raises(BadInput, match="speed"):
        Wish.of({"speed": "fast"})


def test_a_larger_picture_takes_more_and_may_take_another_plan() -> None:
    small, large = (decide(FLUX, card(24), Wish(), Size(side, side)) for side in (512, 2048))
    assert large.peak.accelerator.work > small.peak.accelerator.work
    tight = decide(SD15, processor(8), Wish(), Size(512, 512, batch=2))
    assert tight.tiles(1024, 1024)
    assert any("tiles" in reason for reason in tight.reasons)


def test_reasons_name_the_numbers() -> None:
    said = " ".join(decide(FLUX, card(24), Wish(), SIZES["Flux dev"]).reasons)
    numbers = r"Int8 weights, because as it is it would take 3\d GB and 22 GB can be had: so it takes 1\d GB\."
    assert re.search(numbers, said)


def test_fast_keeps_steps_that_change_little_where_a_transformer_can() -> None:
    assert decide(FLUX, card(80), Wish(plan="fast"), SIZES["Flux dev"]).cache == "first-block"
    assert decide(FLUX, card(80), Wish(plan="fast", cache="none"), SIZES["Flux dev"]).cache == ""
    assert decide(SD15, card(80), Wish(plan="fast")).cache == ""
    assert decide(FLUX, card(80), Wish(), SIZES["Flux dev"]).cache == ""


def test_without_a_word_on_its_weights_a_plan_still_goes_down() -> None:
    below = lower(Plan())
    assert below is not None and below.tiles(512, 512) and "small tiles" in below.reasons[0]
    assert lower(below) is None
    moved = lower(Plan(device="cuda", tile_above=SMALL_TILE), (), card(8))
    assert moved is not None and moved.device == "cpu" and "processor" in moved.reasons[0]


def test_the_caches_are_those_that_the_library_has() -> None:
    """Read from the library's source: importing all of its transformers takes twenty seconds."""
    place = importlib.util.find_spec("diffusers")
    assert place is not None and place.origin is not None
    found = {}
    for file in Path(place.origin).parent.joinpath("models", "transformers").glob("*.py"):
        for node in ast.parse(file.read_text("utf-8")).body:
            if isinstance(node, ast.ClassDef) and re.fullmatch(r".*Transformer\w*Model", node.name):
                found[node.name] = any("CacheMixin" in ast.unparse(base) for base in node.bases)
    assert sum(found.values()) >= 30
    for name, caches in found.items():
        assert Part("transformer", "denoiser", 1, 1, "float16", kind=name).caches == caches, name
