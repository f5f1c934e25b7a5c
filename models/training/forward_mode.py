"""Normalisations written out, for derivatives in forward mode that are to be differentiated once more.

Torch's own take the batch's statistics for constants then, without a word; sums and products do not.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch.nn.functional as F
from torch import Tensor
from torch.overrides import TorchFunctionMode


class WrittenOut(TorchFunctionMode):
    """Within it batch, group, instance and layer norm are exact; running statistics are read and not written."""

    def __torch_function__(
        self, func: Any, types: Iterable[Any], args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        ours = {F.batch_norm: _batch, F.group_norm: _group, F.instance_norm: _instance, F.layer_norm: _layer}
        return ours.get(func, func)(*args, **(kwargs or {}))


def _batch(
    x: Tensor, running_mean: Tensor | None, running_var: Tensor | None, weight: Tensor | None = None,
    bias: Tensor | None = None, training: bool = False, momentum: float = 0.1, eps: float = 1e-5,
) -> Tensor:  # fmt: skip
    if not training:
        return F.batch_norm(x, running_mean, running_var, weight, bias, False, momentum, eps)
    return _scaled(_standard(x, [0, *range(2, x.ndim)], eps), weight, bias)


def _group(
    x: Tensor, groups: int, weight: Tensor | None = None, bias: Tensor | None = None, eps: float = 1e-5
) -> Tensor:
    parted = x.unflatten(1, (groups, -1))
    return _scaled(_standard(parted, list(range(2, parted.ndim)), eps).flatten(1, 2), weight, bias)


def _instance(
    x: Tensor, running_mean: Tensor | None = None, running_var: Tensor | None = None, weight: Tensor | None = None,
    bias: Tensor | None = None, use_input_stats: bool = True, momentum: float = 0.1, eps: float = 1e-5,
) -> Tensor:  # fmt: skip
    if not use_input_stats:
        return F.instance_norm(x, running_mean, running_var, weight, bias, False, momentum, eps)
    return _scaled(_standard(x, list(range(2, x.ndim)), eps), weight, bias)


def _layer(
    x: Tensor, shape: list[int], weight: Tensor | None = None, bias: Tensor | None = None, eps: float = 1e-5
) -> Tensor:
    x = _standard(x, list(range(-len(shape), 0)), eps)
    x = x if weight is None else x * weight
    return x if bias is None else x + bias


def _standard(x: Tensor, over: list[int], eps: float) -> Tensor:
    """Mean 0 and variance 1 over these dimensions."""
    x = x - x.mean(over, keepdim=True)
    return x * (x.square().mean(over, keepdim=True) + eps).rsqrt()


def _scaled(x: Tensor, weight: Tensor | None, bias: Tensor | None) -> Tensor:
    """A weight and a bias for each channel, the second dimension."""
    each = (-1, *[1] * (x.ndim - 2))
    x = x if weight is None else x * weight.view(each)
    return x if bias is None else x + bias.view(each)
