"""The two ways in which torch lays a checkpoint down: a ZIP (since 1.6), or pickles and numbers in a row.

Of the ZIP format (PKWARE's APPNOTE.TXT) only what torch writes is understood: nothing packed, everything inside.
"""

from __future__ import annotations

import contextlib
import io
import struct
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import IO, Any

from models.store.heads.header import BITS
from models.store.heads.restricted import Broken, Machine, Refused

MAX_PROGRAM_BYTES = 4 * 2**20  # names and shapes of twenty thousand tensors
MAX_STEPS = 600_000  # of the machine: thirty for each tensor
# The list of what a ZIP holds takes Python ten times its length: this is 50,000 tensors.
MAX_LIST_BYTES = 4 * 2**20
# What files of torch 1.5 and older begin with (torch/serialization.py).
_OLD_MAGIC = 0x1950A86A20F9469CFC6C
STORAGES = {
    "DoubleStorage": "F64", "FloatStorage": "F32", "HalfStorage": "F16", "BFloat16Storage": "BF16",
    "LongStorage": "I64", "IntStorage": "I32", "ShortStorage": "I16", "CharStorage": "I8",
    "ByteStorage": "U8", "BoolStorage": "BOOL",
}  # fmt: skip


@dataclass(frozen=True)
class Storage:
    """A row of numbers beside the program, of one type, which tensors are views of."""

    dtype: str
    key: str
    count: int

    @property
    def width(self) -> int:
        """Bytes of one number."""
        return BITS[self.dtype] // 8


@dataclass(frozen=True)
class Inside:
    """`told` is what the program describes; `places` says where each storage's numbers begin, and how many bytes."""

    file: IO[bytes]
    told: Any
    places: dict[str, tuple[int, int]]

    def numbers(self, key: str, offset: int, count: int) -> bytes:
        """`count` bytes of that storage from `offset` on. Raises Broken where it has fewer, and OSError."""
        begin, length = self.places.get(key, (0, 0))
        if offset + count > length:
            raise Broken("numbers are missing")
        self.file.seek(begin + offset)
        if len(data := self.file.read(count)) != count:
            raise Broken("numbers are missing")
        return data


@contextlib.contextmanager
def opened(file: IO[bytes], size: int, name: Callable[[str, str], Any]) -> Iterator[Inside]:
    """What lies in an open checkpoint of `size` bytes; `name` as `Machine` has it. Raises Refused, Broken, OSError."""
    widths: dict[str, int] = {}

    def refer(pid: Any) -> Storage:
        storage = _storage(pid)
        if widths.setdefault(storage.key, storage.width) != storage.width:
            raise Broken("a storage of two types")
        return storage

    try:
        zipped = _list_bytes(file, size)
    except struct.error as error:
        raise Broken("no sound ZIP") from error
    if zipped > MAX_LIST_BYTES:
        raise Broken("too long a list")
    file.seek(0)
    if not zipped:
        machine = Machine(file, name, refer, MAX_PROGRAM_BYTES, MAX_STEPS)
        yield _old(file, machine, size, widths)
        return
    try:
        with zipfile.ZipFile(file) as found:
            entries = {entry.filename: entry for entry in found.infolist()}
            program, places = _zip(file, found, entries, size)
    except (zipfile.BadZipFile, ValueError, NotImplementedError, EOFError, struct.error) as error:
        raise Broken(str(error)) from error
    yield Inside(file, Machine(io.BytesIO(program), name, refer, MAX_PROGRAM_BYTES, MAX_STEPS).run(), places)


def _zip(
    file: IO[bytes], found: zipfile.ZipFile, entries: dict[str, zipfile.ZipInfo], size: int
) -> tuple[bytes, dict[str, tuple[int, int]]]:
    """The program in the ZIP, and where its numbers lie."""
    if any("/code/" in name or "/.data/ts_code" in name or name.endswith(".py") for name in entries):
        raise Refused("a program of its own (TorchScript or torch.package)")
    if any(entry.compress_type != zipfile.ZIP_STORED or entry.flag_bits & 1 for entry in entries.values()):
        raise Broken("packed")
    if sum(entry.file_size for entry in entries.values()) > size:
        raise Broken("more inside than outside")
    programs = [name for name in entries if name.endswith("/data.pkl")]
    if len(programs) != 1 or entries[programs[0]].file_size > MAX_PROGRAM_BYTES:
        raise Broken("no description, or too long a one")
    root = programs[0].removesuffix("data.pkl")
    order = entries.get(f"{root}byteorder")
    if order is not None and (order.file_size > 16 or found.read(order) != b"little"):
        raise Broken("written on another kind of processor")
    places = {}
    for name, entry in entries.items():
        if name.startswith(f"{root}data/"):
            file.seek(entry.header_offset)
            head = struct.unpack("<4s22xHH", file.read(30))
            begin = entry.header_offset + 30 + head[1] + head[2]
            if head[0] != b"PK\3\4" or begin + entry.file_size > size:
                raise Broken("an entry beyond its end")
            places[name.removeprefix(f"{root}data/")] = (begin, entry.file_size)
    return found.read(programs[0]), places


def _old(file: IO[bytes], machine: Machine, size: int, widths: dict[str, int]) -> Inside:
    """The older format: a magic number, a version, the machine, the tensors and the storages' names as five pickles;
    then each storage's count, and its numbers, of the width that the references told."""
    if machine.run() != _OLD_MAGIC:
        raise Broken("no checkpoint")
    machine.run()
    machine.run()
    told = machine.run()
    keys = machine.run()
    if not isinstance(keys, list) or not all(isinstance(key, str) for key in keys):
        raise Broken("no names")
    places: dict[str, tuple[int, int]] = {}
    at = file.tell()
    for key in keys:
        file.seek(at)
        start = file.read(8)
        if len(start) != 8 or key not in widths:
            raise Broken("numbers are missing")
        length = int.from_bytes(start, "little") * widths[key]
        if at + 8 + length > size:
            raise Broken("numbers are missing")
        places[key] = (at + 8, length)
        at += 8 + length
    return Inside(file, told, places)


def _storage(pid: Any) -> Storage:
    """A storage's description: ("storage", its type, its key, where it lay, how many numbers it has, ...)."""
    if not (isinstance(pid, tuple) and len(pid) >= 5 and pid[0] == "storage" and isinstance(pid[1], str)):
        raise Refused("a reference")
    key, count = pid[2], pid[4]
    # A sixth, in files of torch before 0.4, makes it a part of another storage.
    if pid[1] not in STORAGES.values() or not isinstance(key, str) or type(count) is not int or count < 0 or pid[6:]:
        raise Broken("no storage")
    if len(pid) == 6 and pid[5] is not None:
        raise Broken("a part of a storage")
    return Storage(pid[1], key, count)


def _list_bytes(file: IO[bytes], size: int) -> int:
    """How long the list at the end of a ZIP is; 0 where the file is none."""
    tail = min(size, 2**16 + 22)
    file.seek(size - tail)
    data = file.read(tail)
    at = data.rfind(b"PK\5\6")
    if at < 0 or len(data) - at < 22:
        return 0
    lengths = [struct.unpack("<I", data[at + 12 : at + 16])[0] % 0xFFFFFFFF]
    # Of long lists, and of torch's always, a record before this one tells; two readers may look for it in two places.
    if data[max(at - 20, 0) : at].startswith(b"PK\6\7"):
        told = struct.unpack("<Q", data[at - 12 : at - 4])[0]
        for begin in (told, size - len(data) + at - 76):
            file.seek(min(max(begin, 0), size))
            record = file.read(48)
            if record.startswith(b"PK\6\6") and len(record) == 48:
                lengths.append(struct.unpack("<Q", record[40:])[0])
    return max(lengths)
