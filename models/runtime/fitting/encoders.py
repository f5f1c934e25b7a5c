"""Text encoders of a pipeline: each reads a text once for a whole batch, and may be let go of once it has."""

from __future__ import annotations

import functools
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor, nn

# Of each encoder: a prompt and what to keep away from, of this batch and of the last one.
TEXTS = 4
# Encodings that take more are made anew: language models give the states of all their layers.
MOST_BYTES = 64 * 2**20
# Language models give it for the words that follow; here none do.
_UNUSED = "past_key_values"
_PLAIN = (bool, int, float, str, torch.dtype, torch.device)


class Encoders:
    """The text encoders of a pipeline: their weights leave when a denoiser begins, and come back, by `read`, when an
    encoder is asked again. Works for any pipeline, because the networks themselves are what is watched.

    `read(name)` gives the network of that part anew, as the plan has it; without it they stay.
    """

    def __init__(
        self, pipeline: Any, denoisers: tuple[str, ...], read: Callable[[str], nn.Module] | None = None
    ) -> None:
        self._read = read
        parts = {name: part for name, part in pipeline.components.items() if isinstance(part, nn.Module)}
        self._encoders = {name: part for name, part in parts.items() if name.startswith("text_encoder")}
        # What is read again is what lies in the file: styles that are put on later, and words learned, stay.
        self._own = {name: dict(encoder.named_parameters()) for name, encoder in self._encoders.items()}
        self._gone: set[str] = set()
        if read is None:
            return
        for name, encoder in self._encoders.items():
            _before(encoder, functools.partial(self.back, name))
        for name in denoisers:
            if name in parts:
                parts[name].register_forward_pre_hook(lambda *_: self.let_go())

    @property
    def gone(self) -> frozenset[str]:
        return frozenset(self._gone)

    def remember(self) -> None:
        """From now on a text that an encoder has just read is not read again: every picture of a batch has the same.
        For pipelines whose encoders nothing else changes in between."""
        for encoder in self._encoders.values():
            _remembering(encoder)

    def let_go(self) -> None:
        """Drop the weights of every encoder. What is left of each tensor is its shape, over a single number: the
        pipelines ask encoders for their device and number format all the way."""
        for name, own in self._own.items():
            if name in self._gone:
                continue
            for parameter in own.values():
                parameter.data = torch.zeros((), dtype=parameter.dtype, device=parameter.device).expand(parameter.shape)
            self._gone.add(name)

    def back(self, name: str) -> None:
        """Read the encoder's weights again, where they were let go of."""
        if name not in self._gone:
            return
        assert self._read is not None
        fresh = dict(self._read(name).named_parameters())
        for whole, parameter in self._own[name].items():
            parameter.data = fresh[whole].data.to(parameter.device)
        self._gone.discard(name)


def _before(network: nn.Module, first: Callable[[], None]) -> None:
    """Let `first` be called before the network computes. As its `forward`, so that what is remembered needs none."""
    computes = network.forward

    @functools.wraps(computes)
    def forward(*given: Any, **named: Any) -> Any:
        first()
        return computes(*given, **named)

    network.forward = forward


def _remembering(network: nn.Module) -> None:
    """Let the network give again what it gave for the same values."""
    computes = network.forward
    known: deque[tuple[Any, Any]] = deque(maxlen=TEXTS)

    @functools.wraps(computes)
    def forward(*given: Any, **named: Any) -> Any:
        asked = (given, named)
        if not _small(asked):
            return computes(*given, **named)
        for before, made in known:
            if _same(before, asked):
                return _copy(made)
        made = computes(*given, **named)
        if _small(made):
            known.append((_copy(asked), _copy(made)))  # pipelines may change what they get in its place
        return made

    network.forward = forward


def _small(value: Any) -> bool:
    """Whether it is of tensors and plain values alone, and they are worth keeping."""
    size = _bytes(value)
    return size is not None and size <= MOST_BYTES


def _bytes(value: Any) -> int | None:
    """Of all tensors in it; None where there is anything but tensors and plain values, such as a cache."""
    if isinstance(value, Tensor):
        return value.nbytes
    if isinstance(value, Mapping):
        value = tuple(one for name, one in value.items() if name != _UNUSED)
    if isinstance(value, tuple | list):
        sizes = [_bytes(one) for one in value]
        return None if None in sizes else sum(size or 0 for size in sizes)
    return 0 if value is None or isinstance(value, _PLAIN) else None


def _same(one: Any, other: Any) -> bool:
    if type(one) is not type(other):
        return False
    if isinstance(one, Tensor):
        alike = (one.shape, one.dtype, one.device) == (other.shape, other.dtype, other.device)
        return alike and torch.equal(one, other)
    if isinstance(one, Mapping):
        return one.keys() == other.keys() and all(_same(value, other[name]) for name, value in one.items())
    if isinstance(one, tuple | list):
        return len(one) == len(other) and all(map(_same, one, other))
    return bool(one == other)


def _copy(value: Any) -> Any:
    if isinstance(value, Tensor):
        return value.clone()
    if isinstance(value, Mapping):  # what transformers' networks give is one, too
        return type(value)(**{name: _copy(one) for name, one in value.items() if name != _UNUSED})
    return type(value)(_copy(one) for one in value) if isinstance(value, tuple | list) else value
