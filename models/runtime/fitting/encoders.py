"""Letting go of text encoders once a prompt is read, and having them back for the next one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import nn


class Encoders:
    """The text encoders of a pipeline: their weights leave when a denoiser begins, and come back, by `read`, when an
    encoder is asked again. Works for any pipeline, because the networks themselves are what is watched.

    `read(name)` gives the network of that part anew, as the plan has it.
    """

    def __init__(self, pipeline: Any, denoisers: tuple[str, ...], read: Callable[[str], nn.Module]) -> None:
        self._read = read
        parts = {name: part for name, part in pipeline.components.items() if isinstance(part, nn.Module)}
        self._encoders = {name: part for name, part in parts.items() if name.startswith("text_encoder")}
        self._gone: set[str] = set()
        for name, encoder in self._encoders.items():
            encoder.register_forward_pre_hook(lambda *_, name=name: self.back(name))
        for name in denoisers:
            if name in parts:
                parts[name].register_forward_pre_hook(lambda *_: self.let_go())

    @property
    def gone(self) -> frozenset[str]:
        return frozenset(self._gone)

    def let_go(self) -> None:
        """Drop the weights of every encoder. What is left of each tensor is its shape, over a single number: the
        pipelines ask encoders for their device and number format all the way."""
        for name, encoder in self._encoders.items():
            if name in self._gone:
                continue
            for parameter in encoder.parameters():
                parameter.data = torch.zeros((), dtype=parameter.dtype, device=parameter.device).expand(parameter.shape)
            self._gone.add(name)

    def back(self, name: str) -> None:
        """Read the encoder's weights again, where they were let go of."""
        if name not in self._gone:
            return
        fresh = dict(self._read(name).named_parameters())
        for whole, parameter in self._encoders[name].named_parameters():
            parameter.data = fresh[whole].data.to(parameter.device)
        self._gone.discard(name)
