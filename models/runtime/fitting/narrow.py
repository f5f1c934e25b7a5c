"""Networks whose layers are kept in short numbers, and widened one at a time while they compute."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

# Of transformers' networks these compute in the format that they are kept in, whatever the hooks say: T5 casts its
# states to the format of `wo` before the layer itself is widened.
_NEVER_NARROW = ("norm", "(^|\\.)wo$", "embed")


def widen(network: nn.Module, computes: torch.dtype, how: str) -> None:
    """Keep a network's layers in short numbers, and widen each while it computes; what is no layer is widened once.

    Tables of words stay as they are: what is looked up in them is widened.
    """
    from diffusers.hooks import apply_layerwise_casting

    formats = {parameter.dtype for parameter in network.parameters()}
    short = next((one for one in formats if one in (torch.float16, torch.bfloat16)), torch.bfloat16)
    kept = torch.float8_e4m3fn if how == "layerwise-fp8" else short
    apply_layerwise_casting(network, kept, computes, skip_modules_pattern=_NEVER_NARROW)
    keep(network)
    for part in network.modules():
        if isinstance(part, nn.Embedding):
            part.register_forward_hook(lambda _part, _given, found: found.to(computes))
        elif not hasattr(part, "_diffusers_hook"):
            for parameter in part.parameters(recurse=False):
                parameter.data = parameter.data.to(computes)
    for name, buffer in network.named_buffers():
        if buffer.is_floating_point() and "inv_freq" not in name:
            buffer.data = buffer.data.to(computes)
    # transformers' networks say that they compute in what their first tensor, a table of words, lies in.
    kind = type(network)
    named = {"dtype": property(lambda _: computes), "__module__": kind.__module__, "__qualname__": kind.__qualname__}
    network.__class__ = type(kind.__name__, (kind,), named)


def keep(network: nn.Module) -> None:
    """Let layers that diffusers widens go back to the very numbers that they were, not to such as are shortened anew:
    half the work, and they stay where they lie in memory, or in their file."""
    from diffusers.hooks.layerwise_casting import LayerwiseCastingHook

    for part in network.modules():
        for hook in getattr(getattr(part, "_diffusers_hook", None), "hooks", {}).values():
            if isinstance(hook, LayerwiseCastingHook):
                _remember(hook.fn_ref)


def _remember(calls: Any) -> None:
    """What diffusers calls around one layer: let it be told what the layer's numbers were, and put them back."""
    widens = calls.pre_forward
    short: list[tuple[nn.Parameter, torch.Tensor]] = []

    def pre_forward(module: nn.Module, *given: Any, **named: Any) -> Any:
        # After a call that came to no end, as without memory, the layer is wide still.
        for parameter, data in short:
            if parameter.dtype != data.dtype:
                parameter.data = data.to(parameter.device)
        short[:] = [(parameter, parameter.data) for parameter in module.parameters()]
        return widens(module, *given, **named)

    def post_forward(_: nn.Module, output: Any) -> Any:
        for parameter, data in short:
            parameter.data = data
        short.clear()
        return output

    calls.pre_forward, calls.post_forward = pre_forward, post_forward
