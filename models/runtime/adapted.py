"""Networks that are another model's with an adapter laid over: put together on the disk, where all can read them.

So they are read, shortened, mapped and converted like any other. The adapter is PEFT's kind: low-rank changes of
matrices (LoRA, Hu et al. 2021, eq. 3; for convolutions as LyCORIS's LoCon has them), and what else differs in full.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from models.failures import first_line, out_of_memory
from models.protocol import BadInput
from models.runtime import kept
from models.store.files import ADAPTER
from models.store.stamp import stamp

if TYPE_CHECKING:
    from torch import Tensor

    from models.store.files import Files

BEFORE, DOWN, UP = "base_model.model.", ".lora_A.weight", ".lora_B.weight"
BASE = ".base_layer"  # what PEFT calls the layer that has such a change beside it: its bias is named so
SHELF = kept.Shelf("adapted", 8)
_CONFIG = "config.json"
_EDITION = b"1"  # of `merged`: what an older one made is not taken
_momentary: dict[str, tempfile.TemporaryDirectory[str]] = {}  # what could not be kept: gone with this process


def places(files: Files) -> dict[str, Path]:
    """Where the parts lie that are not the folder's own: `Files.shared`, and those that had to be put together.

    Raises BadInput where one cannot be.
    """
    return {**files.shared, **{part: _whole(files, part, base) for part, base in files.adapted.items()}}


def merged(weights: Mapping[str, Tensor], adapter: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The weights with the adapter over them, in their own number formats. Raises KeyError, ValueError and RuntimeError
    where it was made for others."""
    made = dict(weights)
    for name, value in adapter.items():
        if not name.startswith(BEFORE):
            raise KeyError(name)
        name = name.removeprefix(BEFORE).replace(f"{BASE}.", ".")
        if name.endswith(UP) and BEFORE + name.removesuffix(UP) + DOWN in adapter:
            continue
        if not name.endswith(DOWN):
            made[name] = value.to(made[name].dtype)  # of another shape where the adapted network takes more channels
            continue
        name = name.removesuffix(DOWN)
        up, old = adapter[BEFORE + name + UP].float(), made[f"{name}.weight"]
        # Looked at before: two slim matrices can make one that no memory holds.
        if (len(up), up.shape[1:].numel(), value.shape[1:].numel()) != (len(old), len(value), old.shape[1:].numel()):
            raise ValueError(name)
        change = (up.flatten(1) @ value.float().flatten(1)).view(old.shape)
        made[f"{name}.weight"] = (old.float() + change).to(old.dtype)
    return made


def _whole(files: Files, part: str, base: Path) -> Path:
    """The folder of that part, with its config and all of its weights."""
    adapter, config = files.full(f"{part}/{ADAPTER}"), files.full(f"{part}/{_CONFIG}")
    inside = [name for name in files.names if name.startswith(f"{part}/") and name.endswith(".safetensors")]
    weights = [path for name in inside if (path := files.full(name)) != adapter]
    owner = base.name if base.parent == files.path.absolute().parent else base.parent.name
    if len(weights) != 1:  # what is adapted here is small
        raise BadInput(f"The {part} of {owner} lies in {len(weights)} files, and an adapter changes one: join them.")
    name = kept.key(_EDITION, *(f"{path} {stamp(path)}".encode() for path in (adapter, config, *weights)))
    if found := SHELF.find(name):
        return found[0]
    if name in _momentary:
        return Path(_momentary[name].name)
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        made = merged(load_file(weights[0]), load_file(adapter))
    except Exception as error:  # safetensors raises its own, torch what it likes on shapes
        if out_of_memory(error):
            raise
        raise BadInput(
            f"The adapter in {files.path.name} was not made for the {part} of {owner}: get the model again."
        ) from error
    write = partial(_write, weights=made, called=weights[0].name, config=config)
    try:
        try:
            return SHELF.make(name, write)
        except (OSError, SafetensorError):  # a home that may only be read, a full disk
            held = tempfile.TemporaryDirectory(prefix="everyform-", ignore_cleanup_errors=True)
            write(Path(held.name))
    except (OSError, SafetensorError) as error:  # safetensors' own where it cannot write
        why = str(getattr(error, "strerror", "") or first_line(error)).lower()
        raise BadInput(f"The {part} of {files.path.name} cannot be put together in {SHELF.home} ({why}).") from error
    _momentary[name] = held
    return Path(held.name)


def _write(folder: Path, *, weights: Mapping[str, Tensor], called: str, config: Path) -> None:
    from safetensors.torch import save_file

    save_file(dict(weights), folder / called, {"format": "pt"})
    shutil.copyfile(config, folder / _CONFIG)
