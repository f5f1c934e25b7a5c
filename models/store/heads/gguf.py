"""The head of a GGUF file, read and checked before anything maps the file.

The format (https://github.com/ggml-org/ggml/blob/master/docs/gguf.md), versions 2 and 3, little-endian: the word GGUF,
a version, the numbers of tensors and of notes, the notes, the tensors' names, shapes, types and places, then the
tensors themselves, each at a multiple of the alignment.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from models.protocol import BadInput
from models.store.heads.gguf_types import TYPES
from models.store.heads.header import Tensors

MAGIC, VERSIONS = b"GGUF", (2, 3)
# The largest vocabularies have 260,000 words and twice as many merges, and their heads 20 MB.
MAX_HEAD_BYTES = 64 * 2**20
MAX_NOTES = 20_000
MAX_TENSORS = 40_000
MAX_LIST = 4 * 2**20  # numbers in one list, which are passed over
MAX_WORDS = 1_000_000  # in all lists of words together: each takes a step of this reader
MAX_KEPT = 10_000  # of these, in short lists
MAX_NAME = 64 * 2**10  # bytes of a key or a tensor's name; llama.cpp writes at most 64 of these
MAX_TEXT = 2**20  # bytes of a note: chat templates have up to 30,000
MAX_TEXTS = 8 * 2**20  # of all names and notes that are kept
MAX_DIMENSIONS = 8  # ggml has four
SHORT_LIST = 64  # longer lists (vocabularies) are counted, not kept
_NUMBERS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 10: "Q", 11: "q", 12: "d"}
_BOOL, _TEXT, _LIST = 7, 8, 9


@dataclass(frozen=True)
class Long:
    """A list in the notes that is too long to keep: how many entries it has."""

    count: int


@dataclass(frozen=True)
class Head:
    """What a file says before its tensors: notes by key, and each tensor's type and shape (slowest dimension first)."""

    notes: dict[str, Any]
    tensors: Tensors


def head(path: str | Path) -> Head:
    """The whole head, once it has been found sound. Raises BadInput: every count, length, type and place must be
    possible within the file, and no tensor may overlap another."""
    path = Path(path)
    try:
        with path.open("rb", buffering=2**20) as file:
            return read(file, path.stat().st_size, path)
    except OSError as error:
        raise BadInput(f"{path.name} cannot be read ({(error.strerror or 'unknown').lower()}).") from error


def read(file: BinaryIO, size: int, path: Path) -> Head:
    """The same from an open file of `size` bytes; `path` is what a sentence names."""
    try:
        return _Reader(file, size).head()
    except _Broken as why:
        raise BadInput(f"{path.name} is broken or is no GGUF file ({why}): fetch it again.") from None


class _Broken(Exception):
    pass


class _Reader:
    """Takes the head apart, front to back, and never more of the file than it has room for."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        self._file = file
        self._size = size
        self._left = min(size, MAX_HEAD_BYTES)
        self._words = MAX_WORDS
        self._kept = MAX_KEPT
        self._texts = MAX_TEXTS

    def head(self) -> Head:
        if self._take(4) != MAGIC:
            raise _Broken("it does not begin as one")
        version = self._number("I")
        if version not in VERSIONS:
            raise _Broken("it is of a version that is not known here, or for another kind of processor")
        tensors, notes = self._number("Q"), self._number("Q")
        # Each tensor takes 24 bytes of the head at least, each note 13.
        if tensors > MAX_TENSORS or notes > MAX_NOTES or 24 * tensors + 13 * notes > self._left:
            raise _Broken("its head has an impossible length")
        found = self._notes(notes)
        return Head(found, self._tensors(tensors, _alignment(found)))

    def _notes(self, count: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for _ in range(count):
            key = self._text(MAX_NAME)
            if key in found:  # two readers could take one each
                raise _Broken("a note stands there twice")
            found[key] = self._value(self._number("I"))
        return found

    def _value(self, kind: int) -> Any:
        if kind in _NUMBERS:
            return self._number(_NUMBERS[kind])
        if kind == _BOOL:
            if (value := self._number("B")) > 1:
                raise _Broken("a note is neither on nor off")
            return bool(value)
        if kind == _TEXT:
            return self._text(MAX_TEXT)
        if kind == _LIST:
            return self._list(self._number("I"), self._number("Q"))
        raise _Broken("a note is of no known type")

    def _list(self, kind: int, count: int) -> Any:
        """A tuple, where it is short. Lists in lists are allowed by the format and written by nobody."""
        if kind == _TEXT:
            return self._text_list(count)
        width = 1 if kind == _BOOL else struct.calcsize(f"<{_NUMBERS.get(kind, '0s')}")
        if not width or count > MAX_LIST or count * width > self._left:
            raise _Broken("a list in its notes is impossible")
        data = self._take(count * width)
        if count > SHORT_LIST:
            return Long(count)
        return struct.unpack(f"<{count}{'?' if kind == _BOOL else _NUMBERS[kind]}", data)

    def _text_list(self, count: int) -> Any:
        self._words -= count
        if self._words < 0 or count * 8 > self._left:
            raise _Broken("a list in its notes is impossible")
        if count <= SHORT_LIST and count <= self._kept:
            self._kept -= count
            return tuple(self._text(MAX_TEXT) for _ in range(count))
        # Vocabularies: a million steps, so each is as short as it can be.
        take: Callable[[int], bytes] = self._file.read
        left = self._left
        for _ in range(count):
            start = take(8)
            length = int.from_bytes(start, "little")
            left -= 8 + length
            if left < 0 or length > MAX_TEXT or len(start) + len(take(length)) != 8 + length:
                raise _Broken("a word in its notes has an impossible length")
        self._left = left
        return Long(count)

    def _tensors(self, count: int, alignment: int) -> Tensors:
        found: Tensors = {}
        places: list[tuple[int, int]] = []
        for _ in range(count):
            name = self._text(MAX_NAME)
            if name in found:
                raise _Broken("a tensor stands there twice")
            dimensions = self._number("I")
            if dimensions > MAX_DIMENSIONS:
                raise _Broken("a tensor has an impossible shape")
            shape = struct.unpack(f"<{dimensions}Q", self._take(8 * dimensions))
            kind, begin = self._number("I"), self._number("Q")
            if kind not in TYPES:
                raise _Broken("a tensor is of no known type")
            dtype, block, width = TYPES[kind]
            numbers = math.prod(shape)
            if any(n >= 2**63 for n in shape) or (shape[0] if shape else 1) % block:
                raise _Broken("a tensor has an impossible shape")
            if begin % alignment:
                raise _Broken("a tensor lies at an impossible place")
            found[name] = (dtype, tuple(reversed(shape)))
            places.append((begin, begin + numbers // block * width))
        self._check(places, alignment)
        return found

    def _check(self, places: list[tuple[int, int]], alignment: int) -> None:
        """Whether every tensor lies in the file, and none in another. What lies between them is padding."""
        read = min(self._size, MAX_HEAD_BYTES) - self._left
        room = self._size - -(-read // alignment) * alignment
        at = 0
        for begin, end in sorted(places):
            if begin < at:
                raise _Broken("its tensors overlap")
            at = end
        if places and at > room:
            raise _Broken("a tensor lies beyond its end")

    def _number(self, kind: str) -> Any:
        return struct.unpack(f"<{kind}", self._take(struct.calcsize(f"<{kind}")))[0]

    def _text(self, most: int) -> str:
        length = self._number("Q")
        self._texts -= length
        if length > most or self._texts < 0:
            raise _Broken("a text in its head has an impossible length")
        try:
            return self._take(length).decode("utf-8")
        except UnicodeDecodeError as error:
            raise _Broken("a text in its head is none") from error

    def _take(self, count: int) -> bytes:
        self._left -= count
        if self._left < 0 or len(data := self._file.read(count)) != count:
            raise _Broken("its head ends too early")
        return data


def _alignment(notes: dict[str, Any]) -> int:
    """Where tensors may begin: at multiples of this many bytes (the format's `general.alignment`, 32 unless told)."""
    told = notes.get("general.alignment", 32)
    if type(told) is not int or told % 8 or not 8 <= told <= 2**16:
        raise _Broken("its alignment is impossible")
    return told
