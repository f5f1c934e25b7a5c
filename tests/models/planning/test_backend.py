"""When a plan has its denoiser computed by OpenVINO: in a fast plan where that is installed, or where it is asked."""

from __future__ import annotations

from dataclasses import replace

import pytest

from models.planning import memory
from models.planning.choice import decide, lower
from models.planning.machine import GIB, Machine
from models.planning.parts import USUAL, Part, Size, Work
from models.planning.plan import Plan
from models.planning.wish import Wish
from models.protocol import BadInput

PARTS = (
    Part("unet", "denoiser", 860_000_000, 3_440_000_000, "float32", narrow=850_000_000, kind="UNet2DConditionModel",
         library="diffusers",
         work=Work("unet", channels=(320, 640, 1280, 1280), side=8)),
    Part("vae", "autoencoder", 83_000_000, 332_000_000, "float32", kind="AutoencoderKL", library="diffusers",
         work=Work("decoder", channels=(128, 256, 512, 512), side=8)),
)  # fmt: skip
PROCESSOR = Machine(ram=32 * GIB, ram_free=30 * GIB, cores=8, bf16=True, features=("bf16",), libraries=("openvino",))


def test_a_fast_plan_takes_it_and_others_do_not() -> None:
    fast = decide(PARTS, PROCESSOR, Wish(plan="fast"))
    assert (fast.backend, fast.backend_dtype, fast.dtype) == ("openvino", "bfloat16", "float32")
    assert any("OpenVINO" in reason and "fast" in reason for reason in fast.reasons)
    for wish in (Wish(), Wish(plan="small"), Wish(plan="fast", backend="torch")):
        assert decide(PARTS, PROCESSOR, wish).backend == "torch"
    assert decide(PARTS, replace(PROCESSOR, libraries=()), Wish(plan="fast")).backend == "torch"
    assert decide(PARTS[:1], PROCESSOR, Wish(plan="fast")).backend == "torch"


def test_it_can_be_asked_for_with_its_number_format() -> None:
    exact = decide(PARTS, PROCESSOR, Wish(backend="openvino", dtype="float32"))
    assert (exact.backend, exact.backend_dtype) == ("openvino", "float32")
    assert any("by hand" in reason for reason in exact.reasons)


@pytest.mark.parametrize(
    ("machine", "wish", "words"),
    [
        (replace(PROCESSOR, libraries=()), Wish(backend="openvino"), "extra `openvino`"),
        (PROCESSOR, Wish(backend="openvino", offload="disk"), "as they are"),
        (PROCESSOR, Wish(backend="openvino", quantize="layerwise-16", dtype="float32"), "as they are"),
    ],
)
def test_what_cannot_be_is_one_sentence(machine: Machine, wish: Wish, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        decide(PARTS, machine, wish)


def test_it_takes_more_memory_and_gives_way_to_torch_where_there_is_none() -> None:
    fast = decide(PARTS, PROCESSOR, Wish(plan="fast"))
    torch = replace(fast, backend="torch", backend_dtype="")
    takes = [memory.predict(PARTS, USUAL, PROCESSOR, plan).ram.total for plan in (fast, torch)]
    assert takes[0] - takes[1] == 2 * PARTS[0].parameters
    assert fast.key() != torch.key() and "backend" not in Plan().key()
    below: Plan | None = fast
    told = []
    while below is not None and below.backend == "openvino":
        below = lower(below, PARTS, PROCESSOR, Wish(plan="fast"))
        told += below.reasons if below is not None else []
    assert below is not None and any("torch computes" in reason for reason in told)


def test_a_mapped_text_encoder_is_counted_away_in_pipelines_alone() -> None:
    """They give it back before the denoiser; one that is part of a network of transformers stays."""
    text = Part("text_encoder", "text", 100_000_000, 400_000_000, "float32", library="transformers")
    whole = memory.weights(text, Plan())
    for role, there in (("denoiser", 0), ("autoencoder", 0), ("language", whole), ("codec", whole)):
        other = Part("other", role, 1_000_000, 4_000_000, "float32", library="transformers")  # type: ignore[arg-type]
        held = memory.stage(other, (text, other), Size(), Plan()).weights
        assert held == there + memory.weights(other, Plan())
