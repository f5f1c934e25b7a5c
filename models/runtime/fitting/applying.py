"""Putting a plan on a pipeline of diffusers, or on a model of transformers: at reading, and once it is there."""

from __future__ import annotations

import importlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import nn

from models.planning.plan import LARGEST_TILE, Plan
from models.protocol import BadInput
from models.runtime.fitting import giving_back, narrow, packing, reading
from models.runtime.fitting.encoders import Encoders

DENOISERS = ("unet", "transformer", "transformer_2", "prior", "decoder")


def dtype_of(plan: Plan, part: str) -> torch.dtype:
    """What that part of a pipeline computes in."""
    return getattr(torch, plan.texts if part.startswith("text_encoder") else plan.dtype)  # type: ignore[no-any-return]


# ── at reading ────────────────────────────────────────────────────────────────


def networks(
    path: str | Path, plan: Plan, *, variant: str | None = None, shared: Mapping[str, Path] | None = None
) -> dict[str, Any]:
    """Those networks of the pipeline's folder that the plan wants read otherwise than `from_pretrained` does it: by
    their names, to be handed to it. Raises BadInput."""
    folder, made = Path(path), {}
    for part, (library, kind) in _parts(folder).items():
        where = (shared or {}).get(part, folder / part)
        if library != "diffusers" or (plan.quantizes(part) and not _widened(plan, part)):
            continue
        network = getattr(importlib.import_module("diffusers"), kind, None)
        if not reading.is_network(network) or not reading.files(where, variant) or _is_quantized(where):
            continue
        computes, lies_in = dtype_of(plan, part), reading.stored(where, variant)
        kept = _kept_in(plan, part, lies_in)
        # Elsewhere the weights go to an accelerator anyway, and the pages of the file are given back.
        if kept is not None or (plan.device == "cpu" and lies_in not in (None, computes)):
            with giving_back.freeing_at_once():
                made[part] = reading.network(network, where, computes, variant=variant, kept_in=kept)
    return made


def options(path: str | Path, plan: Plan, shared: Mapping[str, Path] | None = None) -> dict[str, Any]:
    """What `from_pretrained` of the pipeline in that folder takes besides: number formats, and how weights are
    shortened while they are read."""
    parts = _parts(Path(path))
    texts = {
        part: _read_in(plan, part, (shared or {}).get(part, Path(path, part)))
        for part in parts
        if part.startswith("text_encoder")
    }
    told: dict[str, Any] = {"torch_dtype": {"default": getattr(torch, plan.dtype), **texts}}
    if plan.quantization in ("int8", "float8", "bnb-int8", "bnb-nf4"):
        from diffusers import PipelineQuantizationConfig

        mapping = {
            part: quantizer(plan, library, dtype_of(plan, part))
            for part, (library, _) in parts.items()
            if plan.quantizes(part)
        }
        if mapping:
            told["quantization_config"] = PipelineQuantizationConfig(quant_mapping=mapping)
    return told


def quantizer(plan: Plan, library: str, computes: torch.dtype) -> Any:
    """The plan's quantization as that library's `from_pretrained` takes it (its `quantization_config`)."""
    home: Any = importlib.import_module(library)
    if plan.quantization in ("int8", "float8"):
        from torchao.quantization import Float8WeightOnlyConfig, Int8WeightOnlyConfig

        return home.TorchAoConfig(Int8WeightOnlyConfig() if plan.quantization == "int8" else Float8WeightOnlyConfig())
    if plan.quantization == "bnb-int8":
        return home.BitsAndBytesConfig(load_in_8bit=True)
    return home.BitsAndBytesConfig(load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_compute_dtype=computes)


def model_options(plan: Plan, part: str = "") -> dict[str, Any]:
    """What `from_pretrained` of a model of transformers takes of the plan: `dtype`, and how its weights are shortened.

    With weights that are widened layer by layer, the file's own numbers are kept: "auto".
    """
    told: dict[str, Any] = {"dtype": getattr(torch, plan.dtype)}
    if plan.quantizes(part):
        if plan.quantization.startswith("layerwise"):
            return {"dtype": "auto"}
        told["quantization_config"] = quantizer(plan, "transformers", told["dtype"])
    return told


# ── once it is there ──────────────────────────────────────────────────────────


def place(
    pipeline: Any,
    plan: Plan,
    path: str | Path = "",
    shared: Mapping[str, Path] | None = None,
    *,
    remember: bool = False,
) -> Any:
    """The pipeline, with its weights where the plan wants them, and its networks computing as it says.

    Its text encoders are read again as `encoder` does, where there is a `path`. `remember`: they do not read a text
    twice, for pipelines that are given it anew with each picture.
    """
    denoisers = [part for name in DENOISERS if isinstance(part := getattr(pipeline, name, None), nn.Module)]
    _shorten_encoders(pipeline, plan)
    if plan.channels_last:
        for part in (*denoisers, getattr(pipeline, "vae", None)):
            if isinstance(part, nn.Module):
                with giving_back.freeing_at_once():
                    part.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    if plan.channels_last and (plan.device, plan.offload, plan.quantization) == ("cpu", "none", "none"):
        for part in denoisers:
            packing.pack(part)
    if plan.tile_above < LARGEST_TILE and hasattr(getattr(pipeline, "vae", None), "enable_slicing"):
        pipeline.vae.enable_slicing()  # several pictures are decoded one by one
    _attention(pipeline, denoisers, plan)
    _cache(pipeline, denoisers, plan)
    if plan.backend == "openvino":
        from models.runtime.openvino import backend

        backend.put_on(pipeline, denoisers, plan)
    again = (lambda part: encoder(path, part, plan, shared)) if plan.free_encoder and path else None
    if again is not None or remember:
        pipeline.encoders = Encoders(pipeline, DENOISERS, again)
        if remember:
            pipeline.encoders.remember()
    if plan.offload == "model":
        pipeline.enable_model_cpu_offload(device=plan.device)
    elif plan.offload == "sequential":
        pipeline.enable_sequential_cpu_offload(device=plan.device)
    elif plan.offload in ("group", "disk"):
        from models.runtime.fitting import groups

        groups.take_turns(pipeline, plan)
    elif plan.device != "cpu":
        pipeline.to(plan.device)
    if plan.device == "cpu":
        giving_back.between_stages(pipeline)
    giving_back.give_back()  # what was read and laid out anew: of a Stable Diffusion 1.5 some hundreds of megabytes
    return pipeline


def settle(model: Any, plan: Plan, part: str = "") -> Any:
    """A model of transformers, as read with `model_options`, where the plan wants it and computing as it says."""
    if plan.quantizes(part) and plan.quantization.startswith("layerwise"):
        narrow.widen(model, getattr(torch, plan.dtype), plan.quantization)
    if plan.offload in ("group", "disk"):
        from models.runtime.fitting import groups

        groups.one(model, plan, None)
        return model
    return model if getattr(model, "is_quantized", False) else model.to(plan.device)


def encoder(path: str | Path, part: str, plan: Plan, shared: Mapping[str, Path] | None = None) -> nn.Module:
    """One text encoder of the pipeline's folder, as the plan has it; `shared` are parts that lie elsewhere."""
    where = (shared or {}).get(part, Path(path, part))
    library, kind = _parts(Path(path))[part]
    home: Any = getattr(importlib.import_module(library), kind)
    told = _read_in(plan, part, where)
    made = home.from_pretrained(where, dtype=told, use_safetensors=True, local_files_only=True)
    if _widened(plan, part):
        narrow.widen(made, dtype_of(plan, part), plan.quantization)
    return made  # type: ignore[no-any-return]


# ── inside ────────────────────────────────────────────────────────────────────


def _parts(folder: Path) -> dict[str, tuple[str, str]]:
    """Library and class of every network in a pipeline's folder; nothing where it is no such folder."""
    index = folder / "model_index.json"
    if not index.is_file():
        return {}
    told = json.loads(index.read_text("utf-8"))
    pairs = {name: value for name, value in told.items() if isinstance(value, list) and len(value) == 2}
    return {name: (str(lib), str(kind)) for name, (lib, kind) in pairs.items() if lib in ("diffusers", "transformers")}


def _is_quantized(folder: Path) -> bool:
    """Whether the weights there were shortened before they were saved: then their own config reads them."""
    config = folder / "config.json"
    return config.is_file() and "quantization_config" in json.loads(config.read_text("utf-8"))


def _kept_in(plan: Plan, part: str, lies_in: torch.dtype | None) -> torch.dtype | None:
    if not _widened(plan, part):
        return None
    if plan.quantization == "layerwise-fp8":
        return torch.float8_e4m3fn
    return lies_in if lies_in in (torch.float16, torch.bfloat16) else torch.bfloat16


def _widened(plan: Plan, part: str) -> bool:
    return plan.quantizes(part) and plan.quantization.startswith("layerwise")


def _read_in(plan: Plan, part: str, where: Path) -> torch.dtype:
    """What a text encoder is read in: as it lies there, where its layers are widened one by one."""
    if not _widened(plan, part):
        return dtype_of(plan, part)
    lies_in = reading.stored(where)
    return lies_in if lies_in in (torch.float16, torch.bfloat16) else torch.bfloat16


def _shorten_encoders(pipeline: Any, plan: Plan) -> None:
    for name, part in pipeline.components.items():
        if name.startswith("text_encoder") and isinstance(part, nn.Module) and _widened(plan, name):
            narrow.widen(part, dtype_of(plan, name), plan.quantization)


def _attention(pipeline: Any, denoisers: list[Any], plan: Plan) -> None:
    if plan.attention == "sliced":
        if hasattr(pipeline, "enable_attention_slicing"):
            pipeline.enable_attention_slicing()
    elif plan.attention != "native":
        for part in denoisers:
            if hasattr(part, "set_attention_backend"):
                try:
                    part.set_attention_backend(plan.attention)
                except (RuntimeError, ImportError, ValueError) as error:
                    raise BadInput(
                        f"Attention cannot be computed by {plan.attention} here, its library is missing or is for "
                        "another device: choose native."
                    ) from error


def _cache(pipeline: Any, denoisers: list[Any], plan: Plan) -> None:
    """Step caches, on transformers that have them."""
    if not plan.cache:
        return
    from diffusers import hooks

    def now() -> int:
        return int(pipeline.current_timestep or 0)

    for part in denoisers:
        if not hasattr(part, "enable_cache"):
            continue
        # The papers' own settings: ParaAttention's threshold, PAB's and FasterCache's ranges, TaylorSeer's interval.
        config = {
            "first-block": lambda: hooks.FirstBlockCacheConfig(threshold=0.1),
            "pyramid": lambda: hooks.PyramidAttentionBroadcastConfig(
                spatial_attention_block_skip_range=2, current_timestep_callback=now
            ),
            "faster": lambda: hooks.FasterCacheConfig(
                spatial_attention_block_skip_range=2, tensor_format="BCHW", current_timestep_callback=now
            ),
            "taylor": lambda: hooks.TaylorSeerCacheConfig(cache_interval=3),
        }[plan.cache]()
        part.enable_cache(config)
