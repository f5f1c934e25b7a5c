"""How much memory a model takes under a plan: every network's weights, and what the largest step works in.

The factors are counts of tensors that are alive together, fitted to peaks measured in float32 on a processor
(tests/bench/peaks.py measures them again). They hold for kernels that do not write out attention's scores.
"""

from __future__ import annotations

from models.planning.machine import Machine
from models.planning.parts import Part, Parts, Size
from models.planning.plan import BYTES, SMALL_TILE, Need, Peak, Plan

# Bytes of a weight in matrices that are shortened: its own, and its share of the scales (one a row in torchao and
# bitsandbytes' int8; a float32 for every 64 in nf4).
_SHORT = {"int8": 1.01, "float8": 1.01, "bnb-int8": 1.01, "bnb-nf4": 0.5625}
_NARROW = {"layerwise-16": 2, "layerwise-fp8": 1}
# Reading and casting goes in pieces of that many bytes (models/runtime/fitting/reading.py).
CHUNK = 256 * 2**20
# A text encoder that is a mapped file of that many bytes is given back when it has read
# (models/runtime/fitting/giving_back.py).
WORTH_GIVING_BACK = 64 * 2**20
# What a step takes whatever the size: weights laid out anew for the processor's kernels, an accelerator's workspaces.
_SCRATCH, _ACCELERATOR_SCRATCH = 1.5, 128 * 2**20
_UNET, _DECODER, _BY_FRAME, _WAVES = 15, 5.0, 10, 2.5
# A network that nothing is known of: a share of its weights, and so many numbers a pixel.
_UNKNOWN_SHARE, _UNKNOWN = 0.25, 256


def predict(parts: Parts, size: Size, machine: Machine, plan: Plan) -> Peak:
    """The most that the plan takes of each memory, from reading the model to the finished thing."""
    machine = machine.as_processor() if plan.device == "cpu" else machine
    stages = [stage(part, parts, size, plan) for part in parts] or [Need()]
    most = max(stages, key=lambda need: need.total)
    if machine.one_memory:
        # What a run holds on top of its libraries; they are told apart nowhere, so they count as work.
        base = max(machine.base, machine.process)
        loading, needed = _loading(parts, plan)
        if loading > most.total:
            return Peak(ram=Need(loading, base), taken_back=loading - max(needed, most.total))
        return Peak(ram=Need(most.weights, most.work + base))
    return Peak(most, Need(_in_ram(parts, plan), max(machine.base, machine.process)))


def weights(part: Part, plan: Plan) -> int:
    """Bytes of a part's weights in the plan's formats."""
    wide = BYTES[plan.texts if part.role == "text" else plan.dtype]
    if as_packed(part, plan) or part.stored in ("int8", "uint8"):
        return part.bytes
    if plan.quantizes(part.name):
        if plan.quantization in _SHORT:
            return int(part.linear * _SHORT[plan.quantization] + (part.parameters - part.linear) * wide)
        if plan.quantization in _NARROW:
            return part.narrow * _NARROW[plan.quantization] + (part.parameters - part.narrow) * wide
    return part.parameters * wide


def compiled(part: Part, plan: Plan) -> int:
    """Bytes of the weights once more, as OpenVINO lays them out for the processor."""
    if plan.backend != "openvino" or part.role != "denoiser":
        return 0
    return part.parameters * BYTES[plan.backend_dtype or "float32"]


def mapped(part: Part, plan: Plan) -> bool:
    """Whether a processor's weights are the file itself, mapped: only what is read of it lies in memory."""
    if as_packed(part, plan):
        return True
    formats = {"layerwise-16": part.stored} if part.stored in ("float16", "bfloat16") else {}
    wanted = plan.texts if part.role == "text" else plan.dtype
    if plan.quantizes(part.name):
        wanted = formats.get(plan.quantization, "")
    return plan.device == "cpu" and part.library not in ("", "gguf") and part.stored == wanted


def as_packed(part: Part, plan: Plan) -> bool:
    """Whether a GGUF file's weights stay as they are in it."""
    return part.library == "gguf" and plan.quantization == "gguf"


def lean(part: Part) -> bool:
    """Whether it is read and cast piece by piece, so that the file and the network never lie in memory together."""
    return part.library == "diffusers"


def work(part: Part, size: Size, plan: Plan) -> int:
    """Bytes that one step of a part works in, its output with it."""
    wide = BYTES[plan.texts if part.role == "text" else plan.dtype]
    if part.role == "autoencoder" and plan.dtype == "float16":
        wide = 4  # most overflow in float16, so that pipelines decode in full precision
    shape = part.work
    needs = {
        "unet": _unet, "tokens": _tokens, "decoder": _decoder, "language": _language, "waves": _waves,
    }.get(shape.kind)  # fmt: skip
    if needs is None:
        pixels = size.width * size.height * size.frames * size.batch
        numbers = _UNKNOWN * pixels + _UNKNOWN_SHARE * part.parameters
    else:
        numbers = needs(part, size, plan)
    scratch = float(_ACCELERATOR_SCRATCH)
    if plan.device == "cpu":
        scratch = _SCRATCH * part.matrix * 4 if shape.kind in ("unet", "decoder", "waves") else 0
    if plan.quantizes(part.name) or as_packed(part, plan):
        scratch += 2 * part.matrix * wide  # the layer at hand, at its full width
    return int(numbers * wide + scratch)


def pixels_at_once(part: Part, size: Size, plan: Plan) -> int:
    """Pixels, over all frames, that an autoencoder decodes in one piece."""
    whole = size.width * size.height
    tiled = whole > plan.tile_above
    area = min(whole, max(plan.tile_above, SMALL_TILE)) if tiled else whole
    frames = size.frames
    if part.work.chunk:
        frames = min(frames, part.work.chunk)
    elif tiled and frames > 1:
        frames = min(frames, 16)
    return area * frames


# ── what is where ─────────────────────────────────────────────────────────────


def stage(active: Part, parts: Parts, size: Size, plan: Plan) -> Need:
    """What that part takes of the memory that computes while it is at work, and what the others hold there."""
    held = sum(_resident(part, active, plan) for part in parts)
    return Need(held, work(active, size, plan))


def _resident(part: Part, active: Part, plan: Plan) -> int:
    if plan.offload == "none":
        if plan.free_encoder and part.role == "text" and active.role != "text":
            return 0
        whole = weights(part, plan) + compiled(part, plan)
        # Of a mapped table of words a run reads a few rows; and what no step has read yet is not there either.
        if mapped(part, plan):
            # Pipelines alone give it back: a network of transformers that holds its encoder keeps it.
            if part.role == "text" and active.role in ("denoiser", "autoencoder") and whole >= WORTH_GIVING_BACK:
                return 0
            return int(whole * (1 - part.rows / max(part.parameters, 1)))
        return whole
    if part is not active:
        return 0
    whole = weights(part, plan)
    if plan.offload == "model":
        return whole
    each = whole / max(part.parameters, 1)
    if plan.offload == "sequential":
        return min(int(2 * part.single * each), whole)
    blocks = part.block if part.role == "denoiser" else 2 * part.single
    return min(int(blocks * each), whole)


def _loading(parts: Parts, plan: Plan) -> tuple[int, int]:
    """The highest moment of reading the model into one memory, one part after another: with the files that are read,
    and without."""
    held = highest = needed = 0
    for part in parts:
        whole = weights(part, plan)
        if mapped(part, plan):
            if plan.offload == "disk":  # all of it is read once, to be written as blocks
                highest = max(highest, whole)
            continue
        if plan.offload == "disk":
            highest, needed = max(highest, whole + min(CHUNK, part.bytes)), max(needed, whole)
            continue
        reads = min(CHUNK, part.bytes) if lean(part) else part.bytes
        unpacks = 4 * part.parameters if part.library == "gguf" else 0
        highest = max(highest, held + whole + reads + unpacks)
        held += whole
        needed = held + unpacks
    return highest, needed


def _in_ram(parts: Parts, plan: Plan) -> int:
    """Bytes of weights in main memory beside an accelerator. Mapped files do not count: they are given back."""
    if plan.offload == "disk":
        return max((2 * part.single * BYTES[plan.dtype] for part in parts), default=0)
    if plan.offload != "none":
        return sum(weights(part, plan) for part in parts)
    return sum(weights(p, plan) for p in parts if plan.quantizes(p.name) or p.stored != plan.dtype)


# ── what is worked in, in numbers ─────────────────────────────────────────────


def _unet(part: Part, size: Size, plan: Plan) -> float:
    shape = part.work
    first, second = (*shape.channels, shape.channels[-1])[:2]
    positions = (size.width / shape.side) * (size.height / shape.side) * size.frames * size.batch
    scores = 0.0
    if plan.attention != "sliced" and plan.device == "mps":  # its kernel writes out the scores
        attends = size.width * size.height / shape.side**2 / 4**shape.attends
        scores = shape.heads * size.batch * attends**2
    return _UNET * (first + second) * positions + scores


def _tokens(part: Part, size: Size, plan: Plan) -> float:
    shape = part.work
    time = 1 + (size.frames - 1) // max(shape.time, 1)
    positions = (size.width / shape.side) * (size.height / shape.side) * time + shape.words
    numbers = (9 * shape.width + 2 * shape.inner) * positions * size.batch
    if plan.device == "mps":  # its kernel writes out the scores of long sequences
        numbers += min(shape.heads, 4) * size.batch * positions**2
    if plan.cache:
        numbers += 2 * shape.width * positions * size.batch
    return float(numbers)


def _decoder(part: Part, size: Size, plan: Plan) -> float:
    shape = part.work
    wide = (*shape.channels, 128, 128)[1 if len(shape.channels) > 1 else 0]
    alive = _BY_FRAME if shape.chunk else _DECODER
    return alive * wide * pixels_at_once(part, size, plan) + 6 * size.width * size.height * size.frames


def _language(part: Part, size: Size, plan: Plan) -> float:
    shape = part.work
    once = part.role == "text"
    read = shape.words if once else min(max(shape.words, 1), size.tokens)
    numbers = float((9 * shape.width + 2 * shape.inner) * read * (size.batch if once else 1))
    if "T5" in part.kind:  # it adds a bias to its scores, which are written out
        numbers += 3 * shape.heads * read**2 * size.batch
    if not once:
        kept = min(size.tokens + read, shape.context or size.tokens + read)
        numbers += shape.kv * kept * (shape.layers + 1) + 4 * shape.vocabulary
    return numbers


def _waves(part: Part, size: Size, plan: Plan) -> float:
    return _WAVES * part.work.width * part.work.rate * size.seconds
