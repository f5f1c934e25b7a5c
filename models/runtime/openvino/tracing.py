"""A network of torch as a graph of OpenVINO: traced in the format in which it will compute."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from models.protocol import Event, Loading
from models.runtime.openvino import calls
from models.runtime.openvino.library import library


def convert(
    network: nn.Module, plain: Callable[..., Any], call: calls.Call, dtype: torch.dtype, path: Path,
    say: Callable[[Event], None],
) -> None:  # fmt: skip
    """Write the graph of that call of the network, whose own `forward` is `plain`: it takes and gives numbers as the
    call does, and holds its weights in `dtype`. Traced in it, not shortened afterwards, it takes two thirds of the
    memory to make and nine tenths of the time to run."""
    with warnings.catch_warnings(), torch.inference_mode(False), torch.no_grad(), _short(network, dtype):
        warnings.simplefilter("ignore")  # that shapes are taken for fixed, as they shall be
        tensors = tuple(one.clone() for one in call.tensors)
        flat = _Flat(network, plain, call.form, dtype)
        traced: Any = torch.jit.trace(flat, tensors, check_trace=False, strict=False)
        say(Loading("Converting the network for OpenVINO, once for this size"))
        model = library().convert_model(traced, example_input=tensors, input=[list(one.shape) for one in tensors])
        say(Loading("Keeping the converted network"))
        library().save_model(model, path, compress_to_fp16=False)


class _Flat(nn.Module):
    """A network as a function of its tensors alone, for the tracer; it takes and gives them in their own format, and
    computes in `dtype`."""

    def __init__(self, network: nn.Module, plain: Callable[..., Any], form: Any, dtype: torch.dtype) -> None:
        super().__init__()
        self.network = network
        self._plain, self._form, self._dtype = plain, form, dtype

    def forward(self, *tensors: Tensor) -> Tensor:
        # A number for each picture is a moment or a strength, which a short format would round away.
        short = [one.to(self._dtype) if one.ndim > 1 and one.is_floating_point() else one for one in tensors]
        given, named = calls.put_together(self._form, short)
        made = self._plain(*given, **named, return_dict=False)[0]
        return made.to(next((one.dtype for one in tensors if one.ndim > 1 and one.is_floating_point()), made.dtype))  # type: ignore[no-any-return]


@contextmanager
def _short(network: nn.Module, dtype: torch.dtype) -> Iterator[None]:
    """Meanwhile the network's numbers are in `dtype`, but for what it must keep in float32."""
    exact = tuple(getattr(network, "_keep_in_fp32_modules", None) or ())
    before = {
        tensor: tensor.data
        for name, tensor in (*network.named_parameters(), *network.named_buffers())
        if tensor.is_floating_point() and not any(part in exact for part in name.split("."))
    }
    try:
        for tensor in before:
            tensor.data = tensor.data.to(dtype)
        yield
    finally:
        for tensor, data in before.items():
            tensor.data = data
