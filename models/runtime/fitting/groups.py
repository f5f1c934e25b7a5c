"""Weights that take turns: a few blocks at a time where it computes, the others in main memory or in files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import nn

from models.planning.plan import Plan
from models.runtime.fitting import offload_files
from models.runtime.fitting.giving_back import free_at_once


def take_turns(pipeline: Any, plan: Plan) -> None:
    """Let the networks of a pipeline take turns, block by block, as the plan says ("group", or "disk")."""
    home = offload_files.folder(pipeline) if plan.offload == "disk" else None
    for name, part in pipeline.components.items():
        if isinstance(part, nn.Module):
            one(part, plan, home / name if home is not None else None)


def one(network: Any, plan: Plan, files: Path | None) -> None:
    """Let one network's blocks take turns; with the disk, the others lie in the folder `files`."""
    from diffusers.hooks import apply_group_offloading

    if plan.offload == "disk" and files is None:
        files = offload_files.folder(network)
    if getattr(network, "_supports_group_offloading", True) is False:
        network.to(plan.device)
        return
    if files is not None:
        files.mkdir(parents=True, exist_ok=True)
        if plan.device == "cpu":
            free_at_once()  # else blocks that wait their turn on the disk keep their place in memory, too
    # Blocks are what a denoiser repeats; the layers of other networks lie too deep for the library to find.
    blocks = any(isinstance(child, nn.ModuleList) for child in network.children())
    apply_group_offloading(
        network,
        onload_device=torch.device(plan.device),
        offload_device=torch.device("cpu"),
        offload_type="block_level" if blocks and _is_denoiser(network) else "leaf_level",
        num_blocks_per_group=1,
        use_stream=plan.stream and files is None,
        offload_to_disk_path=str(files) if files is not None else None,
    )


def _is_denoiser(network: Any) -> bool:
    kind = type(network).__name__
    return "UNet" in kind or "Transformer" in kind
