"""Walking an ONNX model's message: every node, in the graphs inside graphs too, and no number of a tensor.

The format: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto3; the numbers of fields below are those in it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from models.store.heads.header import MAX_DIMENSIONS, Tensors
from models.store.heads.protobuf import BYTES, Broken, Field, Message

MAX_NODES, MAX_TENSORS, MAX_DEPTH = 200_000, 100_000, 12
MAX_NUMBERS = 2**40  # in one tensor
# TensorProto.DataType, as our heads name them, and bits of one number.
TYPES = {
    1: ("F32", 32), 2: ("U8", 8), 3: ("I8", 8), 4: ("U16", 16), 5: ("I16", 16), 6: ("I32", 32), 7: ("I64", 64),
    9: ("BOOL", 8), 10: ("F16", 16), 11: ("F64", 64), 12: ("U32", 32), 13: ("U64", 64), 14: ("C64", 64),
    16: ("BF16", 16), 17: ("F8_E4M3", 8), 18: ("F8_E4M3FNUZ", 8), 19: ("F8_E5M2", 8), 20: ("F8_E5M2FNUZ", 8),
    21: ("U4", 4), 22: ("I4", 4), 23: ("F4", 4),
}  # fmt: skip
# Where a TensorProto keeps its numbers where it does not keep them raw: field, and bytes of each (0: one to ten).
_LISTS = {4: 4, 5: 0, 7: 0, 10: 8, 11: 0}
_STRINGS = 8
# Operators that onnxruntime brings along. EPContext is one that would open a program compiled elsewhere.
OWN = frozenset({"", "ai.onnx", "ai.onnx.ml", "com.microsoft"})
_NEVER = frozenset({"EPContext", "PyOp"})


@dataclass(frozen=True)
class Port:
    """One input or output: its name, its numbers ("F32"; "" for what is no tensor), and its shape, where a name or
    None stands for what is not fixed. `shape` is None where nothing is said of it."""

    name: str
    dtype: str
    shape: tuple[int | str | None, ...] | None


@dataclass(frozen=True)
class Outside:
    """Numbers that lie in another file: its name as the graph says it, where in it, and how many bytes."""

    location: str
    offset: int
    length: int


@dataclass(frozen=True)
class Graph:
    """`strange` are operators that nothing here knows ("domain.Name"), `ends` says for each output which operators
    lead to it, the last first; `operators` are the names of all."""

    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]
    tensors: Tensors
    notes: dict[str, str]
    outside: tuple[Outside, ...]
    strange: tuple[str, ...]
    ends: dict[str, tuple[str, ...]] = field(default_factory=dict)
    operators: frozenset[str] = frozenset()


class Reader:
    """Walks one ModelProto. Raises Broken where it is none."""

    def __init__(self) -> None:
        self._tensors: dict[str, tuple[str, tuple[int, ...]]] = {}
        self._outside: list[Outside] = []
        self._asked: dict[tuple[str, str], None] = {}
        self._defined: set[tuple[str, str]] = set()
        self._nodes = 0

    def model(self, message: Message) -> Graph:
        notes: dict[str, str] = {}
        main: Field | None = None
        opsets = 0
        for part in message:
            if part.number == 7:
                main = part
            elif part.number == 8:
                opsets += 1
            elif part.number == 14:
                key, value = self._pair(message.inside(part))
                notes[key] = value
            elif part.number == 25:
                self._function(message.inside(part))
        if main is None or not opsets:
            raise Broken("it holds no graph")
        inputs, outputs, ends = self._graph(message.inside(main), 0, top=True)
        strange = [
            f"{domain}.{name}" for domain, name in self._asked
            if (domain, name) not in self._defined and (domain not in OWN or name in _NEVER)
        ]  # fmt: skip
        return Graph(
            tuple(p for p in inputs if p.name not in self._tensors),  # weights stand among the inputs of old files
            tuple(outputs), self._tensors, notes, tuple(self._outside), tuple(strange), ends,
            frozenset(name for _, name in self._asked),
        )  # fmt: skip

    def _graph(
        self, message: Message, depth: int, *, top: bool = False
    ) -> tuple[list[Port], list[Port], dict[str, tuple[str, ...]]]:
        if depth > MAX_DEPTH:
            raise Broken("its graphs lie too deep in one another")
        inputs: list[Port] = []
        outputs: list[Port] = []
        made: dict[str, tuple[str, str]] = {}  # by what: the operator, and its first input
        for part in message:
            if part.number == 1:
                operator, takes, gives = self._node(message.inside(part), depth)
                if top:
                    made |= dict.fromkeys(gives, (operator, takes))
            elif part.number == 5:
                name, dtype, shape = self._tensor(message.inside(part))
                if top:
                    self._tensors[name] = (dtype, shape)
                    if len(self._tensors) > MAX_TENSORS:
                        raise Broken("too many tensors")
            elif part.number == 15:
                self._sparse(message.inside(part))
            elif part.number in (11, 12):
                (inputs if part.number == 11 else outputs).append(self._port(message.inside(part)))
        return inputs, outputs, {port.name: _chain(port.name, made) for port in outputs}

    def _node(self, message: Message, depth: int) -> tuple[str, str, list[str]]:
        self._nodes += 1
        if self._nodes > MAX_NODES:
            raise Broken("too many operators")
        operator = domain = takes = ""
        gives: list[str] = []
        for part in message:
            if part.number == 1 and not takes:
                takes = message.text(part)
            elif part.number == 2:
                gives.append(message.text(part))
            elif part.number == 4:
                operator = message.text(part)
            elif part.number == 7:
                domain = message.text(part)
            elif part.number == 5:
                self._attribute(message.inside(part), depth)
        self._asked[domain, operator] = None
        return operator, takes, gives

    def _attribute(self, message: Message, depth: int) -> None:
        for part in message:
            if part.number in (5, 10):
                self._tensor(message.inside(part))
            elif part.number in (6, 11):
                self._graph(message.inside(part), depth + 1)
            elif part.number in (22, 23):
                self._sparse(message.inside(part))

    def _function(self, message: Message) -> None:
        """An operator that the file itself builds of others."""
        name = domain = ""
        for part in message:
            if part.number == 1:
                name = message.text(part)
            elif part.number == 10:
                domain = message.text(part)
            elif part.number == 7:
                self._node(message.inside(part), 1)
        self._defined.add((domain, name))

    def _sparse(self, message: Message) -> None:
        count = 1
        for part in message:
            if part.number in (1, 2):
                self._tensor(message.inside(part))
            elif part.number == 3:
                count *= math.prod(message.numbers(part, MAX_DIMENSIONS))
        if count > 2**31:
            raise Broken("a tensor of impossible size")

    def _tensor(self, message: Message) -> tuple[str, str, tuple[int, ...]]:
        """Its name, type and shape, once its numbers have been found to be as many. Raises Broken."""
        shape: list[int] = []
        name, kind, located, there = "", 0, 0, -1
        told: dict[str, str] = {}
        enough = True
        lists: dict[int, tuple[int, int]] = {}  # by field: bytes of packed lists, and numbers one by one
        for part in message:
            if part.number == 1:
                shape += message.numbers(part, MAX_DIMENSIONS)
            elif part.number == 2:
                kind = part.value
            elif part.number == 8:
                name = message.text(part)
            elif part.number == 9:
                there = part.end - part.start
            elif part.number == 13:
                key, value = self._pair(message.inside(part))
                told[key] = value
            elif part.number == 14:
                located = part.value
            elif part.number in _LISTS:
                packed, single = lists.get(part.number, (0, 0))
                whole = part.kind == BYTES
                lists[part.number] = (packed + (part.end - part.start) * whole, single + (not whole))
        if len(shape) > MAX_DIMENSIONS or math.prod(shape) > MAX_NUMBERS:
            raise Broken("a tensor of impossible size")
        if kind == _STRINGS:
            return name, "", tuple(shape)
        if kind not in TYPES:
            raise Broken("a tensor is of no known type")
        dtype, bits = TYPES[kind]
        count = math.prod(shape)
        size = -(-count * bits // 8)
        if located == 1:
            self._outside.append(_outside(told, size))
        elif there >= 0:
            enough = there == size
        elif count:
            enough = _as_many(lists, count * (2 if dtype == "C64" else 1), bits)
        if not enough:
            raise Broken("a tensor is not as long as its shape says")
        return name, dtype, tuple(shape)

    def _port(self, message: Message) -> Port:
        name, dtype, shape = "", "", None
        for part in message:
            if part.number == 1:
                name = message.text(part)
            elif part.number == 2:
                inner = message.inside(part)
                for kind in inner:
                    if kind.number == 1:  # a tensor, and no sequence, map or optional
                        dtype, shape = self._type(inner.inside(kind))
        return Port(name, dtype, shape)

    def _type(self, message: Message) -> tuple[str, tuple[int | str | None, ...] | None]:
        dtype, shape = "", None
        for part in message:
            if part.number == 1:
                dtype = TYPES.get(part.value, ("", 0))[0]
            elif part.number == 2:
                inner = message.inside(part)
                shape = tuple(self._dimension(inner.inside(one)) for one in inner if one.number == 1)
        return dtype, shape

    def _dimension(self, message: Message) -> int | str | None:
        for part in message:
            if part.number == 1:
                return part.value if 0 < part.value < 2**31 else None  # 0 and -1 stand for what is not fixed, too
            if part.number == 2:
                return message.text(part) or None
        return None

    def _pair(self, message: Message) -> tuple[str, str]:
        key = value = ""
        for part in message:
            if part.number == 1:
                key = message.text(part)
            elif part.number == 2:
                value = message.text(part, 8 * 2**20)
        return key, value


def _outside(told: dict[str, str], size: int) -> Outside:
    offset, length = told.get("offset") or "0", told.get("length") or str(size)
    if not (offset.isdigit() and length.isdigit() and len(offset) < 20 and int(length) == size):
        raise Broken("a tensor in another file is not as long as its shape says")
    return Outside(told.get("location", ""), int(offset), size)


def _as_many(lists: dict[int, tuple[int, int]], count: int, bits: int) -> bool:
    """Whether the lists of a tensor hold `count` numbers, as far as their bytes tell."""
    if len(lists) != 1:
        return False
    ((number, (packed, single)),) = lists.items()
    count = -(-count // 2) if bits == 4 else count
    width = _LISTS[number]
    if width:
        return packed + single * width == count * width
    return count - single <= packed <= 10 * (count - single)


def _chain(name: str, made: dict[str, tuple[str, str]]) -> tuple[str, ...]:
    """The operators that lead to `name`, from the last back along first inputs; eight at most."""
    found: list[str] = []
    while name in made and len(found) < 8:
        operator, name = made[name]
        found.append(operator)
    return tuple(found)
