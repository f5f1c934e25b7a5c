"""A text that grows token by token: told piece by piece as soon as a piece is certain, ended at a stop word."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from models.protocol import Emit, Progress, Token
from models.runtime.language.weighing import Ear, Weighed

_UNFINISHED = "\ufffd"  # what a decoder shows for the first bytes of a letter
_BEFORE = 8  # tokens of the prompt that the first new one is decoded behind: it may begin with a space


@dataclass(frozen=True)
class _Piece:
    """Certain text, of so many tokens, and what was weighed before the first of them."""

    text: str
    tokens: int
    probability: float | None
    alternatives: tuple[tuple[str, float], ...]


class Writer:
    """`take` each new token; `text` is all of it so far. `decode` makes text of tokens.

    What may be the beginning of a stop word is held back until it is known to be none. `emit` raises to end the work.
    """

    def __init__(
        self, decode: Callable[[list[int]], str], emit: Emit, total: int, prompt: Sequence[int] = (), stops: str = ""
    ) -> None:
        self._decode, self._emit, self._total = decode, emit, max(total, 1)
        self._tokens = list(prompt)[-_BEFORE:]
        self._read = len(self._tokens)  # up to here they are text
        self._prefix = 0  # from here they are decoded again, because neighbours change each other's letters
        self._stops = stop_words(stops)
        self._held: list[_Piece] = []
        self._weighed: list[Weighed | None] = []  # of the tokens that are not text yet
        self.text = ""
        self.count = 0
        self.stopped = False

    def take(self, token: int, weighed: Weighed | None = None) -> bool:
        """One more token, and what was weighed before it; True where the text has ended at a stop word."""
        self.count += 1
        self._tokens.append(token)
        self._weighed.append(weighed)
        before = self._decode(self._tokens[self._prefix : self._read])
        now = self._decode(self._tokens[self._prefix :])
        if len(now) > len(before) and not now.endswith(_UNFINISHED):
            piece = self._piece(now[len(before) :], before)
            self._prefix, self._read = self._read, len(self._tokens)
            self._say(piece)
        self._emit(Progress(min(self.count, self._total), self._total))
        return self.stopped

    def end(self) -> str:
        """Tell what was held back; the whole text."""
        if not self.stopped:
            before = self._decode(self._tokens[self._prefix : self._read])
            if left := self._decode(self._tokens[self._prefix :])[len(before) :]:
                self._held.append(self._piece(left, before))
            self._tell(len(self._held))
        if self.count < self._total:
            self._emit(Progress(self._total, self._total))
        return self.text

    def _piece(self, text: str, before: str) -> _Piece:
        """The tokens since the last piece, which have become this text behind `before`."""
        every, self._weighed = self._weighed, []
        known = [one.probability for one in every if one is not None]
        first = every[0] if every else None
        others = []
        for token, chance in first.likeliest if first else ():
            found = self._decode([*self._tokens[self._prefix : self._read], token])[len(before) :]
            if not found.endswith(_UNFINISHED):  # a part of a letter can be shown to nobody
                others.append((found, chance))
        return _Piece(text, len(every), math.prod(known) if len(known) == len(every) and known else None, tuple(others))

    def _say(self, piece: _Piece) -> None:
        self._held.append(piece)
        held = "".join(one.text for one in self._held)
        ends = [at for stop in self._stops if (at := held.find(stop)) >= 0]
        if ends:
            self._tell(len(self._held), min(ends))
            self.stopped = True
            return
        certain = len(held) - max((_overlap(held, stop) for stop in self._stops), default=0)
        whole = 0
        for one in self._held:
            if (certain := certain - len(one.text)) < 0:
                break
            whole += 1
        self._tell(whole)

    def _tell(self, pieces: int, letters: int | None = None) -> None:
        """Let the first pieces out, or so many letters of them."""
        told, self._held = self._held[:pieces], self._held[pieces:]
        for piece in told:
            text = piece.text if letters is None else piece.text[: max(letters, 0)]
            letters = None if letters is None else letters - len(piece.text)
            if text:
                self.text += text
                self._emit(
                    Token(text, tokens=piece.tokens, probability=piece.probability, alternatives=piece.alternatives)
                )


def stop_words(given: str) -> tuple[str, ...]:
    r"""`\n\n|THE END` as two words; `\n` in it is a new line."""
    return tuple(word for part in given.split("|") if (word := part.replace("\\n", "\n")))


def _overlap(text: str, stop: str) -> int:
    """How many letters at the end of `text` may be the beginning of `stop`."""
    return next((n for n in range(min(len(stop) - 1, len(text)), 0, -1) if text.endswith(stop[:n])), 0)


def criterion(writer: Writer, ear: Ear) -> Any:
    """The writer as transformers' `generate` asks it after each token (stopping criteria)."""
    import torch
    from transformers import StoppingCriteria

    class AfterEach(StoppingCriteria):
        def __call__(self, input_ids: torch.Tensor, scores: Any, **_: Any) -> torch.Tensor:
            token = int(input_ids[0, -1])
            ended = writer.take(token, ear.of(token))
            return torch.full((len(input_ids),), ended, dtype=torch.bool, device=input_ids.device)

    return AfterEach()
