"""`main.py models plan MODEL`: how a model would run on this machine, what it would take, and why."""

from __future__ import annotations

import argparse
import re
from dataclasses import asdict, replace
from typing import Any

from models.commands import BAD_INPUT, DONE, say
from models.commands.generate import wished
from models.commands.models import store
from models.planning import memory, peaks
from models.planning.choice import decide
from models.planning.machine import Machine, gigabytes
from models.planning.parts import Part, Size
from models.planning.plan import Need, Plan
from models.planning.wish import Wish
from models.protocol import BadInput, ModelInfo


def run(arguments: argparse.Namespace) -> int:
    """0, or 2 where it does not fit: then the reason is the sentence."""
    from models.runtime import device

    model = store().find(arguments.model)
    wish, size = Wish.of(wished(arguments)), _size(arguments, model)
    machine = device.detect()
    try:
        plan = decide(model.parts, machine, wish, size, peaks.Peaks().for_model(model.path))
    except BadInput as error:
        if arguments.json:
            say.json_line({"model": model.id, "fits": False, "reason": str(error), "parts": _rows(model.parts, None)})
        say.sentence(str(error))
        return BAD_INPUT
    if arguments.json:
        say.json_line(_as_json(model, machine, plan, size))
    else:
        _print(model, machine, plan, size)
    return DONE


def _size(arguments: argparse.Namespace, model: ModelInfo) -> Size:
    """The card's own defaults, and what was said. Raises BadInput."""
    card = model.card
    size = Size.of({p.name: p.default for p in card.parameters_for(card.tasks[0])} if card.tasks else {})
    if arguments.size:
        told = re.fullmatch(r"(\d{1,5})[x×](\d{1,5})", arguments.size)
        if not told:
            raise BadInput(f"--size is WIDTHxHEIGHT in pixels, such as 512x512, not {arguments.size!r}.")
        size = replace(size, width=max(int(told[1]), 1), height=max(int(told[2]), 1))
    for name in ("frames", "tokens"):
        if value := getattr(arguments, name):
            if not value.isdigit() or not 1 <= int(value) <= 10**6:
                raise BadInput(f"--{name} is a whole number from 1 to 1000000, not {value!r}.")
            size = replace(size, **{name: int(value)})
    return size


def _as_json(model: ModelInfo, machine: Machine, plan: Plan, size: Size) -> dict[str, Any]:
    told = {name: value for name, value in asdict(plan).items() if name not in ("peak", "reasons")}
    return {
        "model": model.id,
        "fits": True,
        "machine": asdict(machine),
        "size": asdict(size),
        "plan": told,
        "peak": {"accelerator": _need(plan.peak.accelerator), "ram": _need(plan.peak.ram)},
        "reasons": list(plan.reasons),
        "parts": _rows(model.parts, plan),
    }


def _need(need: Need) -> dict[str, int]:
    return {"weights_bytes": need.weights, "work_bytes": need.work, "total_bytes": need.total}


def _rows(parts: tuple[Part, ...], plan: Plan | None) -> list[dict[str, Any]]:
    return [
        {
            "name": part.name or "network",
            "role": part.role,
            "parameters": part.parameters,
            "stored": part.stored,
            "file_bytes": part.bytes,
            "memory_bytes": memory.weights(part, plan) if plan is not None else None,
        }
        for part in parts
    ]


def _print(model: ModelInfo, machine: Machine, plan: Plan, size: Size) -> None:
    say.line(f"{model.name} on {machine.sentence()}")
    asked = f"{size.width} × {size.height}" if model.card.medium in ("picture", "video") else ""
    facts = (
        ("For", asked + (f", {size.frames} frames" if size.frames > 1 else "")),
        ("Device", plan.device),
        ("Computes in", plan.dtype + (f", texts in {plan.texts}" if plan.texts != plan.dtype else "")),
        ("Denoiser", f"by OpenVINO in {plan.backend_dtype}" if plan.backend == "openvino" else ""),
        ("Made smaller", plan.in_words() or "not at all"),
        ("Attention", plan.attention if plan.attention != "native" else ""),
        ("Step cache", plan.cache),
        ("Accelerator", plan.peak.accelerator.words() if plan.peak.accelerator.total else ""),
        ("Main memory", plan.peak.ram.words()),
    )
    say.table([(f"{name}:", text) for name, text in facts if text], indent="  ")
    rows = [
        (part.name or "network", f"{part.parameters / 1e6:,.0f}M", part.stored, gigabytes(memory.weights(part, plan)))
        for part in model.parts
    ]
    say.line("\nParts")
    say.table([("NAME", "WEIGHTS", "STORED", "IN MEMORY"), *rows], indent="  ")
    say.line("\nWhy")
    for reason in plan.reasons:
        say.line(f"  - {reason}")
