"""A text that grows token by token: told piece by piece as soon as a piece is certain, ended at a stop word."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from models.protocol import Emit, Progress, Token

_UNFINISHED = "\ufffd"  # what a decoder shows for the first bytes of a letter
_BEFORE = 8  # tokens of the prompt that the first new one is decoded behind: it may begin with a space


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
        self._held = ""
        self.text = ""
        self.count = 0
        self.stopped = False

    def take(self, token: int) -> bool:
        """One more token; True where the text has ended at a stop word."""
        self.count += 1
        self._tokens.append(token)
        before = self._decode(self._tokens[self._prefix : self._read])
        now = self._decode(self._tokens[self._prefix :])
        if len(now) > len(before) and not now.endswith(_UNFINISHED):
            self._prefix, self._read = self._read, len(self._tokens)
            self._say(now[len(before) :])
        self._emit(Progress(min(self.count, self._total), self._total))
        return self.stopped

    def end(self) -> str:
        """Tell what was held back; the whole text."""
        if not self.stopped:
            before = self._decode(self._tokens[self._prefix : self._read])
            self._held += self._decode(self._tokens[self._prefix :])[len(before) :]
            self._tell(self._held)
        if self.count < self._total:
            self._emit(Progress(self._total, self._total))
        return self.text

    def _say(self, piece: str) -> None:
        self._held += piece
        ends = [at for stop in self._stops if (at := self._held.find(stop)) >= 0]
        if ends:
            self._tell(self._held[: min(ends)])
            self.stopped = True
            return
        keep = max((_overlap(self._held, stop) for stop in self._stops), default=0)
        told = self._held[: len(self._held) - keep]
        self._held = self._held[len(told) :]
        self._tell(told)

    def _tell(self, piece: str) -> None:
        if piece:
            self.text += piece
            self._emit(Token(piece))


def stop_words(given: str) -> tuple[str, ...]:
    r"""`\n\n|THE END` as two words; `\n` in it is a new line."""
    return tuple(word for part in given.split("|") if (word := part.replace("\\n", "\n")))


def _overlap(text: str, stop: str) -> int:
    """How many letters at the end of `text` may be the beginning of `stop`."""
    return next((n for n in range(min(len(stop) - 1, len(text)), 0, -1) if text.endswith(stop[:n])), 0)


def criterion(writer: Writer) -> Any:
    """The writer as transformers' `generate` asks it after each token (stopping criteria)."""
    import torch
    from transformers import StoppingCriteria

    class AfterEach(StoppingCriteria):
        def __call__(self, input_ids: torch.Tensor, scores: Any, **_: Any) -> torch.Tensor:
            ended = writer.take(int(input_ids[0, -1]))
            return torch.full((len(input_ids),), ended, dtype=torch.bool, device=input_ids.device)

    return AfterEach()
