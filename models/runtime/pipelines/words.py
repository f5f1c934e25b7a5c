"""Words that were learned afterwards (textual inversion, Gal et al. 2022): vectors in the place of a prompt's words.

diffusers' own way widens an encoder's table of words. A plan that lets go of encoders reads that again without them,
and SDXL's second encoder takes the highest number among the words for the end of the text. So the tokenizer alone knows
the new words here, and their vectors are laid over what the table gives.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from models.prompting.weights import escaped
from models.protocol import BadInput


class Words:
    """The learned words of one pipeline with CLIP text encoders."""

    def __init__(self, pipeline: Any) -> None:
        pairs = [[getattr(pipeline, f"{part}{n}", None) for part in ("tokenizer", "text_encoder")] for n in ("", "_2")]
        self._readers = [_Reader(tokenizer, encoder) for tokenizer, encoder in pairs if encoder is not None]
        self._learned: dict[str, int] = {}

    def put(self, text: str, words: Mapping[str, Callable[[], dict[str, Tensor]]], strength: float) -> str:
        """The text with its learned words as marks that the tokenizers know; without them where the strength is 0. The
        text and what is given back have signs (`models.prompting.weights`).

        Raises BadInput where a word was learned for another model.
        """
        names = sorted(words, key=len, reverse=True)
        if not names:
            return text
        said = re.compile(rf"(?<!\w)(?:embedding:)?<?({'|'.join(map(re.escape, names))})>?(?!\w)", re.IGNORECASE)
        by_small = {name.lower(): name for name in reversed(names)}

        def mark(found: re.Match[str]) -> str:
            name = by_small[found[1].lower()]
            if not strength:
                return ""
            if name not in self._learned:
                self._learned[name] = self._learn(name, words[name]())
            return " ".join(("", *map(escaped, _marks(name, self._learned[name])), ""))

        for reader in self._readers:
            reader.strength = strength
        return said.sub(mark, text)

    def _learn(self, name: str, found: Mapping[str, Tensor]) -> int:
        """How many vectors it has."""
        counts = set()
        learned = []
        for reader in self._readers:
            tensor = next((one for one in found.values() if one.ndim in (1, 2) and one.shape[-1] == reader.width), None)
            if tensor is None:
                raise BadInput(f"The word {name} was learned for another model: leave it out of the prompt.")
            vectors = tensor.reshape(-1, reader.width).float()
            counts.add(len(vectors))
            learned.append((reader, vectors))
        if len(counts) != 1:
            raise BadInput(f"The word {name} is broken: get its file again.")
        for reader, vectors in learned:
            reader.learn(_marks(name, len(vectors)), vectors)
        return counts.pop()


def _marks(name: str, count: int) -> list[str]:
    return [f"⟨{name.lower()}⟩" if k == 0 else f"⟨{name.lower()}·{k + 1}⟩" for k in range(count)]


class _Reader:
    """One tokenizer and its encoder, with hooks that say nothing as long as no learned word is read."""

    def __init__(self, tokenizer: Any, encoder: Any) -> None:
        self._tokenizer = tokenizer
        table = next(part for name, part in encoder.named_modules() if name.endswith("token_embedding"))
        self.width = int(encoder.config.hidden_size)
        self.strength = 1.0
        self._vectors: dict[int, Tensor] = {}
        self._here: dict[tuple[int, int], int] = {}
        marks = {encoder.config.bos_token_id, encoder.config.eos_token_id, encoder.config.pad_token_id}
        self._stand_in = next(number for number in range(8) if number not in marks)
        encoder.register_forward_pre_hook(self._enter, with_kwargs=True)
        table.register_forward_hook(self._looked_up)

    def learn(self, marks: Iterable[str], vectors: Tensor) -> None:
        from tokenizers import AddedToken

        marks = list(marks)
        self._tokenizer.add_tokens([AddedToken(mark, normalized=False, special=False) for mark in marks])
        for mark, vector in zip(marks, vectors, strict=True):
            self._vectors[self._tokenizer.convert_tokens_to_ids(mark)] = vector

    def _enter(self, _encoder: nn.Module, given: tuple[Any, ...], named: dict[str, Any]) -> Any:
        """Ordinary words in the places of learned ones, which are remembered."""
        ids = named.get("input_ids", given[0] if given else None)
        self._here = {}
        if ids is None or not self._vectors:
            return None
        for row, column in torch.isin(ids.cpu(), torch.tensor(list(self._vectors))).nonzero().tolist():
            self._here[row, column] = int(ids[row, column])
        if not self._here:
            return None
        ids = ids.clone()
        for place in self._here:
            ids[place] = self._stand_in
        return (given, {**named, "input_ids": ids}) if "input_ids" in named else ((ids, *given[1:]), named)

    def _looked_up(self, _table: nn.Module, _given: Any, found: Tensor) -> Tensor | None:
        if not self._here:
            return None
        found = found.clone()
        for place, number in self._here.items():
            found[place] = (self._vectors[number] * self.strength).to(found.device, found.dtype)
        return found
