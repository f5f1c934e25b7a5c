"""Models that stay read between jobs: what each holds while it waits, and how many may beside the next job's plan."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from models.planning import memory
from models.planning.choice import fits
from models.planning.machine import Machine
from models.planning.parts import Parts
from models.planning.plan import NOTHING, Need, Peak, Plan


def held(parts: Parts, plan: Plan) -> Peak:
    """What a model of those parts holds on to between two jobs: its weights, where the plan keeps them."""
    accelerator = ram = files = 0
    for part in parts:
        if plan.offload == "disk" or (plan.free_encoder and part.role == "text"):
            continue
        whole = memory.weights(part, plan)
        if plan.device in ("cpu", "mps") or plan.offload != "none":
            ram += whole + memory.compiled(part, plan)
            files += whole if memory.mapped(part, plan) else 0
        else:
            accelerator += whole
    return Peak(Need(accelerator), Need(ram), files)


def measured(told: Peak, grown: int) -> Peak:
    """The same, where the process has grown by so many bytes: what was never read of a file is not there either. Of a
    model without known parts, that growth is all that is known."""
    ram = min(told.ram.total, max(grown, 0)) if told != NOTHING else max(grown, 0)
    return Peak(told.accelerator, Need(ram), min(told.taken_back, ram))


def together(several: Iterable[Peak]) -> Peak:
    """What all of them hold."""
    all_of_them = tuple(several)
    return Peak(
        Need(sum(one.accelerator.total for one in all_of_them)),
        Need(sum(one.ram.total for one in all_of_them)),
        sum(one.taken_back for one in all_of_them),
    )


def without(machine: Machine, gone: Peak) -> Machine:
    """The machine as it is once what is held there is given back: plans are made for that, as it can be at once."""
    least = min(machine.process, machine.base)
    return replace(
        machine,
        memory_free=min(machine.memory_free + gone.accelerator.total, machine.memory),
        ram_free=machine.ram_free + gone.needed,
        process=max(machine.process - gone.ram.total, least),
    )


def stay(plan: Plan, machine: Machine, waiting: Sequence[Peak], limit: int | None = None) -> int:
    """How many of the models that wait, last used first, may stay while the plan runs, and within the limit.

    `machine` is the one without any of them, for which the plan was made.
    """
    for count in range(within(waiting, limit), 0, -1):
        taken = together(waiting[:count])
        beside = replace(
            machine, memory_free=machine.memory_free - taken.accelerator.total, ram_free=machine.ram_free - taken.needed
        )
        if fits(plan, beside):
            return count
    return 0


def within(waiting: Sequence[Peak], limit: int | None) -> int:
    """How many of the models that wait, last used first, hold no more than `limit` bytes together: None sets no limit,
    and 0 leaves none."""
    if limit is None:
        return len(waiting)
    sizes = [one.accelerator.total + one.ram.total for one in waiting]
    return next((count for count in range(len(sizes), 0, -1) if limit and sum(sizes[:count]) <= limit), 0)
