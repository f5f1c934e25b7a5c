"""A network's call taken apart into its tensors and the rest, and put together again: what a graph is traced of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor


class Odd(Exception):
    """Something is among the arguments that no graph can be given."""


@dataclass(frozen=True)
class Slot:
    """Where the tensor of that number goes."""

    number: int


@dataclass(frozen=True)
class Call:
    """`tensors` in the order in which they come up, `form` everything else with slots in their place."""

    tensors: tuple[Tensor, ...]
    form: Any

    @property
    def signature(self) -> str:
        """What makes two calls use the same graph: forms, number formats and shapes."""
        shapes = " ".join(f"{str(one.dtype).removeprefix('torch.')}{list(one.shape)}" for one in self.tensors)
        return f"{self.form!r} {shapes}"


def taken_apart(given: Sequence[Any], named: dict[str, Any]) -> Call:
    """The call of these arguments. Raises Odd."""
    tensors: list[Tensor] = []
    # A time that comes as a plain number is another one at each step: as a tensor it need not be part of the form.
    given = tuple(_time(one) if place == 1 else one for place, one in enumerate(given))
    named = {name: _time(one) if name == "timestep" else one for name, one in named.items() if name != "return_dict"}
    form = _form((tuple(given), dict(sorted(named.items()))), tensors)
    return Call(tuple(tensors), form)


def put_together(form: Any, tensors: Sequence[Tensor]) -> Any:
    """The form with its tensors."""
    if isinstance(form, Slot):
        return tensors[form.number]
    if isinstance(form, dict):
        return {name: put_together(one, tensors) for name, one in form.items()}
    if isinstance(form, (tuple, list)):
        return type(form)(put_together(one, tensors) for one in form)
    return form


def _time(value: Any) -> Any:
    return torch.tensor(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else value


def _form(value: Any, tensors: list[Tensor]) -> Any:
    if isinstance(value, Tensor):
        tensors.append(value)
        return Slot(len(tensors) - 1)
    if type(value) is dict and all(isinstance(name, str) for name in value):
        return {name: _form(one, tensors) for name, one in value.items()}
    if type(value) in (tuple, list):
        return type(value)(_form(one, tensors) for one in value)
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    raise Odd(type(value).__name__)


def sampled(network: Any, count: int = 4, small: int = 4096) -> Iterator[bytes]:
    """What tells a network's weights from all others: of each tensor its name, shape, format and some of its numbers,
    evenly spread; small tensors whole, which every training changes. Few, as each brings a stretch of a mapped file
    into memory."""
    for name, tensor in network.state_dict().items():
        flat = tensor.detach().reshape(-1)
        chosen = flat if flat.numel() <= small else flat[:: max(flat.numel() // count, 1)]
        yield f"{name} {tuple(tensor.shape)} {tensor.dtype}".encode()
        yield chosen.contiguous().cpu().view(torch.uint8).numpy().tobytes() if chosen.numel() else b""
