"""A network that another one began as, stored as what it learned: an adapter for the other's weights (PEFT's kind)."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from models.runtime.adapted import BASE, BEFORE, DOWN, UP
from models.store.files import ADAPTER
from models.training.starter import SCENES

RANK = 16


def split(base: Mapping[str, Tensor], trained: Mapping[str, Tensor], rank: int = RANK) -> dict[str, Tensor]:
    """An adapter, halved, that makes `trained` of `base`, its matrices' changes cut to `rank` by their singular values
    (the nearest matrix of that rank, Eckart & Young 1936). What that would not shorten is there in full."""
    adapter = {}
    for name, value in trained.items():
        value, old = value.cpu(), base[name].cpu()
        if name.endswith(".weight") and value.ndim >= 2 and value.shape == old.shape:
            change = (value.float() - old.float()).flatten(1)
            if rank * sum(change.shape) < change.numel():
                u, s, v = torch.linalg.svd(change, full_matrices=False)
                root = s[:rank].sqrt()
                name = BEFORE + name.removesuffix(".weight")
                adapter[name + DOWN] = (root[:, None] * v[:rank]).view(rank, *value.shape[1:])
                adapter[name + UP] = (u[:, :rank] * root).view(-1, rank, *[1] * (value.ndim - 2))
                continue
        adapter[BEFORE + name] = value
    for name in [name.removesuffix(DOWN) for name in adapter if name.endswith(DOWN)]:
        if (bias := adapter.pop(f"{name}.bias", None)) is not None:
            adapter[f"{name}{BASE}.bias"] = bias
    return {name: value.half().contiguous() for name, value in adapter.items()}


def save(network: nn.Module, folder: Path, part: str = "unet") -> dict[str, str]:
    """Store a network of diffusers that began as the scenes starter's; returns what the sidecar says (`adapts`)."""
    base = load_file(SCENES / part / "diffusion_pytorch_model.safetensors")
    shutil.rmtree(folder / part, ignore_errors=True)  # whole weights of an older run would come before the other's
    write(split(base, network.state_dict()), folder / part)
    network.save_config(folder / part)  # type: ignore[operator]
    return {part: SCENES.name}


def write(adapter: Mapping[str, Tensor], folder: Path) -> None:
    """The adapter's file and its config, as `peft.PeftModel.from_pretrained` reads them."""
    folder.mkdir(parents=True, exist_ok=True)
    modules = sorted(name.removeprefix(BEFORE).removesuffix(DOWN) for name in adapter if name.endswith(DOWN))
    whole = {name.removeprefix(BEFORE).rpartition(".")[0] for name in adapter if not name.endswith((DOWN, UP))}
    rank = next((len(value) for name, value in adapter.items() if name.endswith(DOWN)), RANK)
    config = {
        "peft_type": "LORA", "r": rank, "lora_alpha": rank, "bias": "all", "target_modules": modules,
        "modules_to_save": sorted(name for name in whole if not name.endswith(BASE)),
        "base_model_name_or_path": f"../{SCENES.name}", "inference_mode": True,
    }  # fmt: skip
    (folder / "adapter_config.json").write_text(json.dumps(config, indent=1), "utf-8")
    save_file(dict(adapter), folder / ADAPTER, {"format": "pt"})
