"""Every way in which a model may run on a machine, the preferred one first: what `decide` goes down, and `lower`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from models.planning.machine import GIB, Machine
from models.planning.parts import Parts
from models.planning.plan import BYTES, LARGEST_TILE, OFFLOADS, Dtype, Offload, Plan, Quantization
from models.planning.wish import PARAMETERS, Wish

# Measured on two AVX512-BF16 cores: bfloat16 saves 10 to 20 % of a step on an 11M U-Net, 40 % on a 63M one and more
# than half on SD 1.5. Below this many weights the saving is less than what exactness is worth.
SMALL_MODEL = 50_000_000
# A U-Net's text encoder runs once: on a processor its full precision is free, unless it is as large as T5-XXL.
LARGE_ENCODER = 1_000_000_000
# A part of so many bytes or less is not worth shortening.
SMALL_PART = GIB // 10
# float8 in hardware: Ada and Hopper (compute capability 8.9).
_FLOAT8 = (8, 9)
_FOUR_BIT = ("bnb-nf4",)
_EIGHT_BIT = ("int8", "float8", "bnb-int8", "layerwise-fp8")

Way = tuple[Quantization, Offload, bool]


def ways(parts: Parts, machine: Machine, wish: Wish, *, desperate: bool = False) -> Iterator[Plan]:
    """Plans without their prediction and reasons, the preferred first. `desperate` adds what is hours slower: layers
    and files in turn, and the processor of a machine that has an accelerator.

    With what the person set by hand, only those that keep to it.
    """
    device = wish.device or machine.device
    on = machine.as_processor() if device == "cpu" else machine
    first = _plain(parts, on, device, wish)
    for quantization, offload, free in _ways(parts, on, wish, first.dtype, desperate):
        made = _shaped(first, parts, on, quantization, offload, free)
        if (other := _by_openvino(made, parts, on, wish)) is not None:
            yield other
        if wish.backend == "openvino":
            continue
        yield made
        if device == "mps" and not wish.attention and any(part.work.kind == "unet" for part in parts):
            yield replace(made, attention="sliced")
    if desperate and not wish.device and machine.kind != "cpu":
        yield from ways(parts, machine.as_processor(), replace(wish, device="cpu"), desperate=True)


def converts(parts: Parts, machine: Machine, device: str) -> bool:
    """Whether OpenVINO is there, and has a denoiser to compute on the processor."""
    latent = any(part.role == "autoencoder" for part in parts)
    denoises = any(part.role == "denoiser" and part.name and part.library != "gguf" for part in parts)
    return device == "cpu" and "openvino" in machine.libraries and latent and denoises


def dtype(parts: Parts, machine: Machine, device: str, wish: Wish) -> tuple[Dtype, str]:
    """What is computed in, and why. Never float16 on a processor."""
    if wish.dtype == "float16" and device == "cpu":
        return "float32", "16-bit floats are a hundred times slower than 32-bit ones on a processor."
    if wish.dtype:
        return wish.dtype, "Chosen by hand."  # type: ignore[return-value]
    small = sum(part.parameters for part in parts) < SMALL_MODEL
    if device == "cpu":
        if small:
            return "float32", "A small model gains little from shorter numbers, so it runs in full precision."
        if machine.kind == "cpu" and machine.bf16:
            return "bfloat16", "The processor computes bfloat16 in hardware, at about twice the speed."
        return "float32", "The processor has no fast 16-bit format."
    if device == "mps":
        return "float16", "Apple's graphics chips are fastest in 16 bits."
    if small:
        return "float32", "A small model is fast enough in full precision."
    if machine.bf16:
        return "bfloat16", "The graphics card computes bfloat16 in hardware, with the range of full precision."
    return "float16", "The graphics card is fastest in 16-bit floats."


def able(parts: Parts, machine: Machine, device: str, computes: Dtype) -> tuple[Quantization, ...]:
    """The ways to shorten this model's weights that are installed here and that the device can do, best first."""
    if any(part.library == "gguf" for part in parts):
        return ()
    heavy = [part for part in parts if part.parameters * BYTES[computes] > SMALL_PART]
    linear = any(part.linear > 0.3 * part.parameters and part.library for part in heavy)
    narrow = any(part.role == "denoiser" and part.library == "diffusers" and part.narrow for part in heavy)
    theirs = all(part.library != "diffusers" for part in heavy)
    found: list[Quantization] = []
    if device == "cpu" and computes == "float32" and any(part.narrow and part.library for part in heavy):
        found.append("layerwise-16")
    if linear and "torchao" in machine.libraries and device != "mps":
        found.append("int8")
        if machine.capability >= _FLOAT8:
            found.append("float8")
    if narrow and device != "mps":
        found.append("layerwise-fp8")
    # Its kernels for diffusers' networks want a graphics card.
    suits = device in ("cuda", "xpu") or (theirs and device == "cpu")
    if linear and suits and "bitsandbytes" in machine.libraries:
        found += ["bnb-int8", "bnb-nf4"]
    return tuple(found)


def shortened(parts: Parts, quantization: Quantization) -> tuple[str, ...]:
    """The parts whose weights that shortens: those that are worth it."""
    if quantization in ("none", "gguf"):
        return ()
    worth = [part for part in parts if part.library and part.role != "autoencoder" and part.parameters * 2 > SMALL_PART]
    if quantization == "layerwise-fp8":
        return tuple(p.name for p in worth if p.role == "denoiser" and p.library == "diffusers")
    if quantization == "layerwise-16":
        return tuple(p.name for p in worth if p.narrow)
    return tuple(p.name for p in worth if p.linear > 0.3 * p.parameters)


def offers(parts: Parts, machine: Machine, wish: Wish) -> dict[str, tuple[str, ...]]:
    """What a person can choose from by hand, by the names in `wish.PARAMETERS`: what this machine can do with this
    model, as far as that is known before it is tried."""
    device = wish.device or machine.device
    on = machine.as_processor() if device == "cpu" else machine
    computes, _ = dtype(parts, on, device, wish)
    short = able(parts, on, device, computes)
    ways_out = {way for shortening in ("none", *short) for way in _offloads(parts, on, shortening)}
    piped = any(part.library == "diffusers" for part in parts)
    formats = ("float32", "bfloat16", "float16") if device != "cpu" else ("float32", "bfloat16")
    attention = next(wanted.choices for wanted in PARAMETERS if wanted.name == "attention")
    caches = next(wanted.choices for wanted in PARAMETERS if wanted.name == "cache")
    return {
        "device": tuple(dict.fromkeys((machine.device, "cpu"))),
        "dtype": formats if any(part.library != "gguf" for part in parts) else (),
        "quantize": ("none", *short) if short else (),
        "offload": tuple(offload for offload in OFFLOADS if offload in ways_out),
        "tiling": ("on", "off") if any(part.work.kind == "decoder" for part in parts) else (),
        "attention": (attention[1:] if device == "cuda" else ("native", "sliced")) if piped else (),
        "cache": caches[1:] if any(part.caches for part in parts) else (),
        "backend": ("torch", "openvino") if converts(parts, on, device) else (),
    }


def _by_openvino(plan: Plan, parts: Parts, machine: Machine, wish: Wish) -> Plan | None:
    """The plan with its denoiser computed by OpenVINO, where that is wished for and can be: of weights as they are."""
    wanted = wish.backend == "openvino" or (wish.plan == "fast" and not wish.backend)
    plain = plan.quantization == "none" and plan.offload == "none" and not plan.cache and plan.attention == "native"
    if not (wanted and plain and converts(parts, machine, plan.device)):
        return None
    computes = wish.dtype or ("bfloat16" if machine.bf16 else "float32")
    return replace(
        plan, backend="openvino", backend_dtype="bfloat16" if computes == "bfloat16" else "float32",
        # Its step is measured against full precision, and the graph is made of it.
        dtype="float32", text_dtype="", channels_last=False,
    )  # fmt: skip


# ── the order ─────────────────────────────────────────────────────────────────


def _ways(parts: Parts, machine: Machine, wish: Wish, computes: Dtype, desperate: bool) -> Iterator[Way]:
    device = "cpu" if machine.kind == "cpu" else machine.device
    found = able(parts, machine, device, computes)
    shortening = _by_hand(wish, found, parts, machine)
    order = _on_one_memory(shortening, parts) if machine.one_memory else _on_a_card(shortening, parts, wish)
    seen = set()
    for quantization, offload, free in order:
        if offload not in _offloads(parts, machine, quantization):
            continue
        if wish.offload and offload != wish.offload:
            continue
        if offload in ("sequential", "disk") and not _asked(wish, offload, desperate):
            continue
        if (way := (quantization, offload, free)) not in seen:
            seen.add(way)
            yield way


def _by_hand(wish: Wish, found: tuple[Quantization, ...], parts: Parts, machine: Machine) -> list[Quantization]:
    """Qualities in their order: as it is, eight bits, four bits. float8 and bitsandbytes' int8 stand in for int8."""
    if any(part.library == "gguf" for part in parts):
        # Without llama.cpp, transformers unpacks a language model into full numbers.
        return ["gguf" if "llama_cpp" in machine.libraries or parts[0].role != "language" else "none"]
    if wish.quantize:
        return [wish.quantize]  # type: ignore[list-item]
    eight = [q for q in found if q in _EIGHT_BIT and q != "float8"]
    chosen: list[Quantization] = ["none"]
    chosen += [q for q in found if q == "layerwise-16"]
    chosen += eight[:1]
    # Layerwise casting reaches convolutions as well, so that it takes less of a U-Net.
    chosen += [q for q in eight[1:] if q == "layerwise-fp8"]
    return chosen + [q for q in found if q in _FOUR_BIT]


def _on_one_memory(shortening: list[Quantization], parts: Parts) -> list[Way]:
    """On a processor, and on Apple's chips: nowhere to move weights to but the disk."""
    texts = sum(p.parameters for p in parts if p.role == "text")
    piped = any(p.library == "diffusers" for p in parts)
    frees = (False, True) if piped and texts > 0.05 * sum(p.parameters for p in parts) else (False,)
    order: list[Way] = [(q, "none", free) for q in shortening for free in frees]
    return order + [(q, "disk", False) for q in shortening]


def _on_a_card(shortening: list[Quantization], parts: Parts, wish: Wish) -> list[Way]:
    four = [q for q in shortening if q in _FOUR_BIT]
    rest = [q for q in shortening if q not in _FOUR_BIT]
    order: list[Way] = []
    # A language model goes through all of its weights for every token: what has to be fetched each time is no plan.
    if wish.plan == "fast" or any(p.role == "language" for p in parts):
        order += [(q, "none", False) for q in shortening]
        order += [(q, "model", False) for q in shortening]
    else:
        order += [(q, offload, False) for q in rest for offload in ("none", "model")]  # type: ignore[misc]
    order += [(q, "group", False) for q in reversed(rest)]
    order += [(q, offload, False) for q in four for offload in ("none", "model")]  # type: ignore[misc]
    order += [(q, "sequential", False) for q in rest if q in ("none", "int8")]
    return order + [(q, "disk", False) for q in rest]


def _offloads(parts: Parts, machine: Machine, quantization: Quantization) -> tuple[Offload, ...]:
    """What can be done with the weights that are not at work."""
    if any(part.library in ("", "gguf") for part in parts) or not parts:
        return ("none",)
    piped = any(part.library == "diffusers" for part in parts)
    # torchao's and bitsandbytes' tensors are nothing that a file of safetensors takes.
    disk: tuple[Offload, ...] = ("disk",) if piped and quantization in ("none", "layerwise-16", "layerwise-fp8") else ()
    if machine.one_memory:
        return ("none", *(disk if machine.kind == "cpu" else ()))
    if quantization.startswith("bnb"):
        return ("none", "model") if piped else ("none",)
    if not piped:
        return ("none", "group")
    # Sequential offload and layerwise casting both want the layer's call for themselves.
    sequential: tuple[Offload, ...] = ("sequential",) if quantization == "none" else ()
    return ("none", "model", "group", *sequential, *disk)


def _asked(wish: Wish, offload: Offload, desperate: bool) -> bool:
    return desperate or wish.plan == "small" or wish.offload == offload


def _plain(parts: Parts, machine: Machine, device: str, wish: Wish) -> Plan:
    """What all plans of a device share."""
    computes, _ = dtype(parts, machine, device, wish)
    cache = "" if wish.cache == "none" else wish.cache
    if not wish.cache and wish.plan == "fast" and device != "cpu" and any(part.caches for part in parts):
        cache = "first-block"
    return Plan(
        device, computes, tile_above=LARGEST_TILE, cache=cache,
        attention=wish.attention or "native",
        # Convolutions in bfloat16 are twice as fast in the order that the processor's kernels want.
        channels_last=device == "cpu" and computes == "bfloat16" and any(p.work.kind == "unet" for p in parts),
    )  # fmt: skip


def _shaped(
    first: Plan, parts: Parts, machine: Machine, quantization: Quantization, offload: Offload, free: bool
) -> Plan:
    texts = ""
    if first.device == "cpu" and first.dtype == "bfloat16":
        small = all(p.parameters < LARGE_ENCODER for p in parts if p.role == "text")
        texts = "float32" if small and any(p.work.kind == "unet" for p in parts) else ""
    return replace(
        first, quantization=quantization, quantized=shortened(parts, quantization), offload=offload,
        free_encoder=free, text_dtype=texts, stream=offload == "group" and machine.kind in ("cuda", "rocm", "xpu"),
    )  # fmt: skip
