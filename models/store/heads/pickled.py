"""Torch checkpoints (.pt, .pth, .ckpt) without running what they say: a reader that knows tensors and nothing else.

Such a file is a pickle, a small program, and numbers beside it
(https://docs.pytorch.org/docs/stable/notes/serialization.html). Torch itself is never shown one.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from models.protocol import BadInput
from models.store.endings import PICKLED as ENDINGS  # noqa: F401 - this is where the readers look for them
from models.store.heads import archive
from models.store.heads.archive import STORAGES, Inside, Storage
from models.store.heads.header import MAX_DIMENSIONS, Tensors
from models.store.heads.restricted import Broken, Inert, Known, Refused

if TYPE_CHECKING:
    from torch import Tensor

MAX_DEPTH = 4  # of dictionaries in dictionaries
MAX_TENSORS = 100_000


@dataclass(frozen=True)
class _Head:
    """A tensor as its checkpoint describes it; `reach` is how many numbers lie between its first and its last."""

    storage: Storage
    offset: int
    shape: tuple[int, ...]
    stride: tuple[int, ...]

    @property
    def reach(self) -> int:
        return 1 + sum((n - 1) * step for n, step in zip(self.shape, self.stride, strict=True))

    @property
    def count(self) -> int:
        return math.prod(self.shape)

    @property
    def dense(self) -> bool:
        """Whether its numbers lie in the file as they lie in a plain array."""
        step = 1
        for n, stride in zip(reversed(self.shape), reversed(self.stride), strict=True):
            if n != 1 and stride != step:
                return False
            step *= n
        return True


class Checkpoint:
    """An open checkpoint: `tensors` are its heads, and `numbers(name)` the bytes of one tensor, little-endian.

    `told` is the whole of it as it stands there: plain values in lists and dictionaries, and heads of tensors.
    """

    def __init__(self, inside: Inside, heads: dict[str, _Head]) -> None:
        self._inside = inside
        self.told = inside.told
        self._heads = heads
        self.tensors: Tensors = {name: (head.storage.dtype, head.shape) for name, head in heads.items()}

    def numbers(self, name: str) -> bytes:
        """One tensor's numbers in the order of its shape. Raises archive.Broken, OSError."""
        head = self._heads[name]
        if not head.count:
            return b""
        width = head.storage.width
        data = self._inside.numbers(head.storage.key, head.offset * width, head.reach * width)
        if head.dense:
            return data
        import numpy as np

        whole = np.frombuffer(data, f"V{width}")
        strides = tuple(step * width for step in head.stride)
        return np.lib.stride_tricks.as_strided(whole, head.shape, strides, writeable=False).tobytes()


@contextlib.contextmanager
def opened(path: str | Path) -> Iterator[Checkpoint]:
    """Open a checkpoint. Raises BadInput where it asks for anything but tensors (nothing of it is run), or is
    broken; what goes wrong while it is read is told in the same way."""
    path = Path(path)
    try:
        with path.open("rb") as file, archive.opened(file, path.stat().st_size, _name) as inside:
            found: dict[str, _Head] = {}
            for name, head in _tensors_in(inside.told):
                if len(found) >= MAX_TENSORS or not _sound(head):
                    raise Broken("a tensor that cannot be")
                found[name] = head
            if not found:
                raise BadInput(f"{path.name} holds no weights: choose the file that a training saved its network in.")
            yield Checkpoint(inside, found)
    except Refused as word:
        raise BadInput(
            f"{path.name} wants to run {str(word)[:80]} when it is opened, so it is not read: "
            "fetch the model as .safetensors, or as a file of weights alone."
        ) from None
    except OSError as error:
        raise BadInput(f"{path.name} cannot be read ({(error.strerror or 'unknown').lower()}).") from error
    except Broken as error:
        raise BadInput(
            f"{path.name} is broken or is no file of weights that torch has written: fetch it again."
        ) from error


def heads(path: str | Path) -> Tensors:
    """Data type and shape of every tensor, by name, without reading one; names in dictionaries are joined by dots.

    Raises BadInput as `opened` does.
    """
    with opened(path) as checkpoint:
        return checkpoint.tensors


def state_dict(path: str | Path) -> dict[str, Tensor]:
    """The tensors themselves, by the same names, on the CPU. Raises BadInput as `opened` does."""
    import torch

    dtypes = {
        "F64": torch.float64, "F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16, "I64": torch.int64,
        "I32": torch.int32, "I16": torch.int16, "I8": torch.int8, "U8": torch.uint8, "BOOL": torch.bool,
    }  # fmt: skip
    found: dict[str, Tensor] = {}
    with opened(path) as checkpoint:
        for name, (dtype, shape) in checkpoint.tensors.items():
            data = bytearray(checkpoint.numbers(name))
            flat = torch.frombuffer(data, dtype=dtypes[dtype]) if data else torch.empty(0, dtype=dtypes[dtype])
            found[name] = flat.reshape(shape)
    return found


# ── what the names in a checkpoint stand for ──────────────────────────────────


def _ordered(pairs: Any = ()) -> dict[str, Any]:
    """An OrderedDict; Python 2 gave its pairs when it was made."""
    found = {}
    for key, value in pairs:
        if not isinstance(key, str):
            raise Broken("an odd key")
        found[key] = value
    return found


def _tensor(storage: Any, offset: Any, shape: Any, stride: Any, *_rest: Any) -> _Head:
    if not isinstance(storage, Storage) or not (_counts((offset,)) and _counts(shape) and _counts(stride)):
        raise Broken("no tensor")
    if len(shape) != len(stride) or len(shape) > MAX_DIMENSIONS:
        raise Broken("no tensor")
    return _Head(storage, offset, shape, stride)


def _parameter(head: Any, *_rest: Any) -> Any:
    return head


def _size(shape: Any = ()) -> tuple[int, ...]:
    return tuple(shape)


def _inert(*_arguments: Any) -> Inert:
    return Inert()


_NAMES = {
    ("collections", "OrderedDict"): Known(_ordered),
    ("torch._utils", "_rebuild_tensor_v2"): Known(_tensor),
    ("torch._utils", "_rebuild_parameter"): Known(_parameter),
    ("torch", "Size"): Known(_size),
    # What trainings leave beside their weights: settings, single numbers, notes on which file was best.
    ("argparse", "Namespace"): Known(_inert),
    ("numpy.core.multiarray", "scalar"): Known(_inert),
    ("numpy._core.multiarray", "scalar"): Known(_inert),
    ("numpy", "dtype"): Known(_inert),
    ("_codecs", "encode"): Known(_inert),
    ("pytorch_lightning.callbacks.model_checkpoint", "ModelCheckpoint"): Known(_inert),
}


def _name(module: str, name: str) -> Any:
    if (module, name) in _NAMES:
        return _NAMES[module, name]
    if module == "torch" and name in STORAGES:
        return STORAGES[name]
    raise Refused(f"{module}.{name}")


def _sound(head: _Head) -> bool:
    return not head.count or head.offset + head.reach <= head.storage.count


def _counts(value: Any) -> bool:
    return isinstance(value, tuple) and all(type(n) is int and 0 <= n < 2**63 for n in value)


def _tensors_in(value: Any) -> Iterator[tuple[str, _Head]]:
    """Every tensor in dictionaries in dictionaries. One that stands in two places is found once, or a short program
    could make more of them than fit any memory."""
    seen: set[int] = set()
    waiting: list[tuple[str, Any, int]] = [("", value, 0)]
    while waiting:
        name, one, depth = waiting.pop()
        if isinstance(one, _Head):
            yield name, one
        elif isinstance(one, dict) and depth < MAX_DEPTH and id(one) not in seen:
            seen.add(id(one))
            # The first ones last, so that they come first.
            waiting += [
                (f"{name}.{key}" if name else str(key), inner, depth + 1)
                for key, inner in reversed(one.items())
                if isinstance(inner, (_Head, dict)) and isinstance(key, (str, int))
            ]
