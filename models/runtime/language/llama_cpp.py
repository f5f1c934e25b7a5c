"""A GGUF file run by llama.cpp (llama-cpp-python) as it is: packed weights stay packed, on a CPU or a graphics card."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from models.outputs.media import Text
from models.planning.plan import Plan
from models.protocol import BadInput, Card, Emit, Notice, Request
from models.runtime.language import writing

CHAT = "chat"
# Room for the keys and values of every token is taken at the start: no more of it than most people's texts need.
MOST_CONTEXT = 8192


def load(path: Path, card: Card, plan: Plan) -> LlamaCpp:
    """Open the file; `plan` says whether a graphics card takes its layers. Raises BadInput."""
    import llama_cpp

    context = min(card.prompt_limit, MOST_CONTEXT)
    try:
        model = llama_cpp.Llama(
            str(path), n_ctx=context, n_gpu_layers=0 if plan.device == "cpu" else -1, verbose=False, use_mmap=True
        )
    except (ValueError, RuntimeError, AssertionError) as error:
        raise BadInput(f"llama.cpp cannot open {path.name}: it may be of a newer kind, or not whole.") from error
    return LlamaCpp(card, model)


class LlamaCpp:
    """One open model."""

    def __init__(self, card: Card, model: Any) -> None:
        self.card = card
        self._model = model

    def generate(self, request: Request, emit: Emit) -> Text:
        """What follows the prompt, or the answer to it. Raises BadInput where the prompt is too long to be answered."""
        wish = request.settings
        most = int(wish["max_new_tokens"])
        given = self._given(request, emit, most)
        most = min(most, self._model.n_ctx() - len(given))
        writer = writing.Writer(self._text, emit, most, given, str(wish["stop"]))
        for token in self._tokens(request, given):
            if self._ends(token) or writer.take(token) or writer.count >= most:
                break
        return Text(writer.end(), {"tokens": f"{writer.count}", "tokens read": f"{len(given)}"})

    def _tokens(self, request: Request, given: list[int]) -> Iterator[int]:
        wish = request.settings
        self._model.reset()
        self._model.set_seed(request.seed)
        yield from self._model.generate(
            given,
            top_k=int(wish["top_k"]),
            top_p=float(wish["top_p"]),
            min_p=float(wish["min_p"]),
            typical_p=float(wish["typical_p"]),
            temp=float(wish["temperature"]),
            repeat_penalty=float(wish["repetition_penalty"]),
        )

    def _given(self, request: Request, emit: Emit, most: int) -> list[int]:
        context = self._model.n_ctx()
        room = context - min(most, context // 2)
        text = self._asked(request) if request.task == CHAT else request.prompt
        # A template writes the begin mark itself.
        given = list(self._model.tokenize(text.encode(), add_bos=request.task != CHAT, special=request.task == CHAT))
        given = given or [max(self._model.token_bos(), 0)]
        if len(given) <= room:
            return given
        if request.task == CHAT:
            raise BadInput(
                f"The prompt takes {len(given):,} tokens, and there is room for {room:,} beside the answer: "
                "shorten it, or ask for fewer new tokens."
            )
        emit(Notice(f"The prompt is longer than the {room:,} tokens that are read of it: its beginning is left out."))
        return given[-room:]

    def _asked(self, request: Request) -> str:
        from llama_cpp.llama_chat_format import Jinja2ChatFormatter

        def word(token: int) -> str:
            return str(self._model._model.token_get_text(token)) if token >= 0 else ""

        messages: Any = [{"role": "user", "content": request.prompt}]
        if system := str(request.settings["system"]).strip():
            messages.insert(0, {"role": "system", "content": system})
        formatter = Jinja2ChatFormatter(
            template=self._model.metadata["tokenizer.chat_template"],
            eos_token=word(self._model.token_eos()),
            bos_token=word(self._model.token_bos()),
        )
        try:
            return str(formatter(messages=messages).prompt)
        except Exception as error:
            if not system:
                raise
            raise BadInput(f"{self.card.name} takes no instruction ({error}): leave it empty.") from error

    def _ends(self, token: int) -> bool:
        """Whether the token ends a text or a turn: the file names several."""
        import llama_cpp

        return bool(llama_cpp.llama_vocab_is_eog(self._model._model.vocab, token))

    def _text(self, tokens: list[int]) -> str:
        return bytes(self._model.detokenize(tokens)).decode("utf-8", "replace")
