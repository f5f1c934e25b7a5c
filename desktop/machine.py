"""What this machine makes of the work: memory in use, whether a model fits and how it runs, how long one takes here."""

from __future__ import annotations

import contextlib
import html
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from desktop.catalog.families import duration
from models.planning import ladder
from models.planning.choice import Correct
from models.planning.fit import fit
from models.planning.machine import GIB, Machine, gigabytes
from models.planning.parts import Size
from models.planning.plan import OFFLOADS, QUANTIZATIONS
from models.planning.wish import Wish
from models.protocol import BadInput, ModelInfo, Peak, Plan, Value, incomplete

_SHORT = {"bfloat16": "bf16", "float16": "fp16", "float32": "fp32"}
UNKNOWN = "What it takes is not known before it has run."
NOT_SEEN = "What this machine can do is told once its engine is up."


@dataclass(frozen=True)
class Memory:
    """Bytes of main memory; `engine` are those that the engine takes of it."""

    used: int
    free: int
    total: int
    engine: int = 0


def memory(engine: int | None = None) -> Memory:
    """As the system tells it now; `engine` is the number of the engine's process."""
    import psutil

    now, taken = psutil.virtual_memory(), 0
    if engine is not None:
        with contextlib.suppress(psutil.Error):
            taken = int(psutil.Process(engine).memory_info().rss)
    return Memory(now.total - now.available, now.available, now.total, taken)


def short_name(device: str) -> str:
    """The engine's sentence on its device in a word or two: `CPU`, or the accelerator's name."""
    return device.split(",")[0].strip() if device and " core" not in device else "CPU"


def in_header(device: str, now: Memory, plan: Plan | None = None, peak: Peak | None = None) -> str:
    """`CPU fp32 · peak 1.2 GB · 3.1 of 24 GB`: what the engine runs on and in, what the last job took at the highest,
    and the memory that is taken."""
    name = "CPU" if plan is not None and plan.device == "cpu" else short_name(device)
    runs = f"{name} {_SHORT[plan.dtype]}" if plan is not None else name
    took = f" · peak {gigabytes(_most(peak))}" if peak is not None else ""
    return f"{runs}{took} · {now.used / GIB:.1f} of {now.total / GIB:.0f} GB"


def in_full(name: str, plan: Plan, peak: Peak | None) -> str:
    """The same in sentences, for the model of that name."""
    told = f"{name} {'ran' if peak is not None else 'runs'} in {plan_heading(plan)[0].lower()}{plan_heading(plan)[1:]}."
    return f"{told} {measured(peak)}".strip()


def measured(peak: Peak | None) -> str:
    """What the last job took of each memory; nothing where none has ended."""
    if peak is None:
        return ""
    if not peak.accelerator.total:
        return f"The last time it took {gigabytes(peak.ram.total)} at the highest."
    card, ram = gigabytes(peak.accelerator.total), gigabytes(peak.ram.total)
    return f"The last time it took {card} of the graphics card's memory at the highest, and {ram} of main memory."


def _most(peak: Peak) -> int:
    return peak.accelerator.total or peak.ram.total


# ── the plan ──────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Outlook:
    """How a model would run: the sentence under the settings, and whether it warns; the plan's heading, its reasons,
    and a few words of it."""

    sentence: str = ""
    warns: bool = False
    heading: str = ""
    reasons: tuple[str, ...] = ()
    short: str = ""


def outlook(
    model: ModelInfo, machine: Machine | None, wish: Mapping[str, str], settings: Mapping[str, Value],
    expected: float | None = None, correct: Correct | None = None,
) -> Outlook:  # fmt: skip
    """What `models.planning` says of the model with these settings; `expected` are the seconds that one takes."""
    if model.missing:
        return Outlook(str(incomplete(model.name, model.missing)), True)
    took = f" One {model.card.medium} takes about {duration(expected)}." if expected is not None else ""
    if machine is None or not model.parts:
        return Outlook(took.strip(), reasons=(NOT_SEEN if machine is None else UNKNOWN,))
    try:
        found = fit(model.parts, machine, Size.of(settings), Wish.of(wish), correct)
    except BadInput as error:
        return Outlook(str(error), True, reasons=(str(error),))
    if found.plan is None:
        return Outlook(found.sentence, found.verdict == "too large", short="does not fit")
    word = re.split(r"[:(]", found.sentence, maxsplit=1)[0].rstrip()
    rest = found.sentence.removeprefix(word)
    sentence = f"<span style='font-weight:600'>{html.escape(word)}</span>{html.escape(rest)}{took}"
    heading = plan_heading(found.plan)
    return Outlook(sentence, False, heading, found.plan.reasons, in_short(found.plan))


def offers(model: ModelInfo, machine: Machine, wish: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """What can be set by hand for that model here."""
    try:
        return ladder.offers(model.parts, machine, Wish.of(wish))
    except BadInput:
        return {}


def plan_heading(plan: Plan) -> str:
    """`Bfloat16 on the graphics card, int8 weights, one network at a time`."""
    where = {"cpu": "the processor", "mps": "the graphics chip"}.get(plan.device, "the graphics card")
    smaller = f", {plan.in_words()}" if plan.in_words() else ""
    return f"{plan.dtype.capitalize()} on {where}{smaller}"


def in_short(plan: Plan) -> str:
    """`int8 weights, 7.2 GB`: what a plan does and takes, for a line that has little room."""
    told = [QUANTIZATIONS[plan.quantization]] if plan.quantization != "none" and plan.quantized else []
    told += [OFFLOADS[plan.offload]] if plan.offload != "none" else []
    need = plan.peak.accelerator.total or plan.peak.needed
    return ", ".join([*(told or [plan.dtype]), gigabytes(need)])


def as_it_is(known: Machine | None, now: Memory) -> Machine | None:
    """The machine that the engine told of, with the memory that is free now. What its engine holds counts as free: the
    models that it keeps ready make room for any other."""
    if known is None:
        return None
    # In a container with less memory than its machine, what the system tells here is another's.
    whole = abs(now.total - known.ram) < 0.02 * now.total
    bare = known.base
    spare = max(now.engine - bare, 0)
    free = min((now.free if whole else known.ram_free) + spare, known.ram)
    return replace(known, ram_free=free, process=min(now.engine or bare, bare))


def to_state(machine: Machine) -> dict[str, Any]:
    """Plain JSON values."""
    return asdict(machine)


def from_state(held: Mapping[str, Any]) -> Machine | None:
    """What `to_state` gave; None where that is not what it is."""
    usual = Machine()
    given: dict[str, Any] = {}
    for one in fields(Machine):
        value = held.get(one.name)
        value = tuple(value) if isinstance(value, list) else value
        if type(value) is not type(getattr(usual, one.name)):
            return None
        given[one.name] = value
    return Machine(**given)


# ── time ──────────────────────────────────────────────────────────────────────


def work(settings: Mapping[str, Value], count: int = 1) -> float:
    """What a request costs, in steps x pixels: times of one model grow about as this does."""
    width, height = float(settings.get("width", 1)), float(settings.get("height", 1))
    return max(float(settings.get("steps", 1)) * float(settings.get("strength", 1)), 1.0) * width * height * count


def expected_s(pace: list[float] | None, settings: Mapping[str, Value]) -> float | None:
    """Seconds for one item, from the last one measured; None where that was too different to tell from."""
    if not pace or pace[0] <= 0 or pace[1] <= 0:
        return None
    ratio = work(settings) / pace[1]
    return pace[0] * ratio if 0.2 <= ratio <= 5 else None
