"""A text that counts on from its seed, a word at a time, each with what else it might have been."""

from __future__ import annotations

import time
from typing import Any

from models.protocol import Card, Emit, Match, Parameter, Progress, Request, Token
from tests.fakes import recognised

WORDS = ("sea", "storm", "lamp", "sail", "bay", "fog")

CARD = Card(
    architecture="fake-words",
    name="Fake words",
    family="autoregressive",
    medium="text",
    tasks=("chat", "continue"),
    parameters=(
        Parameter("max_new_tokens", "int", 6, "Longest", "How many words.", minimum=1, maximum=500),
        Parameter("pause_ms", "float", 0.0, "Pause", "How long each takes.", minimum=0, maximum=1000, unit="ms"),
    ),
    process="Word by word",
    prompt_limit=512,
)


def recognise(files: Any) -> Match | None:
    return recognised(files, "words", CARD)


def load(path: str, plan: Any) -> Counter:
    return Counter()


def tiny() -> Counter:
    return Counter()


class Counter:
    def generate(self, request: Request, emit: Emit) -> Any:
        from models.outputs.media import Text

        most, text = int(request.settings["max_new_tokens"]), ""
        for k in range(most):
            time.sleep(float(request.settings["pause_ms"]) / 1000)
            word, other = (" " + WORDS[(request.seed + k + n) % len(WORDS)] for n in (0, 1))
            emit(Token(word, probability=0.7, alternatives=((word, 0.7), (other, 0.2))))
            emit(Progress(k + 1, most))
            text += word
        if request.history:
            text += f" ({len(request.history)} before)"
            emit(Token(f" ({len(request.history)} before)"))
        return Text(text)
