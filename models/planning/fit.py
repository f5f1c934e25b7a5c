"""Whether a model fits a machine, in one word and one sentence: before it is fetched, and before it is used."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from models.declaration import BadInput
from models.planning.choice import Correct, decide
from models.planning.machine import Machine, gigabytes
from models.planning.parts import USUAL, Parts, Size
from models.planning.plan import Plan
from models.planning.wish import ANY, Wish

Verdict = Literal["", "fits", "squeezed", "too large"]


@dataclass(frozen=True)
class Fit:
    """`verdict` is empty where nothing is known: better silent than a guess. `plan` is how it would run."""

    verdict: Verdict = ""
    sentence: str = ""
    plan: Plan | None = None


def fit(
    parts: Parts, machine: Machine | None, size: Size = USUAL, wish: Wish = ANY, correct: Correct | None = None
) -> Fit:
    """How a model of those parts would do on that machine."""
    if not parts or machine is None or not machine.ram:
        return Fit()
    try:
        plan = decide(parts, machine, wish, size, correct)
    except BadInput as error:
        return Fit("too large", str(error))
    on = machine.as_processor() if plan.device == "cpu" else machine
    need = plan.peak.needed if on.one_memory else plan.peak.accelerator.total
    takes = f"about {gigabytes(need)} of {gigabytes(on.room)} that can be had"
    where = "on the processor" if plan.device == "cpu" else "on the graphics card" if not on.one_memory else ""
    told = f"{takes} {where}".strip()
    squeezed = plan.offload != "none" or (plan.quantization not in ("none", "gguf") and bool(plan.quantized))
    if plan.device == "cpu" and machine.kind != "cpu" and not wish.device:
        return Fit("squeezed", f"Too large for the graphics card: it takes {told}, and time.", plan)
    if squeezed:
        return Fit("squeezed", f"Fits when squeezed ({plan.in_words()}): it takes {told}.", plan)
    return Fit("fits", f"Fits: it takes {told}.", plan)
