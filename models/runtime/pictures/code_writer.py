"""A language model at work on a picture: code after code from a prompt that a text encoder has read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from models.networks.code_prompt import CodePrompt, begin_mark
from models.protocol import Emit, Notice
from models.sampling import prompts, tokens


class CodeWriter:
    """`transformer` (LlamaForCausalLM over the codes and a begin mark), its `prompt`, and the text `encoder` with its
    `tokenizer`. All for use, on one device."""

    def __init__(self, transformer: Any, prompt: CodePrompt, encoder: Any, tokenizer: Any) -> None:
        self._transformer, self._prompt = transformer, prompt
        self.encoder, self.tokenizer = encoder, tokenizer
        self._read: tuple[str, Tensor] | None = None

    def states(self, text: str, emit: Emit) -> Tensor:
        """(2, tokens, width): what the text encoder makes of the prompt, and of no words.

        Those of the last prompt are kept, for the next picture of the same job. Words left out are told.
        """
        most = prompts.limit(self.tokenizer, self.encoder)
        if words := prompts.unread(self.tokenizer, most, text):
            emit(Notice(prompts.notice(words, "prompt")))
        if self._read is None or self._read[0] != text:
            ids = self.tokenizer(
                [text, ""], padding="max_length", max_length=most, truncation=True, return_tensors="pt"
            ).input_ids
            states = self.encoder(ids.to(self.encoder.device)).last_hidden_state
            self._read = (text, states.to(self._prompt.text.weight))
        return self._read[1]

    def write(
        self,
        codes: Tensor,
        wanted: Tensor,
        states: Tensor,
        lots: torch.Generator,
        after: Callable[[int, int], None],
        *,
        temperature: float,
        top_p: float,
        guidance_scale: float,
        top_k: int = 0,
    ) -> float:
        """Fill in the wanted places of `codes` (n,), in order; the mean surprise of what was drawn, in bits.

        `states` as the method of that name gives them. `after` hears of each place drawn, and of how many there are by
        then; what it raises ends the writing. Codes that stay are read on the way. What follows a place is not known
        to those before it, so the seam below a part that is made again is left to whoever draws the codes.
        """
        from transformers import DynamicCache

        if not wanted.any():
            return 0.0
        states = states if guidance_scale != 1 else states[:1]
        done, bits = 0, 0.0
        cache = DynamicCache()
        begin = torch.full((len(states), 1), begin_mark(self._transformer), device=codes.device)
        given = torch.cat([self._prompt.text(states), self._prompt.one(self._transformer, begin, 0)], 1)
        last = int(wanted.nonzero()[-1])
        for place in range(last + 1):
            logits = self._transformer(inputs_embeds=given, cache=cache, use_cache=True).logits[:, -1, :-1]
            if wanted[place]:
                told = tokens.guided(logits[:1], logits[1:], guidance_scale) if len(logits) > 1 else logits
                chosen = tokens.draw(told, lots, temperature=temperature, top_k=top_k, top_p=top_p)
                codes[place] = chosen[0]
                bits += tokens.bits(logits[:1], chosen).item()
                done += 1
                after(place, done)
            if place < last:
                before = codes[place].expand(len(states), 1)
                given = self._prompt.one(self._transformer, before, place + 1)
        return bits / done
