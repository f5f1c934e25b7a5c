"""The table: imagined machines × well-known models × wishes. Every plan fits, by its own prediction, or is refused."""

from __future__ import annotations

import itertools
import re
from dataclasses import replace

import pytest

from models.planning import ladder, memory
from models.planning.choice import decide, fits, lower, quality
from models.planning.machine import Machine
from models.planning.plan import Plan
from models.planning.wish import Wish
from models.protocol import BadInput
from tests.models.planning.machines import KNOWN, MACHINES, SIZES, apple, card, processor

WISHES = ("fast", "balanced", "small")
ROWS = list(itertools.product(MACHINES, KNOWN))


def plan_for(machine: Machine, model: str, wish: str) -> Plan | None:
    """None where it is refused, with a sentence that names both sides."""
    try:
        return decide(KNOWN[model], machine, Wish(plan=wish), SIZES[model])
    except BadInput as refused:
        sentence = str(refused)
        assert len(re.findall(r"\d+(\.\d+)? (GB|MB)", sentence)) == 2 and sentence.endswith(".")
        assert "\n" not in sentence
        return None


@pytest.mark.parametrize(("machine", "model"), ROWS, ids=[" ".join(row) for row in ROWS])
def test_every_choice_is_within_its_memory_or_is_refused(machine: str, model: str) -> None:
    on, parts, size = MACHINES[machine], KNOWN[model], SIZES[model]
    found = {wish: plan_for(on, model, wish) for wish in WISHES}
    for plan in found.values():
        if plan is None:
            continue
        there = on.as_processor() if plan.device == "cpu" else on
        again = memory.predict(parts, size, on, plan)
        assert again == plan.peak and fits(plan, on)
        assert again.needed <= there.ram_room < on.ram
        if there.kind == "cuda":
            assert 0 < again.accelerator.total <= there.room < on.memory
        else:
            assert again.accelerator.total == 0
        assert plan.dtype != "float16" or plan.device != "cpu"
        _reasons_name_what_was_done(plan)
        _can_be_done(plan, on)
    fast, small = found["fast"], found["small"]
    if fast is not None:
        assert small is not None, "what fits the fast plan fits the small one"
        if small.device == fast.device:
            assert _short(small) <= _short(fast)


def _short(plan: Plan) -> int:
    return plan.peak.accelerator.total or plan.peak.needed


def _reasons_name_what_was_done(plan: Plan) -> None:
    assert plan.reasons and all(reason.endswith(".") and "  " not in reason for reason in plan.reasons)
    said = " ".join(plan.reasons)
    assert re.search(r"\d (GB|MB)", plan.reasons[-1])
    if plan.quantized:
        assert re.search(r"(int8|float8|8-bit|4-bit|kept in 16 bits|kept in 8 bits).*because.*\d (GB|MB)", said, re.I)
    if plan.offload != "none":
        assert re.search(r"(at a time|in turn).*because", said, re.I)


def _can_be_done(plan: Plan, machine: Machine) -> None:
    """Nothing is chosen whose library is not there, or that the device cannot do."""
    if plan.quantization.startswith("bnb"):
        assert "bitsandbytes" in machine.libraries and plan.offload in ("none", "model")
    if plan.quantization in ("int8", "float8"):
        assert "torchao" in machine.libraries and plan.device != "mps" and plan.offload != "disk"
    if plan.device in ("cpu", "mps"):
        assert plan.offload in ("none", "disk")
    if plan.device == "mps":
        assert plan.quantization in ("none", "gguf")


@pytest.mark.parametrize("model", KNOWN)
@pytest.mark.parametrize("wish", WISHES[:2])
def test_more_memory_never_gives_a_lower_plan(model: str, wish: str) -> None:
    for row in (
        [card(size) for size in (4, 6, 8, 10, 12, 16, 24, 32, 48, 80)],
        [card(size, ram=64) for size in (4, 6, 8, 10, 12, 16, 24, 32, 48, 80)],
        [card(8, ram=size) for size in (8, 16, 24, 32, 64, 128)],
        [processor(size) for size in (4, 6, 8, 12, 16, 24, 32, 48, 64, 128)],
        [processor(size, bf16=True) for size in (4, 8, 16, 24, 32, 48, 64, 128)],
        [apple(size) for size in (8, 16, 24, 32, 48, 64, 128)],
    ):
        before = (-1, -(10**6))
        for machine in row:
            plan = plan_for(machine, model, wish)
            order = [made.key() for made in ladder.ways(KNOWN[model], machine, Wish(plan=wish))]
            now = (-1, -(10**6))
            if plan is not None:
                there = plan.device != "cpu" or machine.kind == "cpu"
                now = (int(there), -order.index(plan.key()) if there else 0)
            assert now >= before, (machine.memory, machine.ram, plan)
            before = now


# A language model in four bits answers many times as fast as one whose weights are fetched for every token.
PICTURES = [name for name, parts in KNOWN.items() if all(part.role != "language" for part in parts)]


@pytest.mark.parametrize("model", PICTURES)
def test_balanced_keeps_more_bits_with_more_memory(model: str) -> None:
    before = -1
    for gigabytes in (4, 6, 8, 10, 12, 16, 24, 48, 80):
        plan = plan_for(card(gigabytes, ram=128), model, "balanced")
        now = -1 if plan is None or plan.device == "cpu" else quality(plan)
        assert now >= before
        before = now
    assert before == 2, "a card of 80 GB takes everything as it is"


@pytest.mark.parametrize(("machine", "model"), ROWS, ids=[" ".join(row) for row in ROWS])
def test_from_any_plan_it_goes_down_to_an_end(machine: str, model: str) -> None:
    on, parts, size = MACHINES[machine], KNOWN[model], SIZES[model]
    plan = plan_for(on, model, "fast")
    seen: list[Plan] = []
    while plan is not None:
        seen.append(plan)
        assert len(seen) <= 20
        assert plan.dtype != "float16" or plan.device != "cpu"
        below = lower(plan, parts, on, Wish(plan="fast"), size)
        if below is not None:
            assert "not enough memory" in below.reasons[0] and ":" in below.reasons[0]
            if below.device == plan.device:
                before = memory.predict(parts, size, on, plan)
                assert _short(below) <= (before.accelerator.total or before.needed)
            else:
                assert below.device == "cpu"
        plan = below
    keys = [(plan.device, plan.key(), plan.tile_above) for plan in seen]
    assert len(set(keys)) == len(keys)


def test_the_examples_that_people_know() -> None:
    """What every guide says of these cards."""
    sd, flux = plan_for(card(8), "SD 1.5", "balanced"), plan_for(card(24), "Flux dev", "balanced")
    assert sd is not None and (sd.dtype, sd.offload, sd.quantization) == ("bfloat16", "none", "none")
    assert flux is not None and quality(flux) == 1
    xl = plan_for(card(8), "SDXL", "balanced")
    assert xl is not None and (xl.offload, xl.quantization) == ("model", "none")
    assert plan_for(card(4), "Wan 14B", "balanced") is None
    llama = plan_for(card(8), "Llama 8B", "balanced")
    assert llama is not None and llama.quantization == "bnb-nf4"
    bare = decide(KNOWN["SD 1.5"], card(8, bf16=False), Wish(), SIZES["SD 1.5"])
    assert bare.dtype == "float16"


def test_the_small_plan_for_a_processor_is_small() -> None:
    """SD 1.5 at 256² within 2.2 GB, where bfloat16 is computed in hardware."""
    size = replace(SIZES["SD 1.5"], width=256, height=256)
    plan = decide(KNOWN["SD 1.5"], processor(16, bf16=True, libraries=()), Wish(plan="small"), size)
    assert plan.peak.ram.total <= 2.2e9
