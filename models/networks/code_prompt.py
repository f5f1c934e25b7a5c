"""What a language model of picture codes is given besides codes: the words, and where in the picture it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

if TYPE_CHECKING:
    from transformers import LlamaForCausalLM


class CodePrompt(nn.Module):
    """Embeddings for a transformer of `width`: a text encoder's states, and one for each of `places` codes.

    DALL-E gives its transformer words and codes as one stream, with a learnt position for each place of the picture
    (Ramesh et al. 2021, arXiv:2102.12092, §2.2); here the words come as a text encoder has read them.
    """

    def __init__(self, text_width: int, width: int, places: int) -> None:
        super().__init__()
        self.text = nn.Linear(text_width, width)
        self.place = nn.Embedding(places, width)
        nn.init.normal_(self.place.weight, std=0.02)

    @property
    def places(self) -> int:
        return self.place.num_embeddings

    def stream(self, transformer: LlamaForCausalLM, states: Tensor, codes: Tensor, at: Tensor) -> Tensor:
        """(B, T + n, width): the words' states (B, T, text_width), then for each place `at` (n,) what came before it.

        `codes` (B, n) are those of these places; the begin mark, which has the last number, stands before them.
        """
        begin = codes.new_full((len(codes), 1), begin_mark(transformer))
        before = transformer.get_input_embeddings()(torch.cat([begin, codes[:, :-1]], 1))
        return torch.cat([self.text(states), before + self.place(at)], 1)

    def one(self, transformer: LlamaForCausalLM, before: Tensor, at: int) -> Tensor:
        """(B, n, width) for the places from `at` on, before each of which stand codes (B, n)."""
        return transformer.get_input_embeddings()(before) + self.place.weight[at : at + before.shape[1]]


def begin_mark(transformer: Any) -> int:
    """The number that stands for the beginning of a picture: one more than codes have."""
    return transformer.config.vocab_size - 1
