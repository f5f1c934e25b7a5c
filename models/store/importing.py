"""A torch checkpoint written anew as safetensors, by a reader that runs nothing of it; the original stays as it is.

Neither torch nor Python's pickle sees the file: heads and numbers are read by `models.store.heads.pickled`, and what
asks for anything but tensors is refused there. There is no other way in.
"""

from __future__ import annotations

import errno
import json
import shutil
import struct
from collections.abc import Callable
from pathlib import Path

from models import sizes
from models.outputs import atomic, place
from models.protocol import BadInput, listed
from models.store.endings import PICKLED
from models.store.heads import header, pickled
from models.store.heads.header import BITS
from models.store.heads.pickled import Checkpoint

ENDINGS = (*PICKLED, ".bin")
_OUTER = "state_dict."  # what trainings put their network under, beside notes and the optimiser's numbers
# A view may show the same numbers again; one that is nothing but views of views is a bomb.
_MOST_TIMES = 2
_ROOM = 2**24
# What transformers calls its weights in the two formats.
_RENAMED = {"pytorch_model": "model"}


def convert(path: str | Path, out: str | Path = "", progress: Callable[[int, int], None] | None = None) -> Path:
    """The new file's path, beside the old one or in the folder `out`. `progress(done, total)` is called in bytes.

    Raises BadInput where the file is no checkpoint, asks for more than tensors, or the folder takes nothing.
    """
    path = Path(path).expanduser()
    if not path.is_file():
        raise BadInput(f"{path} is not there: give the path of a checkpoint ({listed(ENDINGS)}).")
    if path.suffix.lower() not in ENDINGS:
        raise BadInput(f"{path.name} is no checkpoint to convert: give one of {listed(ENDINGS)}.")
    if "-of-0" in path.stem:
        raise BadInput(
            f"{path.name} is one part of several, which make no sense alone: fetch the model as safetensors."
        )
    folder = place.ready(out or path.parent)
    with pickled.opened(path) as checkpoint:
        names = _chosen(checkpoint)
        total = sum(_bytes(checkpoint, inside) for inside in names.values())
        if total > _MOST_TIMES * path.stat().st_size + _ROOM:
            raise BadInput(f"{path.name} pretends to be {sizes.size(total)} of weights, which it is not: leave it.")
        if shutil.disk_usage(folder).free < total + _ROOM:
            raise BadInput(place.sentence(OSError(errno.ENOSPC, "full"), folder))
        try:
            return _write(checkpoint, names, folder, _RENAMED.get(path.stem, path.stem), progress, total)
        except OSError as error:
            raise BadInput(place.sentence(error, folder)) from error


def _chosen(checkpoint: Checkpoint) -> dict[str, str]:
    """The tensors to keep, as new name: name inside. The widest come first, so that all lie at multiples of theirs."""
    inside = [name for name in checkpoint.tensors if name.startswith(_OUTER)]
    found = {name.removeprefix(_OUTER): name for name in inside or checkpoint.tensors}
    return dict(sorted(found.items(), key=lambda item: -BITS[checkpoint.tensors[item[1]][0]]))


def _bytes(checkpoint: Checkpoint, name: str) -> int:
    dtype, shape = checkpoint.tensors[name]
    count = 1
    for side in shape:
        count *= side
    return count * BITS[dtype] // 8


def _write(
    checkpoint: Checkpoint,
    names: dict[str, str],
    folder: Path,
    stem: str,
    progress: Callable[[int, int], None] | None,
    total: int,
) -> Path:
    head: dict[str, object] = {"__metadata__": {"format": "pt"}}
    at = 0
    for name, inside in names.items():
        dtype, shape = checkpoint.tensors[inside]
        end = at + _bytes(checkpoint, inside)
        head[name] = {"dtype": dtype, "shape": list(shape), "data_offsets": [at, end]}
        at = end
    text = json.dumps(head, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "backslashreplace")
    text += b" " * (-len(text) % 8)
    target = _free(folder / f"{stem}.safetensors")
    with atomic.replacing(target) as temporary:
        with temporary.open("wb") as file:
            file.write(struct.pack("<Q", len(text)) + text)
            done = 0
            for inside in names.values():
                done += file.write(checkpoint.numbers(inside))
                if progress is not None:
                    progress(done, total)
        header.head(temporary)  # what every other model must pass
    return target


def _free(path: Path) -> Path:
    """The path, or one with a number where a file has the name: nothing is replaced."""
    number, free = 1, path
    while free.exists():
        number += 1
        free = path.with_stem(f"{path.stem}-{number}")
    return free
