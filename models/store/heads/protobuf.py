"""Protocol buffers' wire format, walked field by field without making anything of what is passed over.

The format (https://protobuf.dev/programming-guides/encoding/): a key of field number and kind, then a number of one to
ten bytes, four or eight bytes, or a length and so many bytes.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

VARINT, EIGHT, BYTES, FOUR = 0, 1, 2, 5


class Broken(Exception):
    """What stands there is no sound message; the words say why."""


class Field(NamedTuple):
    """One field of a message: `value` where it is a number, else its bytes lie from `start` to `end`."""

    number: int
    kind: int
    value: int
    start: int
    end: int


class Message:
    """A stretch of `data` (bytes, or a mapped file) that holds one message."""

    def __init__(self, data: bytes, start: int, end: int) -> None:
        self._data, self.start, self.end = data, start, end

    def __iter__(self) -> Iterator[Field]:
        """Its fields, front to back. Raises Broken where one reaches beyond the end."""
        at = self.start
        while at < self.end:
            key, at = self._number(at)
            number, kind = key >> 3, key & 7
            value, start = 0, at
            if kind == VARINT:
                value, at = self._number(at)
            elif kind in (EIGHT, FOUR):
                at += 8 if kind == EIGHT else 4
            elif kind == BYTES:
                length, start = self._number(at)
                at = start + length
            else:
                raise Broken("a field of no known kind")
            if at > self.end or not number:
                raise Broken("a field reaches beyond its end")
            yield Field(number, kind, value, start, at)

    def inside(self, field: Field) -> Message:
        """The message that a field holds. Raises Broken where it is a number."""
        if field.kind != BYTES:
            raise Broken("a number where a part should be")
        return Message(self._data, field.start, field.end)

    def text(self, field: Field, most: int = 2**20) -> str:
        """The words that a field holds. Raises Broken where they are none, or more than `most` bytes."""
        if field.kind != BYTES or field.end - field.start > most:
            raise Broken("a name that is none")
        try:
            return bytes(self._data[field.start : field.end]).decode("utf-8")
        except UnicodeDecodeError as error:
            raise Broken("a name that is no text") from error

    def numbers(self, field: Field, most: int) -> list[int]:
        """Whole numbers of a repeated field: one, or as many as lie packed in it. Raises Broken beyond `most`."""
        if field.kind == VARINT:
            return [field.value]
        found, at = [], field.start
        while at < field.end and field.kind == BYTES:
            value, at = self._number(at)
            found.append(value)
            if len(found) > most:
                raise Broken("a list that is too long")
        return found

    def _number(self, at: int) -> tuple[int, int]:
        """The number that begins there, as 64 bits, and where it ends."""
        value = shift = 0
        while True:
            if at >= self.end or shift > 63:
                raise Broken("a number without an end")
            byte = self._data[at]
            at += 1
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value & (2**64 - 1), at
            shift += 7
