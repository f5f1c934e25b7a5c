"""Convolutions whose weights lie as the processor's kernels want them: else each call lays them out anew, which is a
sixth of a Stable Diffusion 1.5's step at 256 × 256 in bfloat16."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from models.runtime.fitting.giving_back import freeing_at_once


def pack(network: nn.Module) -> None:
    """Let the network's convolutions in bfloat16 take that form when they are first called, one by one, in the place
    of their plain weights. Those of a bfloat16 network on a processor; the weights are not to be changed afterwards.
    Those that a style is laid over stay plain: what lies over them may read them (DoRA, Liu et al. 2024)."""
    if not torch.backends.mkldnn.is_available() or not hasattr(torch.ops.mkldnn, "_convolution_pointwise"):
        return
    if not torch.ops.mkldnn._is_mkldnn_bf16_supported():  # bfloat16 that was asked for on a processor without it
        return
    for name, part in network.named_modules():
        if type(part) is not nn.Conv2d or part.weight.dtype != torch.bfloat16:
            continue
        if any(step == "base_layer" or step.startswith("lora_") for step in name.split(".")):
            continue
        if isinstance(part.padding, tuple) and part.padding_mode == "zeros":
            part.__class__ = _Packed


@contextmanager
def plain(networks: Sequence[nn.Module]) -> Iterator[None]:
    """Meanwhile those that were packed are as they were before, for what reads their weights, changes them, or makes
    layers of the same kind."""
    packed = [network for network in networks if any(type(part) is _Packed for part in network.modules())]
    for network in packed:
        for part in network.modules():
            if type(part) is _Packed:
                part.unpack()
    try:
        yield
    finally:
        for network in packed:
            pack(network)


class _Packed(nn.Conv2d):
    """A convolution by oneDNN's own kernel, which is what `nn.Conv2d` calls in the end: the same numbers."""

    def forward(self, input: Tensor) -> Tensor:
        if not self.weight.is_mkldnn:
            if input.dtype != torch.bfloat16 or torch.is_grad_enabled():
                return super().forward(input)
            self._lay_out(list(input.shape))
        made: Any = torch.ops.mkldnn._convolution_pointwise(
            input, self.weight, self.bias, self.padding, self.stride, self.dilation, self.groups, "none", [], ""
        )
        return made  # type: ignore[no-any-return]

    def _lay_out(self, shape: list[int]) -> None:
        """The layout is the best one for inputs of that shape, and right for all."""
        # Not as a tensor of inference, which nothing outside of it may ever touch.
        with freeing_at_once(), torch.inference_mode(False), torch.no_grad():
            made = torch.ops.mkldnn._reorder_convolution_weight(
                self.weight.detach(), self.padding, self.stride, self.dilation, self.groups, shape
            )
            self.weight = nn.Parameter(made, requires_grad=False)

    def unpack(self) -> None:
        """A plain convolution again, its numbers the same."""
        if self.weight.is_mkldnn:
            with torch.inference_mode(False), torch.no_grad():
                made = self.weight.to_dense().contiguous(memory_format=torch.channels_last)
                self.weight = nn.Parameter(made, requires_grad=False)
        self.__class__ = nn.Conv2d  # type: ignore[assignment]
