"""A language model of transformers at work: from a prompt or a question to a text, token by token."""

from __future__ import annotations

from typing import Any

import torch

from models.outputs.media import Text
from models.protocol import Card, Emit, Notice, Request
from models.runtime.language import conversation, writing
from models.runtime.language.weighing import Ear
from models.runtime.seeds import seeded

CHAT = "chat"


class LanguageModel:
    """`model` and its `tokenizer`, for use. It computes on `device`, wherever its weights lie; `context` is how many
    tokens it reads and writes in all."""

    def __init__(self, card: Card, model: Any, tokenizer: Any, context: int, device: str = "cpu") -> None:
        self.card = card
        self._model, self._tokenizer, self._context, self._device = model, tokenizer, context, device

    def generate(self, request: Request, emit: Emit) -> Text:
        """What follows the prompt, or the answer to it. Raises BadInput where the prompt is too long to be answered."""
        from transformers import LogitsProcessorList, StoppingCriteriaList

        most = int(request.settings["max_new_tokens"])
        given = self._given(request, emit, most)
        most = min(most, self._context - len(given))
        writer = writing.Writer(self._text, emit, most, given, str(request.settings["stop"]))
        ear = Ear()
        ids = torch.tensor([given], device=self._device)
        with torch.inference_mode(), seeded(request.seed, self._device):
            self._model.generate(
                input_ids=ids,
                attention_mask=torch.ones_like(ids),
                generation_config=self._settings(request, most),
                logits_processor=LogitsProcessorList([ear.processor()]),
                stopping_criteria=StoppingCriteriaList([writing.criterion(writer, ear)]),
            )
        return Text(writer.end(), {"tokens": f"{writer.count}", "tokens read": f"{len(given)}"})

    def _given(self, request: Request, emit: Emit, most: int) -> list[int]:
        """The tokens that the model reads, with room for `most` more, or for half of the context."""
        room = self._context - min(most, self._context // 2)
        if request.task == CHAT:
            return conversation.fitting(request, emit, room, self._asked)
        given = list(self._tokenizer(request.prompt).input_ids)
        if not given:
            begin = self._tokenizer.bos_token_id
            given = [self._ends()[0] if begin is None else begin]
        if len(given) > room:
            emit(
                Notice(f"The prompt is longer than the {room:,} tokens that are read of it: its beginning is left out.")
            )
        return given[-room:]

    def _asked(self, messages: list[dict[str, str]]) -> list[int]:
        try:
            found = self._tokenizer.apply_chat_template(messages, add_generation_prompt=True, return_dict=False)
        except Exception as error:
            if messages[0]["role"] != "system":
                raise
            raise conversation.no_instruction(self.card.name, error) from error
        return list(found)

    def _settings(self, request: Request, most: int) -> Any:
        from transformers import GenerationConfig

        wish, ends = request.settings, self._ends()
        own = self._model.generation_config
        sample = float(wish["temperature"]) > 0
        drawn = {name: wish[name] for name in ("temperature", "top_k", "top_p", "min_p", "typical_p")} if sample else {}
        return GenerationConfig(
            max_new_tokens=most,
            do_sample=sample,
            repetition_penalty=wish["repetition_penalty"],
            eos_token_id=ends,
            pad_token_id=own.pad_token_id if own.pad_token_id is not None else ends[0],
            bos_token_id=own.bos_token_id,
            **drawn,
        )

    def _ends(self) -> list[int]:
        """The tokens that end a text: the model's own, or its tokenizer's."""
        found = self._model.generation_config.eos_token_id
        found = self._tokenizer.eos_token_id if found is None else found
        return [0] if found is None else list(found) if isinstance(found, (list, tuple)) else [int(found)]

    def _text(self, tokens: list[int]) -> str:
        return str(self._tokenizer.decode(tokens, skip_special_tokens=True, clean_up_tokenization_spaces=False))
