"""The plan for a model on a machine: the preferred way that fits, what it is predicted to take, and why."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

from models.declaration import BadInput
from models.planning import ladder, memory
from models.planning.machine import Machine, gigabytes
from models.planning.parts import USUAL, Parts, Size
from models.planning.plan import LARGEST_TILE, OFFLOADS, QUANTIZATIONS, SMALL_TILE, Need, Peak, Plan
from models.planning.wish import ANY, Wish

# A prediction as later measurements correct it; `peaks.Peaks.correct` is one.
Correct = Callable[[Plan, Size, Peak], Peak]
# A lowered plan must save at least so much: predictions err by a few per cent.
_WORTH_TRYING = 0.9


def decide(
    parts: Parts, machine: Machine, wish: Wish = ANY, size: Size = USUAL, correct: Correct | None = None
) -> Plan:
    """The plan for a model of those parts. Pure: the same arguments give the same plan. Raises BadInput, with what
    would take how much, where no way fits."""
    _check(parts, machine, wish)
    ways = [_told(plan, parts, size, machine, wish, correct) for plan in ladder.ways(parts, machine, wish)]
    fitting = [plan for plan in ways if fits(plan, machine)]
    if not fitting and not wish.device and machine.kind != "cpu":
        # Slower by far, but it runs.
        processor = replace(wish, device="cpu")
        ways += [_told(p, parts, size, machine, processor, correct) for p in ladder.ways(parts, machine, processor)]
        fitting = [plan for plan in ways if fits(plan, machine)]
    if not fitting:
        raise BadInput(_refusal(ways, machine, size, wish))
    chosen = _smallest(fitting, parts) if wish.plan == "small" else fitting[0]
    return replace(chosen, reasons=_reasons(chosen, ways[0], parts, machine, wish))


def lower(
    plan: Plan, parts: Parts = (), machine: Machine | None = None, wish: Wish = ANY, size: Size = USUAL,
    correct: Correct | None = None,
) -> Plan | None:  # fmt: skip
    """The next plan that needs less memory, what it changes as its `reasons`; None where nothing is left to save.

    Going on from each, it comes to an end. What the person set by hand holds, but for the device.
    """
    machine = machine or Machine()
    tiled = not parts or any(part.work.kind == "decoder" for part in parts)
    tiles = min(plan.tile_above, SMALL_TILE) if tiled else plan.tile_above
    now = replace(plan, peak=memory.predict(parts, size, machine, plan))
    there = machine.as_processor() if plan.device == "cpu" else machine
    elsewhere: list[Plan] = []
    for way in ladder.ways(parts, machine, wish, desperate=True):
        way = replace(way, tile_above=tiles)
        told = replace(way, peak=memory.predict(parts, size, machine, way))
        real = replace(told, peak=correct(told, size, told.peak)) if correct else told
        if way.device != plan.device:
            elsewhere += [real] if way.device == "cpu" else []
        elif _total(told) < _WORTH_TRYING * _total(now) and fits(real, there):
            return replace(real, reasons=(_changes(plan, real),))
    if tiles != plan.tile_above:
        made = replace(plan, tile_above=tiles)
        return replace(made, reasons=(_changes(plan, made),))
    last = next((told for told in elsewhere if fits(told, machine)), None)
    return replace(last, reasons=(_changes(plan, last),)) if last else None


def fits(plan: Plan, machine: Machine) -> bool:
    """Whether what is predicted is there. A machine of which no memory is known takes everything."""
    on = machine.as_processor() if plan.device == "cpu" else machine
    enough = not on.ram or plan.peak.needed <= on.ram_room
    if on.kind == "mps":
        enough = enough and (not on.ram or plan.peak.needed <= on.room)
    elif on.kind != "cpu":
        enough = enough and (not on.memory or plan.peak.accelerator.total <= on.room)
    return enough


def quality(plan: Plan) -> int:
    """Higher is better: 2 for weights as they are (or kept in sixteen bits), 1 for eight bits, 0 for four."""
    return {"bnb-nf4": 0, "int8": 1, "float8": 1, "bnb-int8": 1, "layerwise-fp8": 1}.get(plan.quantization, 2)


# ── inside ────────────────────────────────────────────────────────────────────


def _check(parts: Parts, machine: Machine, wish: Wish) -> None:
    """Refuse what was asked for by hand and cannot be. Raises BadInput."""
    if wish.device and wish.device not in ("cpu", machine.device):
        raise BadInput(f"There is no {wish.device} on this machine: it has {machine.device}.")
    device = wish.device or machine.device
    on = machine.as_processor() if device == "cpu" else machine
    computes, _ = ladder.dtype(parts, on, device, wish)
    able = ladder.able(parts, on, device, computes)
    if wish.quantize and wish.quantize != "none" and wish.quantize not in able:
        has = f"; it has {', '.join(able)}" if able else ""
        raise BadInput(
            f"This model cannot be shortened by {wish.quantize} on this machine: the library may be missing, or the "
            f"device cannot do it{has}."
        )
    if wish.backend == "openvino":
        if not ladder.converts(parts, on, device):
            raise BadInput(
                "OpenVINO computes the denoisers of diffusers' models on a processor, where it is installed (the extra "
                "`openvino`): leave out the backend, or choose torch."
            )
        if not list(ladder.ways(parts, machine, wish)):
            raise BadInput(
                "OpenVINO takes weights as they are, all of them in place and without a step cache: leave out the "
                "other choice, or the backend."
            )
    if wish.offload not in ("", "none") and not list(ladder.ways(parts, machine, wish)):
        raise BadInput(f"This model cannot be offloaded by {wish.offload} on {device}: choose another way, or none.")


def _told(plan: Plan, parts: Parts, size: Size, machine: Machine, wish: Wish, correct: Correct | None) -> Plan:
    """The plan with tiles that fit and its prediction, as measured before where it was."""
    plan = replace(plan, tile_above=_tile_above(plan, parts, size, machine, wish))
    peak = memory.predict(parts, size, machine, plan)
    return replace(plan, peak=correct(plan, size, peak) if correct else peak)


def _tile_above(plan: Plan, parts: Parts, size: Size, machine: Machine, wish: Wish) -> int:
    """Pixels above which a picture is decoded in tiles: what the weights leave room for."""
    if wish.tiling == "on":
        return SMALL_TILE
    if wish.tiling == "off":
        return LARGEST_TILE
    decoders = [part for part in parts if part.work.kind == "decoder"]
    on = machine.as_processor() if plan.device == "cpu" else machine
    if not decoders or not (on.ram if on.one_memory else on.memory):
        return plan.tile_above
    spare = on.room - (max(on.base, on.process) if on.one_memory else 0)
    side = LARGEST_TILE
    while side > SMALL_TILE:
        large = Size(math.isqrt(side), math.isqrt(side), size.frames, size.batch)
        tried = replace(plan, tile_above=side)
        needs = [memory.stage(part, parts, large, tried) for part in decoders]
        if all(need.total <= spare for need in needs):
            break
        side //= 4
    return max(side, SMALL_TILE)


def _total(plan: Plan) -> int:
    """Bytes of the memory that is short: the accelerator's where it has its own."""
    return plan.peak.accelerator.total or plan.peak.needed


def _smallest(fitting: list[Plan], parts: Parts) -> Plan:
    """The one that takes the least; in four bits, or from the disk, only where nothing else fits."""
    usual = [p for p in fitting if p.offload not in ("sequential", "disk")]
    # Fetching all weights for every token is for where nothing else fits, too.
    if any(part.role == "language" for part in parts):
        usual = [p for p in usual if p.offload == "none"] or usual
    best = [p for p in usual if quality(p) > 0] or usual or fitting
    here = [p for p in best if p.device == best[0].device]
    return min(here, key=lambda plan: (_total(plan), plan.peak.ram.total))


def _reasons(chosen: Plan, ideal: Plan, parts: Parts, machine: Machine, wish: Wish) -> tuple[str, ...]:
    """Why, in sentences that name the numbers."""
    on = machine.as_processor() if chosen.device == "cpu" else machine
    reasons = [ladder.dtype(parts, on, chosen.device, wish)[1]]
    if not parts:
        return tuple(reasons)
    room = f"{gigabytes(on.room)} can be had"
    whole = f"as it is it would take {gigabytes(_total(ideal))} and {room}"
    why = "it was chosen by hand" if wish.quantize or wish.offload else (
        f"a small plan takes the least: {gigabytes(_total(chosen))} instead of {gigabytes(_total(ideal))}"
        if wish.plan == "small" else f"{whole}: so it takes {gigabytes(_total(chosen))}"
    )  # fmt: skip
    if chosen.device != ideal.device:
        reasons.append(
            f"On the processor, because the {_device(machine)} has too little memory: it would take "
            f"{gigabytes(ideal.peak.accelerator.total)} and {gigabytes(machine.room)} can be had."
        )
    told = [QUANTIZATIONS[chosen.quantization]] if chosen.quantized else []
    told += [OFFLOADS[chosen.offload]] if chosen.offload != "none" else []
    told += ["the text encoder let go of after use"] if chosen.free_encoder else []
    if told:
        words = ", ".join(told)
        reasons.append(f"{words[:1].upper()}{words[1:]}, because {why}.")
    if chosen.backend == "openvino":
        del reasons[0]  # of what torch would compute in
        asked = "it was chosen by hand" if wish.backend else "a fast plan was asked for"
        words = f"The denoiser is computed by OpenVINO in {chosen.backend_dtype}, because {asked}"
        reasons.append(f"{words}: it is converted once for each size, and measured against float32.")
    if chosen.quantization == "gguf":
        reasons.append("The weights stay as the GGUF file has them.")
    if chosen.tile_above < 1024 * 1024 and any(part.work.kind == "decoder" for part in parts):
        side = math.isqrt(chosen.tile_above)
        reasons.append(f"Pictures above {side} × {side} are decoded in tiles, to fit the memory.")
    if chosen.cache:
        reasons.append(f"Steps that change little reuse the last one's work ({chosen.cache}), for speed.")
    reasons.append(_prediction(chosen, on))
    return tuple(reasons)


def _prediction(plan: Plan, machine: Machine) -> str:
    if machine.one_memory:
        need = Need(plan.peak.ram.weights - plan.peak.taken_back, plan.peak.ram.work)
        return f"At the highest it takes about {need.words()}, of {gigabytes(machine.room)} that can be had."
    return (
        f"At the highest it takes about {plan.peak.accelerator.words()} of the {_device(machine)}'s memory, of "
        f"{gigabytes(machine.room)} that can be had, and {gigabytes(plan.peak.ram.total)} of main memory."
    )


def _refusal(ways: list[Plan], machine: Machine, size: Size, wish: Wish) -> str:
    """Why nothing fits, and what would help."""
    least = min(ways, key=lambda plan: (plan.device != machine.device, _total(plan)))
    on = machine.as_processor() if least.device == "cpu" else machine
    short = f"{gigabytes(on.room)} of the {_device(on)}'s memory" if not on.one_memory else (
        f"{gigabytes(on.room)} of memory"
    )  # fmt: skip
    need = gigabytes(_total(least))
    if not on.one_memory and least.peak.accelerator.total <= on.room:
        need, short = gigabytes(least.peak.ram.total), f"{gigabytes(on.ram_room)} of main memory"
    help = "close other programs, or choose a smaller model"
    if size.width * size.height * size.frames > 256 * 256:
        help = "choose a smaller size or a smaller model, or close other programs"
    if wish.plan != "small":
        help = f"choose the small plan, {help}"
    return f"The model is too large for this machine: at the least it takes {need}, and {short} can be had; {help}."


def _changes(before: Plan, after: Plan) -> str:
    told = []
    if after.device != before.device:
        told.append("it runs on the processor")
    if after.backend != before.backend:
        told.append("torch computes all of it")
    if after.quantization != before.quantization and after.quantized:
        told.append(QUANTIZATIONS[after.quantization])
    elif after.quantization != before.quantization:
        told.append("weights as they are")
    if after.offload != before.offload:
        told.append(OFFLOADS[after.offload])
    if after.free_encoder and not before.free_encoder:
        told.append("the text encoder is let go of after use")
    if after.attention != before.attention:
        told.append("attention is computed in slices")
    if after.tile_above != before.tile_above:
        told.append("pictures are decoded in small tiles")
    words = told[0] if len(told) == 1 else f"{', '.join(told[:-1])} and {told[-1]}"
    return f"There was not enough memory, so it is tried once more in a slower way: {words}."


def _device(machine: Machine) -> str:
    return "processor" if machine.kind == "cpu" else "graphics card"
