"""Networks that compute in short numbers inside a pipeline that keeps its own in full precision."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn


def cast_at_the_door(network: nn.Module) -> None:
    """Let `network` take and give float32, whatever its weights are.

    The latents of a denoising loop are a running sum: rounding each to bfloat16's 8 bits adds grain that
    rounding inside the network does not. Its weights' format is looked up at each call, so it may be moved or cast.
    """
    network.register_forward_pre_hook(_enter, with_kwargs=True)
    network.register_forward_hook(_leave)


def _enter(network: nn.Module, given: tuple[Any, ...], named: dict[str, Any]) -> tuple[Any, Any]:
    # diffusers' networks know what they compute in where their weights are kept in shorter numbers.
    dtype = getattr(network, "dtype", None) or next(network.parameters()).dtype
    return _cast(given, dtype), {name: _cast(one, dtype) for name, one in named.items()}


def _leave(network: nn.Module, given: tuple[Any, ...], made: Any) -> Any:
    return _cast(made, torch.float32)


def _cast(value: Any, dtype: torch.dtype) -> Any:
    """Every floating tensor as `dtype`, in a tuple too. Times (no or one dimension) stay, and what lies in a dict:
    SDXL's sizes, which bfloat16 cannot hold and the U-Net casts once they are embedded."""
    if isinstance(value, Tensor):
        return value.to(dtype) if value.is_floating_point() and value.ndim > 1 else value
    if type(value) in (tuple, list):
        return type(value)(_cast(one, dtype) for one in value)
    return value
