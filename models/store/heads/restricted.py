"""A pickle machine that builds plain values and nothing else: it imports no module and calls no foreign function.

A pickle is a program for a small stack machine; its words are listed in CPython's Lib/pickletools.py. This machine
knows those that lists, dictionaries and tensors need. Names in the program are looked up in a table of ours, and what
that has not, ends the reading. Memory and time are bounded: Python's own machine can be made to take any amount of
either by a file of a few bytes.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import IO, Any


class Refused(Exception):
    """The program wants more than plain values; the text is what."""


class Broken(Exception):
    """The bytes are no pickle, or one that never ends."""


class Inert:
    """Stands for a value that nobody needs: the settings that a training wrote beside its weights."""


@dataclass(frozen=True)
class Known:
    """A name that programs may call, and what of ours is called instead."""

    call: Callable[..., Any]


class Machine:
    """Reads pickles from `file`, one after another, `most_bytes` and `most_steps` in all.

    `name(module, name)` gives what stands for a name (callable only where it is `Known`) or raises Refused;
    `refer(what)` what stands for a reference to something outside the pickle.
    """

    def __init__(
        self,
        file: IO[bytes],
        name: Callable[[str, str], Any],
        refer: Callable[[Any], Any],
        most_bytes: int,
        most_steps: int,
    ) -> None:
        self._file, self._name, self._refer = file, name, refer
        self._bytes, self._steps = most_bytes, most_steps

    def run(self) -> Any:
        """The value of the next pickle. Raises Refused, and Broken whatever else is wrong."""
        self._stack: list[Any] = []
        self._below: list[list[Any]] = []  # stacks that wait for a tuple or list to be finished
        self._memo: dict[int, Any] = {}
        words = _WORDS
        try:
            while (word := self._take(1)) != b".":
                self._steps -= 1
                if self._steps < 0:
                    raise Broken("too long")
                words[word[0]](self)
            return self._stack.pop()
        except (Refused, Broken):
            raise
        except Exception as error:  # a program of bytes can go wrong in any way
            raise Broken(str(error)) from error

    # ── reading ───────────────────────────────────────────────────────────────

    def _take(self, count: int) -> bytes:
        self._bytes -= count
        if self._bytes < 0 or len(data := self._file.read(count)) != count:
            raise Broken("it ends too early")
        return data

    def _line(self) -> bytes:
        line = self._file.readline(min(self._bytes, 2**16))
        self._bytes -= len(line)
        if not line.endswith(b"\n"):
            raise Broken("it ends too early")
        return line[:-1]

    def _number(self, kind: str) -> Any:
        return struct.unpack(f"<{kind}", self._take(struct.calcsize(f"<{kind}")))[0]

    def _text(self, length: str) -> str:
        return self._take(self._number(length)).decode("utf-8", "replace")

    # ── the stack ─────────────────────────────────────────────────────────────

    def _push(self, value: Any) -> None:
        self._stack.append(value)

    def _since_mark(self) -> list[Any]:
        items, self._stack = self._stack, self._below.pop()
        return items

    def _mark(self) -> None:
        self._below.append(self._stack)
        self._stack = []

    def _tuple(self, count: int) -> None:
        items = self._stack[-count:]
        if len(items) < count:
            raise Broken("too little on the stack")
        del self._stack[-count:]
        self._push(tuple(items))

    def _extend(self, items: list[Any]) -> None:
        if isinstance(target := self._stack[-1], list):
            target.extend(items)
        elif not isinstance(target, Inert):
            raise Broken("no list")

    def _set(self, items: list[Any]) -> None:
        target = self._stack[-1]
        if isinstance(target, Inert):
            return
        if type(target) is not dict or len(items) % 2:
            raise Broken("no dictionary")
        for key, value in zip(items[::2], items[1::2], strict=True):
            # Tuples in tuples can take for ever to hash.
            if not isinstance(key, (str, int, float, Inert, Known, type(None))):
                raise Broken("an odd key")
            target[key] = value

    def _dictionary(self) -> None:
        items = self._since_mark()
        self._push({})
        self._set(items)

    def _frozen(self) -> None:
        self._since_mark()
        self._push(Inert())

    def _drop(self, count: int) -> None:
        del self._stack[-count:]

    def _remember(self, at: int) -> None:
        self._memo[at] = self._stack[-1]

    # ── names and calls ───────────────────────────────────────────────────────

    def _global(self, module: Any, name: Any) -> None:
        if not isinstance(module, str) or not isinstance(name, str):
            raise Broken("no name")
        self._push(self._name(module, name))

    def _stack_global(self) -> None:
        name, module = self._stack.pop(), self._stack.pop()
        self._global(module, name)

    def _call(self, what: Any, arguments: Any) -> None:
        if not isinstance(what, Known) or not isinstance(arguments, tuple):
            raise Refused("a program")
        self._push(what.call(*arguments))

    def _reduce(self) -> None:
        arguments, what = self._stack.pop(), self._stack.pop()
        self._call(what, arguments)

    def _instance(self) -> None:
        self._global(self._line().decode(), self._line().decode())
        what = self._stack.pop()
        self._call(what, tuple(self._since_mark()))

    def _object(self) -> None:
        what, *arguments = self._since_mark()
        self._call(what, tuple(arguments))

    def _new_with_words(self) -> None:
        self._drop(1)
        self._reduce()

    def _foreign(self) -> None:
        raise Refused("an extension")


def _whole(line: bytes) -> int | bool:
    return {b"00": False, b"01": True}[line] if line in (b"00", b"01") else int(line.rstrip(b"L"))


_WORDS: dict[int, Callable[[Machine], Any]] = {
    # The shape of the program: its version, its frames, what is left out.
    0x80: lambda m: m._take(1), 0x95: lambda m: m._take(8), ord("0"): lambda m: m._drop(1),
    ord("1"): lambda m: m._since_mark(), ord("2"): lambda m: m._push(m._stack[-1]), ord("("): Machine._mark,
    # Numbers.
    ord("N"): lambda m: m._push(None), 0x88: lambda m: m._push(True), 0x89: lambda m: m._push(False),
    ord("I"): lambda m: m._push(_whole(m._line())), ord("L"): lambda m: m._push(_whole(m._line())),
    ord("J"): lambda m: m._push(m._number("i")), ord("K"): lambda m: m._push(m._number("B")),
    ord("M"): lambda m: m._push(m._number("H")),
    0x8A: lambda m: m._push(int.from_bytes(m._take(m._number("B")), "little", signed=True)),
    0x8B: lambda m: m._push(int.from_bytes(m._take(m._number("I")), "little", signed=True)),
    ord("F"): lambda m: m._push(float(m._line())),
    ord("G"): lambda m: m._push(struct.unpack(">d", m._take(8))[0]),
    # Text and bytes.
    ord("S"): lambda m: m._push(m._line()[1:-1].decode("utf-8", "replace")),
    ord("V"): lambda m: m._push(m._line().decode("raw-unicode-escape")),
    ord("T"): lambda m: m._push(m._text("I")), ord("U"): lambda m: m._push(m._text("B")),
    ord("X"): lambda m: m._push(m._text("I")), 0x8C: lambda m: m._push(m._text("B")),
    0x8D: lambda m: m._push(m._text("Q")), ord("B"): lambda m: m._push(m._take(m._number("I"))),
    ord("C"): lambda m: m._push(m._take(m._number("B"))), 0x8E: lambda m: m._push(m._take(m._number("Q"))),
    # Lists, tuples, dictionaries; of sets nothing is kept.
    ord("]"): lambda m: m._push([]), ord("l"): lambda m: m._push(m._since_mark()),
    ord("a"): lambda m: m._extend([m._stack.pop()]), ord("e"): lambda m: m._extend(m._since_mark()),
    ord(")"): lambda m: m._push(()), ord("t"): lambda m: m._push(tuple(m._since_mark())),
    0x85: lambda m: m._tuple(1), 0x86: lambda m: m._tuple(2), 0x87: lambda m: m._tuple(3),
    ord("}"): lambda m: m._push({}), ord("s"): lambda m: m._set([m._stack.pop(-2), m._stack.pop()]),
    ord("u"): lambda m: m._set(m._since_mark()),
    0x8F: lambda m: m._push(Inert()), 0x90: lambda m: m._since_mark(),
    # Both make a new thing of what lies above the mark.
    ord("d"): Machine._dictionary, 0x91: Machine._frozen,
    # What was made before.
    ord("g"): lambda m: m._push(m._memo[int(m._line())]), ord("h"): lambda m: m._push(m._memo[m._number("B")]),
    ord("j"): lambda m: m._push(m._memo[m._number("I")]), ord("p"): lambda m: m._remember(int(m._line())),
    ord("q"): lambda m: m._remember(m._number("B")), ord("r"): lambda m: m._remember(m._number("I")),
    0x94: lambda m: m._remember(len(m._memo)),
    # Names, and what is made by them. What a thing is told about itself after it was made is left out.
    ord("c"): lambda m: m._global(m._line().decode(), m._line().decode()), 0x93: Machine._stack_global,
    ord("R"): Machine._reduce, 0x81: Machine._reduce, 0x92: Machine._new_with_words, ord("b"): lambda m: m._drop(1),
    ord("i"): Machine._instance, ord("o"): Machine._object,
    ord("P"): lambda m: m._push(m._refer(m._line().decode())), ord("Q"): lambda m: m._push(m._refer(m._stack.pop())),
    0x82: Machine._foreign, 0x83: Machine._foreign, 0x84: Machine._foreign,
}  # fmt: skip
