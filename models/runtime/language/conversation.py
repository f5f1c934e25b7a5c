"""What a chat is to its model: instruction, earlier turns and the question, as far back as there is room."""

from __future__ import annotations

from collections.abc import Callable

from models.protocol import BadInput, Emit, Notice, Request

Message = dict[str, str]


def messages(request: Request, after: int = 0) -> list[Message]:
    """All of it as chat templates take it, without the first `after` turns."""
    system = str(request.settings["system"]).strip()
    said = [{"role": role, "content": text} for role, text in request.history[after:]]
    first = [{"role": "system", "content": system}] if system else []
    return [*first, *said, {"role": "user", "content": request.prompt}]


def fitting(request: Request, emit: Emit, room: int, read: Callable[[list[Message]], list[int]]) -> list[int]:
    """The tokens of the chat in `read`'s words, at most `room`: the earliest questions and answers go first, which the
    person is told. Raises BadInput where the question alone is too long."""
    left = 0
    while len(given := read(messages(request, left))) > room:
        if left >= len(request.history):
            raise BadInput(
                f"The prompt takes {len(given):,} tokens, and there is room for {room:,} beside the answer: "
                "shorten it, or ask for fewer new tokens."
            )
        left += 2  # templates want question and answer in turn
    if left:
        emit(Notice("The conversation is longer than what the model reads at once: its beginning is left out."))
    return given


def no_instruction(name: str, error: Exception) -> BadInput:
    """What is said where the template takes no system message, as Gemma's and others' do not."""
    return BadInput(f"{name} takes no instruction ({error}): leave it empty.")
