"""A prompt taken apart: which letters are signs, what is wrong with them and where, and the same for dynamicprompts.

The signs are those of `models.prompting.weights`, and of Dynamic Prompts' documented syntax (sd-dynamic-prompts,
docs/SYNTAX.md): `{red|blue}`, `{2$$ and $$a|b|c}`, `{1-2$$a|b}`, `{0.5::a|2::b}`, `__colours__`, `__clothes(season=
winter)__`, `${name=value}`, `${name=!value}`, `${name}`, `${name:default}` and `# to the end of the line`.
"""

from __future__ import annotations

import re
import string
from dataclasses import dataclass, field
from typing import Literal

from models.prompting.weights import DEEPEST, MOST, NUMBER, SIGNS

Kind = Literal["weight", "choice", "list", "variable", "comment", "escape"]
LEFT_OPEN: tuple[Kind, ...] = ("choice", "list", "variable", "comment")  # what is not yet what will be said
MOST_BRACES = 12  # in each other; the library's parser works on a call stack

_ESCAPE = re.compile(r"\\[" + re.escape(SIGNS) + "]")
# Digits and spaces are never given back (`*+`, `++`), as in `NUMBER`.
_BOUNDS = re.compile(r"\s*+[~!@]?\s*+(?:(?P<low>\d*+)(?P<to>-)?(?P<high>\d*+)\s*+\$\$(?:(?P<between>[^${}]+)\$\$)?)?")
_CHANCE = re.compile(r"\s*(?P<chance>\d+(?:\.\d*)?|\.\d+)\s*::")
_LIST = re.compile(r"__[~!@]?(?P<name>(?!_)[\w*?./-](?:(?!__)[\w*?./ -])*)(?P<given>\([^(){}$#]*\))?__")
_VARIABLE = re.compile(r"\$\{\s*(?P<name>[A-Za-z_-][A-Za-z0-9_-]*)\s*(?P<then>\??=!?|:|\})")
_NUMBER = re.compile(NUMBER)
_COMMA = re.compile(r":\s*+\d++,\d++\s*+$")
_STEPS = re.compile(r":\s*+(?:\d++(?:\.\d*+)?|\.\d++)\s*+$")
# What other programs read as orders, and why it is none here.
_FOREIGN = (
    (
        r"<(?:lora|lyco|hypernet):[^<>\n]*>",
        "This adds no LoRA here, it is read as words: take it out; see the settings.",
    ),
    (r"\bBREAK\b", "BREAK parts nothing here, it is read as a word: take it out."),
)
# Letters that mean something to the library's parser go through it as others, far outside what anybody writes.
_HIDDEN = {ord(sign): chr(0xF0000 + ord(sign)) for sign in string.punctuation}
_SHOWN = {ord(hidden): sign for sign, hidden in ((chr(code), hidden) for code, hidden in _HIDDEN.items())}
_CODED = re.compile("<~([0-9a-f]+)~>")
_NOTHING = chr(0xF0000)


@dataclass(frozen=True)
class Piece:
    """Letters `start` to `end` of a prompt that are signs, or a comment."""

    kind: Kind
    start: int
    end: int


@dataclass(frozen=True)
class Problem:
    """What is wrong with letters `start` to `end`, in one sentence. `fatal`: it cannot be said what is meant."""

    start: int
    end: int
    sentence: str
    fatal: bool = True


@dataclass
class Scan:
    """`lists` are the lists of words that are asked for, as pieces of the prompt; `chooses`: something is left to the
    seed, or to be taken out. `clean` is the prompt for dynamicprompts, whose answer `shown` makes readable."""

    text: str
    pieces: list[Piece] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    lists: list[tuple[str, Piece]] = field(default_factory=list)
    clean: str = ""

    @property
    def chooses(self) -> bool:
        return any(piece.kind in LEFT_OPEN for piece in self.pieces)


def scan(text: str, whole: bool = True) -> Scan:
    """Take it apart. Never fails: what cannot be understood is among the problems.

    What is not `whole` is a line of a list: its variables are set where it is asked for.
    """
    return _Scanner(text).run(whole)


def shown(answer: str) -> str:
    """What dynamicprompts made of a `clean` prompt, with its own letters again."""
    return _CODED.sub(lambda code: chr(int(code[1], 16)), answer).replace(_NOTHING, "").translate(_SHOWN)


def place(text: str, index: int) -> tuple[int, int]:
    """Line and column of a letter, both from 1."""
    return text.count("\n", 0, index) + 1, index - (text.rfind("\n", 0, index) + 1) + 1


@dataclass
class _Open:
    """A brace that is open: a choice, with its options' chances, or a variable."""

    kind: Literal["choice", "variable"]
    start: int
    chances: list[float] = field(default_factory=list)


class _Scanner:
    def __init__(self, text: str) -> None:
        self.text, self.found = text, Scan(text)
        self._at = 0
        self._out: list[str] = []
        self._braces: list[_Open] = []
        self._brackets: dict[str, list[int]] = {"(": [], "[": []}
        self._set: set[str] = set()
        self._used: list[tuple[str, int, int]] = []

    def run(self, whole: bool) -> Scan:
        while self._at < len(self.text):
            self._step()
        for one in self._braces:
            closed = "a choice" if one.kind == "choice" else "a variable"
            self._wrong(one.start, one.start + 1, f"This brace of {closed} is never closed: add a }} after it.")
        for bracket, other in (("(", ")"), ("[", "]")):
            for start in self._brackets[bracket]:
                sentence = f"This {bracket} is never closed, so it reaches to the end: add a {other}."
                self._wrong(start, start + 1, sentence, fatal=False)
        unsaid = [range(piece.start, piece.end) for piece in self.found.pieces if piece.kind == "comment"]
        for order, sentence in _FOREIGN:
            for found in re.finditer(order, self.text):
                if not any(found.start() in one for one in unsaid):
                    self._wrong(*found.span(), sentence, fatal=False)
        for name, start, end in self._used:
            if whole and name not in self._set:
                self._wrong(start, end, f"Nothing says what {name} is: write ${{{name}=…}} before it.")
        self.found.problems.sort(key=lambda problem: problem.start)
        self.found.clean = "".join(self._out) + _NOTHING  # which also makes something of nothing
        return self.found

    def _step(self) -> None:
        text, at = self.text, self._at
        sign = text[at]
        if found := _ESCAPE.match(text, at):
            self._piece("escape", found.end(), found[0].translate(_HIDDEN))
        elif sign == "#" and (at == 0 or text[at - 1].isspace()):
            end = text.find("\n", at)
            self._piece("comment", len(text) if end < 0 else end, "")
        elif found := _VARIABLE.match(text, at):
            self._variable(found)
        elif sign == "{":
            self._choice()
        elif sign == "|" and self._braces and self._braces[-1].kind == "choice":
            self._piece("choice", at + 1, "|")
            self._chance()
        elif sign == "}" and self._braces:
            self._close()
        elif found := _LIST.match(text, at):
            self._list(found)
        elif sign in "()[]:":
            self._bracket(sign)
        else:
            if sign == "}":
                self._wrong(
                    at, at + 1, "This } closes nothing: put a { before the first choice, or a \\ before it.", False
                )
            elif text.startswith("${", at):
                self._wrong(at, at + 2, "A variable is ${name=value} or ${name}, with a name of plain letters.")
            self._letter()

    def _letter(self) -> None:
        self._out.append(self.text[self._at].translate(_HIDDEN))
        self._at += 1

    def _piece(self, kind: Kind, end: int, out: str) -> Piece:
        """The letters from here to `end` are of that kind, and `out` to the library."""
        piece = Piece(kind, self._at, end)
        self.found.pieces.append(piece)
        self._out.append(out)
        self._at = end
        return piece

    def _wrong(self, start: int, end: int, sentence: str, fatal: bool = True) -> None:
        self.found.problems.append(Problem(start, end, sentence, fatal))

    # ── braces ────────────────────────────────────────────────────────────────

    def _choice(self) -> None:
        if len(self._braces) >= MOST_BRACES:
            self._wrong(
                self._at, self._at + 1, f"No more than {MOST_BRACES} braces can be open at once: use a variable."
            )
            self._letter()
            return
        self._braces.append(_Open("choice", self._at))
        header = _BOUNDS.match(self.text, self._at + 1)
        assert header is not None  # all of it may be missing
        end, out = header.end(), "{"
        low, high = (header["low"] or "")[:4], (header["high"] or "")[:4]
        if "$$" not in header[0]:
            end = self._at + 1 + len(header[0].rstrip())
        elif not low and not high:
            self._wrong(
                self._at, end, "How many of the choices is a number before $$, such as {2$$a|b|c} or {1-2$$a|b|c}."
            )
        else:
            between = ", " if header["between"] is None else re.sub(r"\s+", " ", header["between"])
            coded = "".join(one if " " <= one <= "~" else f"<~{ord(one):x}~>" for one in between)
            out += f"{low}{header['to'] or ''}{high}$${coded}$$"
        self._piece("choice", end, out)
        self._chance()

    def _chance(self) -> None:
        """How likely the option is that begins here, where that is said."""
        chance = 1.0
        if found := _CHANCE.match(self.text, self._at):
            chance = min(float(found["chance"]), 1e6)
            self._piece("choice", found.end(), f"{chance:.6f}::")
        self._braces[-1].chances.append(chance)

    def _close(self) -> None:
        one = self._braces.pop()
        if one.kind == "choice" and not sum(one.chances):
            self._wrong(
                one.start, self._at + 1, "All of these choices have the chance 0: give one of them a larger one."
            )
        self._piece(one.kind, self._at + 1, "}")

    def _variable(self, found: re.Match[str]) -> None:
        name, then = found["name"], found["then"]
        if then.endswith(("=", "!")):
            if self._braces:
                self._wrong(found.start(), found.end(), f"{name} is set inside of a choice: set it at the beginning.")
            self._set.add(name)
        elif then == "}":
            self._used.append((name, found.start(), found.end()))
        if then != "}":
            self._braces.append(_Open("variable", found.start()))
            if len(self._braces) > MOST_BRACES:
                self._wrong(found.start(), found.end(), f"No more than {MOST_BRACES} braces can be open at once.")
        self._piece("variable", found.end(), f"${{{name}{then}")

    def _list(self, found: re.Match[str]) -> None:
        name, given = found["name"].strip(), found["given"] or ""
        pairs = [pair.partition("=") for pair in given[1:-1].split(",")] if given else []
        if any(not name.strip() or not equals for name, equals, _ in pairs):
            self._wrong(
                found.start(), found.end(), "What a list is given is name=value, such as __clothes(season=winter)__."
            )
            pairs = []
        told = ",".join(f"{key.strip()}={value.strip().translate(_HIDDEN)}" for key, _, value in pairs)
        piece = self._piece("list", found.end(), f"__{name}{f'({told})' if told else ''}__")
        self.found.lists.append((name, piece))

    # ── weights ───────────────────────────────────────────────────────────────

    def _bracket(self, sign: str) -> None:
        at = self._at
        number = _NUMBER.match(self.text, at) if sign == ":" and self._brackets["("] else None
        if number is not None:
            if abs(float(number["number"])) > MOST:
                self._wrong(at, number.end(), f"A weight is from 0 to {MOST:.0f}; this is taken for {MOST:.0f}.", False)
            self._brackets["("].pop()
            self._piece("weight", number.end(), number[0].translate(_HIDDEN))
            return
        if sign in self._brackets and len(self._brackets[sign]) < DEEPEST:
            self._brackets[sign].append(at)
        elif sign in ")]" and self._brackets[opened := "(" if sign == ")" else "["]:
            inside = self.text[self._brackets[opened].pop() + 1 : at]
            if sign == ")" and _COMMA.search(inside):
                self._wrong(at - 1, at + 1, "A weight is written with a point, not a comma: (boat:1.3).", False)
            elif sign == "]" and _STEPS.search(inside):
                self._wrong(at - 1, at + 1, "Words do not change on the way here: square brackets make all that is in "
                            "them less important, and the number is read as a word.", False)  # fmt: skip
        elif sign != ":":
            self._wrong(
                at, at + 1, f"This {sign} closes nothing: put a \\ before it where it is meant as it is.", False
            )
            self._letter()
            return
        else:
            self._letter()
            return
        self._piece("weight", at + 1, sign.translate(_HIDDEN))
