"""The head of a safetensors file, read and checked before anything maps the file.

The format (https://github.com/huggingface/safetensors#format): a little-endian 64-bit
length, a JSON object of that length, then the tensors without gaps.
"""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from models.protocol import BadInput

# Python's objects take up to thirty times the text: this keeps a hostile head below 200 MB, and is 45,000 tensors.
MAX_HEADER_BYTES = 6 * 2**20
MAX_DIMENSIONS = 16
BITS = {
    "BOOL": 8, "U8": 8, "I8": 8, "U16": 16, "I16": 16, "U32": 32, "I32": 32, "U64": 64, "I64": 64,
    "F64": 64, "F32": 32, "F16": 16, "BF16": 16, "C64": 64,
    "F8_E4M3": 8, "F8_E5M2": 8, "F8_E8M0": 8, "F8_E4M3FNUZ": 8, "F8_E5M2FNUZ": 8,
    "F6_E2M3": 6, "F6_E3M2": 6, "F4": 4,
}  # fmt: skip

Tensors = dict[str, tuple[str, tuple[int, ...]]]


@dataclass(frozen=True)
class Head:
    """What a file says before its tensors: notes by key, and each tensor's type and shape."""

    notes: Mapping[str, str]
    tensors: Tensors


def tensors(path: str | Path) -> Tensors:
    """Data type and shape of every tensor, by name. Raises BadInput as `head` does."""
    return head(path).tensors


def head(path: str | Path) -> Head:
    """The whole head, once it has been found sound.

    Raises BadInput: the length and every offset must lie within the file, the tensors
    must follow each other without gap or overlap and fill it, and each must be as long as
    its shape and type say.
    """
    path = Path(path)
    try:
        with path.open("rb") as file:
            return read(file, path.stat().st_size, path)
    except OSError as error:
        raise BadInput(f"{path.name} cannot be read ({(error.strerror or 'unknown').lower()}).") from error


def read(file: BinaryIO, size: int, path: Path) -> Head:
    """The same from an open file of `size` bytes; `path` is what a sentence names."""
    start = file.read(8)
    length = struct.unpack("<Q", start)[0] if len(start) == 8 else -1
    if not 2 <= length <= min(size - 8, MAX_HEADER_BYTES):
        raise _broken(path, "its head has an impossible length")
    return _checked(file.read(length), size - 8 - length, path)


def _checked(text: bytes, data_bytes: int, path: Path) -> Head:
    try:
        head = json.loads(text.decode("utf-8"), object_pairs_hook=_no_duplicates, parse_constant=_no_constants)
    except (ValueError, RecursionError) as error:
        raise _broken(path, "its head is no sound JSON") from error
    if not isinstance(head, dict):
        raise _broken(path, "its head is no list of tensors")
    notes = head.pop("__metadata__", {})
    if not isinstance(notes, dict) or not all(isinstance(value, str) for value in notes.values()):
        raise _broken(path, "the notes in its head are not text")
    found: Tensors = {}
    places: list[tuple[int, int]] = []
    for name, entry in head.items():
        dtype, shape, begin, end = _tensor(entry, path)
        if end > data_bytes:
            raise _broken(path, "a tensor lies beyond its end")
        found[name] = (dtype, shape)
        places.append((begin, end))
    at = 0
    for begin, end in sorted(places):
        if begin != at:
            raise _broken(path, "its tensors overlap or have gaps")
        at = end
    if at != data_bytes:
        raise _broken(path, "its tensors do not fill it")
    return Head(notes, found)


def _tensor(entry: Any, path: Path) -> tuple[str, tuple[int, ...], int, int]:
    if not isinstance(entry, dict) or set(entry) != {"dtype", "shape", "data_offsets"}:
        raise _broken(path, "a tensor in its head is described wrongly")
    dtype, shape, offsets = entry["dtype"], entry["shape"], entry["data_offsets"]
    if not isinstance(dtype, str) or dtype not in BITS:
        raise _broken(path, "a tensor is of no known type")
    if not _counts(shape) or len(shape) > MAX_DIMENSIONS:
        raise _broken(path, "a tensor has an impossible shape")
    if not _counts(offsets) or len(offsets) != 2 or offsets[0] > offsets[1]:
        raise _broken(path, "a tensor lies at an impossible place")
    begin, end = offsets
    if math.prod(shape) * BITS[dtype] != (end - begin) * 8:
        raise _broken(path, "a tensor is not as long as its shape says")
    return dtype, tuple(shape), begin, end


def _counts(value: Any) -> bool:
    """Whether it is a list of whole numbers that 64 bits hold."""
    return isinstance(value, list) and all(type(n) is int and 0 <= n < 2**63 for n in value)


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(found := dict(pairs)) != len(pairs):  # two readers could take one each
        raise ValueError("a name stands there twice")
    return found


def _no_constants(name: str) -> None:
    raise ValueError(f"{name} is no number")


def _broken(path: Path, why: str) -> BadInput:
    return BadInput(f"{path.name} is broken or is no safetensors file ({why}): fetch it again.")
