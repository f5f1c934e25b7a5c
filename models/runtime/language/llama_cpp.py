"""A GGUF file run by llama.cpp (llama-cpp-python) as it is: packed weights stay packed, on a CPU or a graphics card."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch

from models.outputs.media import Text
from models.planning.plan import Plan
from models.protocol import BadInput, Card, Emit, Notice, Request
from models.runtime import device
from models.runtime.language import conversation, writing
from models.runtime.language.weighing import Weighed, weighed

CHAT = "chat"
# Room for the keys and values of every token is taken at the start: no more of it than most people's texts need.
MOST_CONTEXT = 8192


def load(path: Path, card: Card, plan: Plan) -> LlamaCpp:
    """Open the file; `plan` says whether a graphics card takes its layers. Raises BadInput."""
    import llama_cpp

    context, threads = min(card.prompt_limit, MOST_CONTEXT), device.threads()
    try:
        model = llama_cpp.Llama(
            str(path), n_ctx=context, n_gpu_layers=0 if plan.device == "cpu" else -1, verbose=False, use_mmap=True,
            n_threads=threads, n_threads_batch=threads,  # by itself it writes with half of the cores
        )  # fmt: skip
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
            if self._ends(token) or writer.take(token, self._weighed(token)) or writer.count >= most:
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
        if request.task == CHAT:
            return conversation.fitting(request, emit, room, self._asked)
        given = list(self._model.tokenize(request.prompt.encode(), add_bos=True, special=False))
        given = given or [max(self._model.token_bos(), 0)]
        if len(given) > room:
            emit(
                Notice(f"The prompt is longer than the {room:,} tokens that are read of it: its beginning is left out.")
            )
        return given[-room:]

    def _asked(self, messages: Any) -> list[int]:
        from llama_cpp.llama_chat_format import Jinja2ChatFormatter

        def word(token: int) -> str:
            return str(self._model._model.token_get_text(token)) if token >= 0 else ""

        formatter = Jinja2ChatFormatter(
            template=self._model.metadata["tokenizer.chat_template"],
            eos_token=word(self._model.token_eos()),
            bos_token=word(self._model.token_bos()),
        )
        try:
            text = str(formatter(messages=messages).prompt)
        except Exception as error:
            if messages[0]["role"] != "system":
                raise
            raise conversation.no_instruction(self.card.name, error) from error
        # A template writes the begin mark itself.
        return list(self._model.tokenize(text.encode(), add_bos=False, special=True))

    def _weighed(self, token: int) -> Weighed:
        """What was weighed before this token: the logits of the last step lie in the context until the next one."""
        import llama_cpp
        import numpy as np

        logits = llama_cpp.llama_get_logits(self._model._ctx.ctx)
        return weighed(torch.from_numpy(np.ctypeslib.as_array(logits, shape=(self._model.n_vocab(),)).copy()), token)

    def _ends(self, token: int) -> bool:
        """Whether the token ends a text or a turn: the file names several."""
        import llama_cpp

        return bool(llama_cpp.llama_vocab_is_eog(self._model._model.vocab, token))

    def _text(self, tokens: list[int]) -> str:
        return bytes(self._model.detokenize(tokens)).decode("utf-8", "replace")
