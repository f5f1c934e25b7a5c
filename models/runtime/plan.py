"""How a model runs on a machine: number format, where its weights lie, and when pictures are decoded in tiles."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from models.runtime.device import GIB, Machine, detect

Dtype = Literal["float32", "bfloat16", "float16"]
Offload = Literal["none", "model"]

BYTES: dict[str, int] = {"float32": 4, "bfloat16": 2, "float16": 2}
# Measured on two AVX512-BF16 cores: bfloat16 saves 10 to 20 % of a step on an 11M U-Net, 40 % on a 63M one and more
# than half on SD 1.5. Below this many weights the saving is less than what exactness is worth.
SMALL_MODEL = 50_000_000
# What a step and a decode of one 512² picture take besides the weights.
WORKING_MEMORY = 2 * GIB
# What decoding takes for each pixel in 32-bit numbers. Measured on SD's autoencoder: 5.3 kB at 256², 2.9 in 16 bits.
BYTES_A_PIXEL = 5 * 1024
# Tiles of a plan that was lowered: a quarter of what decoding a 512² picture takes, and still large enough to blend.
SMALL_TILE = 256 * 256


@dataclass(frozen=True)
class Wish:
    """What the person set by hand; empty: as the machine is best used."""

    device: str = ""
    dtype: str = ""
    offload: str = ""


@dataclass(frozen=True)
class Plan:
    """Where and how a model runs. `device` as torch names it; `tile_above` in pixels: the most decoded in one piece.

    `offload` "model": one network at a time on the accelerator. `reasons` are sentences for the person.
    """

    device: str = "cpu"
    dtype: Dtype = "float32"
    offload: Offload = "none"
    tile_above: int = 2048 * 2048
    reasons: tuple[str, ...] = ()

    def tiles(self, width: int, height: int) -> bool:
        """Whether a picture of this size is encoded and decoded in tiles."""
        return width * height > self.tile_above


def decide(parameters: int, machine: Machine, wish: Wish = Wish()) -> Plan:
    """The plan for a model of that many weights. Pure: the same arguments give the same plan."""
    device = wish.device or machine.device
    dtype, why = (wish.dtype, "Chosen by hand.") if wish.dtype else _dtype(parameters, device, machine)
    if dtype == "float16" and device == "cpu":
        dtype, why = "float32", "16-bit floats are a hundred times slower than 32-bit ones on a processor."
    reasons = [why]
    weights = parameters * BYTES[dtype]

    offload = "none"
    free = machine.ram_free if device in ("cpu", "mps") else machine.memory_free
    if device not in ("cpu", "mps"):
        offload = wish.offload or ("model" if weights + WORKING_MEMORY > free * 0.92 else "none")
        if offload == "model":
            reasons.append(
                f"The weights take {weights / GIB:.1f} GB and the graphics card has {free / GIB:.1f} GB free: "
                "one network at a time lies on it."
            )
    elif weights + WORKING_MEMORY > free:
        reasons.append(
            f"The model needs about {(weights + WORKING_MEMORY) / GIB:.1f} GB and {free / GIB:.1f} GB is free: "
            "it may be slow."
        )
    # With one network at a time, the decoder has the card for itself.
    spare = max(free - (weights // 4 if offload == "model" else weights), 0)
    tile_above = min(max(spare // (BYTES_A_PIXEL * BYTES[dtype] // BYTES["float32"]), 512 * 512), 2048 * 2048)
    if tile_above < 1024 * 1024:
        reasons.append("Large pictures are decoded in tiles, to fit the memory.")
    return Plan(device, dtype, offload, tile_above, tuple(reasons))  # type: ignore[arg-type]


def lower(plan: Plan) -> Plan | None:
    """The next plan that needs less memory, what it changes as its `reasons`; None where nothing is left to save."""
    offload: Offload = plan.offload if plan.device in ("cpu", "mps") else "model"
    tile_above = min(plan.tile_above, SMALL_TILE)
    changes = []
    if offload != plan.offload:
        changes.append("one network at a time lies on the graphics card")
    if tile_above != plan.tile_above:
        changes.append("pictures are decoded in small tiles")
    if not changes:
        return None
    reason = f"There was not enough memory, so it is tried once more in a slower way: {' and '.join(changes)}."
    return replace(plan, offload=offload, tile_above=tile_above, reasons=(reason,))


def _dtype(parameters: int, device: str, machine: Machine) -> tuple[str, str]:
    if device == "cpu":
        if parameters < SMALL_MODEL:
            return "float32", "A small model gains little from shorter numbers, so it runs in full precision."
        if machine.kind == "cpu" and machine.bf16:
            return "bfloat16", "The processor computes bfloat16 in hardware, at about twice the speed."
        return "float32", "The processor has no fast 16-bit format."
    if device == "mps":
        return "float16", "Apple's graphics chips are fastest in 16 bits."
    if parameters < SMALL_MODEL:
        return "float32", "A small model is fast enough in full precision."
    if machine.bf16:
        return "bfloat16", "The graphics card computes bfloat16 in hardware, with the range of full precision."
    return "float16", "The graphics card is fastest in 16-bit floats."


def for_model(path: str | Path, wish: Wish = Wish()) -> Plan:
    """The plan for a model on disk, on this machine as it is now."""
    return decide(parameters_in(path), detect(), wish)


def parameters_in(path: str | Path) -> int:
    """How many weights a model has, from its safetensors headers; a network that lies there in several formats
    counts once. 0 where there are none. Raises BadInput where a header is broken."""
    from models.store.files import Files

    files = Files(path)
    largest: dict[str, int] = {}
    for name in files.names:
        if name.endswith(".safetensors"):
            weights = sum(math.prod(shape) for _, shape in files.tensors(name).values())
            # unet/diffusion_pytorch_model.fp16-00001-of-00002.safetensors: the folder, the variant, the shard.
            folder, _, file = name.rpartition("/")
            variant = re.sub(r"-\d+-of-\d+$", "", file.removesuffix(".safetensors"))
            largest[f"{folder}/{variant}"] = largest.get(f"{folder}/{variant}", 0) + weights
    networks: dict[str, int] = {}
    for key, weights in largest.items():
        folder = key.rpartition("/")[0]
        networks[folder] = max(networks.get(folder, 0), weights)
    return sum(networks.values())
