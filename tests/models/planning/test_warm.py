"""What models hold while they wait, and which of them may stay beside the next plan."""

from __future__ import annotations

from dataclasses import replace

import pytest

from models.planning import warm
from models.planning.choice import decide, fits
from models.planning.machine import GIB, Machine
from models.planning.plan import NOTHING, Need, Peak, Plan
from models.planning.wish import Wish
from tests.models.planning.machines import KNOWN, SIZES, card, processor


def gigabytes(accelerator: float = 0, ram: float = 0, files: float = 0) -> Peak:
    return Peak(Need(int(accelerator * GIB)), Need(int(ram * GIB)), int(files * GIB))


def test_weights_lie_where_the_plan_keeps_them() -> None:
    parts = KNOWN["SD 1.5"]
    weights = sum(part.parameters for part in parts) * 2
    placed = warm.held(parts, Plan("cuda", "float16"))
    assert (placed.accelerator.total, placed.ram.total) == (weights, 0)
    waits = warm.held(parts, Plan("cuda", "float16", "model"))
    assert (waits.accelerator.total, waits.ram.total) == (0, weights)
    assert warm.held(parts, Plan("cuda", "float16", "disk")) == NOTHING
    encoder = next(part for part in parts if part.role == "text")
    freed = warm.held(parts, Plan(dtype="float32", free_encoder=True))
    assert freed.ram.total == 4 * (weights // 2 - encoder.parameters)


def test_a_mapped_file_is_given_back_by_the_system() -> None:
    parts = tuple(replace(part, stored="float32") for part in KNOWN["SD 1.5"])
    mapped = warm.held(parts, Plan())
    assert mapped.needed == 0 < mapped.ram.total
    # Of one that was never read to its end less is there.
    assert warm.measured(mapped, 100).ram.total == 100
    assert warm.measured(mapped, -5).ram.total == 0
    assert warm.measured(NOTHING, 100).ram.total == 100, "of unknown parts the growth is what is known"


@pytest.mark.parametrize("model", ["SD 1.5", "SDXL", "Flux dev"])
@pytest.mark.parametrize("machine", [card(24), processor(32)], ids=["card", "processor"])
def test_a_plan_is_the_same_whether_others_wait_or_not(model: str, machine: Machine) -> None:
    """What waits is given back at once, so that it changes no plan."""
    machine = replace(machine, process=machine.base)
    alone = decide(KNOWN[model], machine, Wish(), SIZES[model])
    other = gigabytes(0, 6) if machine.kind == "cpu" else gigabytes(9, 2)
    crowded = replace(
        machine,
        memory_free=machine.memory_free - other.accelerator.total,
        ram_free=machine.ram_free - other.ram.total,
        process=machine.process + other.ram.total,
    )
    freed = warm.without(crowded, other)
    again = decide(KNOWN[model], freed, Wish(), SIZES[model])
    assert (again, again.peak.needed) == (alone, alone.peak.needed)


def test_as_many_stay_as_the_plan_leaves_room_for() -> None:
    machine = card(24)  # 22 GB of them can be had
    plan = replace(Plan("cuda", "bfloat16"), peak=Peak(Need(int(8 * GIB)), Need(GIB)))
    assert fits(plan, machine)
    waiting = [gigabytes(5), gigabytes(6), gigabytes(4), gigabytes(1)]
    assert warm.stay(plan, machine, waiting) == 2, "the last used first, and none that was used before one that goes"
    assert warm.stay(plan, machine, waiting[1:]) == 3
    assert warm.stay(plan, machine, []) == 0
    large = replace(plan, peak=Peak(Need(int(21 * GIB)), Need(GIB)))
    assert warm.stay(large, machine, waiting) == 0
    # Main memory is another one.
    assert warm.stay(large, machine, [gigabytes(0, 10), gigabytes(0, 100)]) == 1


def test_a_person_sets_a_limit() -> None:
    waiting = [gigabytes(5), gigabytes(0, 6), gigabytes(4)]
    plan, machine = Plan(), Machine()  # of which nothing is known: all else would stay
    limits = {None: 3, 0: 0, 4 * GIB: 0, 5 * GIB: 1, 11 * GIB: 2, 14 * GIB: 2, 15 * GIB: 3}
    assert {limit: warm.stay(plan, machine, waiting, limit) for limit in limits} == limits
