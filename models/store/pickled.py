"""Torch checkpoints (.pt, .pth, .ckpt) without running what they say: a reader that knows tensors and nothing else.

Such a file is a pickle, a small program; this one understands the few words that a dictionary of
tensors needs (https://docs.pytorch.org/docs/stable/notes/serialization.html) and refuses any other.
"""

from __future__ import annotations

import io
import math
import pickle
import zipfile
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from models.protocol import BadInput
from models.store.header import BITS, MAX_DIMENSIONS, Tensors

if TYPE_CHECKING:
    from torch import Tensor

ENDINGS = (".pt", ".pth", ".ckpt")
MAX_PROGRAM_BYTES = 16 * 2**20  # names and shapes of a hundred thousand tensors
MAX_DEPTH = 4  # of dictionaries in dictionaries
_STORAGES = {
    "DoubleStorage": "F64", "FloatStorage": "F32", "HalfStorage": "F16", "BFloat16Storage": "BF16",
    "LongStorage": "I64", "IntStorage": "I32", "ShortStorage": "I16", "CharStorage": "I8",
    "ByteStorage": "U8", "BoolStorage": "BOOL",
}  # fmt: skip
# What files of torch 1.5 and older begin with (torch/serialization.py).
_OLD_MAGIC = 0x1950A86A20F9469CFC6C


def heads(path: str | Path) -> Tensors:
    """Data type and shape of every tensor, by name, without reading one; names in dictionaries are joined by dots.

    Raises BadInput where the file asks for anything but tensors (nothing of it is run), or is broken.
    """
    path = Path(path)
    found: Tensors = {}
    for name, value in _tensors_in(_told(path)):
        shape = value.shape
        if len(shape) > MAX_DIMENSIONS or not all(type(n) is int and 0 <= n < 2**63 for n in shape):
            raise _broken(path)
        if math.prod(shape) and value.offset + value.reach > value.storage.count:
            raise _broken(path)
        found[name] = (value.storage.dtype, shape)
    if not found:
        raise BadInput(f"{path.name} holds no weights: choose the file that a training saved its network in.")
    return found


def state_dict(path: str | Path) -> dict[str, Tensor]:
    """The tensors themselves, by the same names, on the CPU. Raises BadInput as `heads` does."""
    import argparse

    import torch

    known = heads(path)
    try:
        with torch.serialization.safe_globals([argparse.Namespace]):
            whole = torch.load(path, map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, RuntimeError, EOFError, OSError) as error:
        raise _broken(Path(path)) from error
    return {name: value.detach() for name, value in _tensors_in(whole, torch.Tensor) if name in known}


@dataclass(frozen=True)
class _Storage:
    dtype: str
    count: int


@dataclass(frozen=True)
class _Head:
    """A tensor as its checkpoint describes it; `reach` is how many numbers lie between its first and its last."""

    storage: _Storage
    offset: int
    shape: tuple[int, ...]
    stride: tuple[int, ...]

    @property
    def reach(self) -> int:
        return 1 + sum((n - 1) * step for n, step in zip(self.shape, self.stride, strict=True))


class _Inert:
    """Stands for settings that a training wrote beside its weights."""


class _Refused(Exception):
    pass


class _Reader(pickle.Unpickler):
    """Knows tensors, their storages and dictionaries; every other name ends the reading."""

    def find_class(self, module: str, name: str) -> Any:
        known = {
            ("collections", "OrderedDict"): OrderedDict,
            ("torch._utils", "_rebuild_tensor_v2"): _tensor,
            ("torch._utils", "_rebuild_parameter"): _parameter,
            ("torch", "Size"): tuple,
            ("argparse", "Namespace"): _Inert,
        }
        if (module, name) in known:
            return known[module, name]
        if module == "torch" and name in _STORAGES:
            return _STORAGES[name]
        raise _Refused(f"{module}.{name}")

    def persistent_load(self, pid: Any) -> _Storage:
        """A storage's description: ("storage", its type, its key, where it lay, how many numbers it has, ...)."""
        if not (isinstance(pid, tuple) and len(pid) >= 5 and pid[0] == "storage" and pid[1] in _STORAGES.values()):
            raise _Refused("a reference")
        count = pid[4]
        if type(count) is not int or count < 0:
            raise pickle.UnpicklingError("no count")
        return _Storage(pid[1], count)


def _tensor(storage: _Storage, offset: int, shape: tuple[int, ...], stride: tuple[int, ...], *_rest: Any) -> _Head:
    if not isinstance(storage, _Storage) or type(offset) is not int or offset < 0 or len(shape) != len(stride):
        raise pickle.UnpicklingError("no tensor")
    return _Head(storage, offset, tuple(shape), tuple(stride))


def _parameter(head: _Head, *_rest: Any) -> _Head:
    return head


def _told(path: Path) -> Any:
    """What the checkpoint describes, with heads in the place of tensors."""
    try:
        with path.open("rb") as file:
            if zipfile.is_zipfile(file):
                return _Reader(io.BytesIO(_program(file, path.stat().st_size))).load()
            file.seek(0)
            return _old(file)
    except _Refused as word:
        raise BadInput(
            f"{path.name} wants to run {word} when it is opened, so it is not read: "
            "fetch the model as .safetensors, or as a file of weights alone."
        ) from None
    except OSError as error:
        raise BadInput(f"{path.name} cannot be read ({(error.strerror or 'unknown').lower()}).") from error
    except BadInput:
        raise
    except Exception as error:  # a program of bytes can go wrong in any way
        raise _broken(path) from error


def _program(file: IO[bytes], size: int) -> bytes:
    """The pickle in a checkpoint of torch 1.6 or newer, which is a ZIP with one `NAME/data.pkl`; all of it unpacked."""
    with zipfile.ZipFile(file) as archive:
        entries = archive.infolist()
        if sum(entry.file_size for entry in entries) > size:
            raise zipfile.BadZipFile("more inside than outside")
        (inside,) = (entry for entry in entries if entry.filename.endswith("/data.pkl"))
        if inside.file_size > MAX_PROGRAM_BYTES:
            raise zipfile.BadZipFile("too long a description")
        return archive.read(inside)


def _old(file: IO[bytes]) -> Any:
    """The older format: four pickles in a row (a magic number, a version, the machine, the tensors), then numbers."""
    if _Reader(file).load() != _OLD_MAGIC:
        raise pickle.UnpicklingError("no checkpoint")
    _Reader(file).load()
    _Reader(file).load()
    return _Reader(file).load()


def _tensors_in(value: Any, kind: type = _Head, before: str = "", depth: int = 0) -> Iterator[tuple[str, Any]]:
    if isinstance(value, kind):
        yield before, value
    elif isinstance(value, dict) and depth < MAX_DEPTH:
        for name, inner in value.items():
            yield from _tensors_in(inner, kind, f"{before}.{name}" if before else str(name), depth + 1)


def _broken(path: Path) -> BadInput:
    return BadInput(f"{path.name} is broken or is no file of weights that torch has written: fetch it again.")


# Every type that a storage has is one that a safetensors file has, too.
assert set(_STORAGES.values()) <= set(BITS)
