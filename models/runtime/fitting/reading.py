"""Reading a network of diffusers tensor by tensor, each cast on the way: the file and the network never lie in memory
together, and a network that is kept in short numbers is never there in long ones."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from models.planning.memory import CHUNK
from models.protocol import BadInput
from models.runtime.fitting import narrow


def network(kind: Any, folder: str | Path, dtype: torch.dtype, *, variant: str | None = None,
            kept_in: torch.dtype | None = None) -> Any:  # fmt: skip
    """The network of class `kind` in that folder, in `dtype`; layers in `kept_in`, where that is given, which are
    widened to `dtype` while they compute. What has the right format already stays mapped. Raises BadInput."""
    import accelerate

    folder = Path(folder)
    config = kind.load_config(folder, local_files_only=True)
    before = torch.get_default_dtype()
    torch.set_default_dtype(dtype)  # as the library does it: tables that a network computes for itself are in it, too
    try:
        with accelerate.init_empty_weights():
            made = kind.from_config(config)
    finally:
        torch.set_default_dtype(before)
    exact = tuple(made._keep_in_fp32_modules or ())
    for name, parameter in made.named_parameters():
        long = any(part in exact for part in name.split("."))
        parameter.data = parameter.data.to(torch.float32 if long else dtype)
    if kept_in is not None:
        made.enable_layerwise_casting(storage_dtype=kept_in, compute_dtype=dtype)
        narrow.keep(made)
    wanted = {name: tensor.dtype for name, tensor in made.state_dict().items()}
    for file in files(folder, variant):
        for tensors in _pieces(file):
            # Names of old checkpoints; it changes the dictionary.
            made._fix_state_dict_keys_on_load(tensors)
            cast = _cast(tensors, wanted)
            tensors.clear()
            made.load_state_dict(cast, strict=False, assign=True)
    missing = [name for name, parameter in made.named_parameters() if parameter.is_meta]
    if missing:
        raise BadInput(f"The weights in {folder} lack {missing[0]}: get the model again.")
    made.register_to_config(_name_or_path=str(folder))
    return made.eval().requires_grad_(False)


def stored(folder: str | Path, variant: str | None = None) -> torch.dtype | None:
    """The number format of most weights there; None where there are none that are known."""
    from models.store.heads.header import tensors

    counts: dict[str, int] = {}
    for file in files(folder, variant):
        for dtype, shape in tensors(file).values():
            counts[dtype] = counts.get(dtype, 0) + torch.Size(shape).numel()
    named = {"F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16}
    return named.get(max(counts, key=lambda dtype: counts[dtype], default=""))


def files(folder: str | Path, variant: str | None = None) -> list[Path]:
    """The files of weights of one network; several where it is cut into shards."""
    found = sorted(Path(folder).glob("*.safetensors"))
    # unet/diffusion_pytorch_model.fp16-00001-of-00002.safetensors: the variant comes after a dot.
    told = [file for file in found if f".{variant}" in file.name] if variant else []
    return told or [file for file in found if "." not in file.stem] or found


def _cast(tensors: dict[str, Tensor], wanted: dict[str, torch.dtype]) -> dict[str, Tensor]:
    """All of them in the formats that are wanted. Where most of the numbers change theirs, the rest is copied: a few
    norms that stayed mapped would keep in memory all that was read of the file beside them."""
    goals = {name: wanted.get(name, t.dtype) if t.is_floating_point() else t.dtype for name, t in tensors.items()}
    kept = sum(t.nbytes for name, t in tensors.items() if t.dtype == goals[name])
    copies = 2 * kept < sum(t.nbytes for t in tensors.values())
    return {name: tensor.to(goals[name], copy=copies) for name, tensor in tensors.items()}


def _pieces(file: Path) -> Iterator[dict[str, Tensor]]:
    """The tensors of a file, some of them at a time. The file is mapped anew for each piece, because a mapping keeps
    what was read of it in memory for as long as it is there."""
    from safetensors import safe_open

    with safe_open(file, framework="pt") as opened:
        names = list(opened.keys())
    waiting = iter(names)
    done = False
    while not done:
        piece: dict[str, Tensor] = {}
        size = 0
        with safe_open(file, framework="pt") as opened:
            while size < CHUNK:
                name = next(waiting, None)
                if name is None:
                    done = True
                    break
                piece[name] = opened.get_tensor(name)
                size += piece[name].nbytes
        yield piece


def is_network(kind: Any) -> bool:
    """Whether that class is one of diffusers' networks, which `network` can read: not one that reads itself."""
    from diffusers import ModelMixin

    if not (isinstance(kind, type) and issubclass(kind, ModelMixin)):
        return False
    return kind.from_pretrained.__func__ is ModelMixin.from_pretrained.__func__  # type: ignore[attr-defined]
