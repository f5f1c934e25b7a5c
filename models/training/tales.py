"""Texts that language models learn from: the world's stories and descriptions, a tokenizer of them, and packed rows."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator

import numpy as np
import torch
from tokenizers import Tokenizer, decoders, pre_tokenizers, processors
from tokenizers.models import BPE
from tokenizers.trainers import BpeTrainer
from torch import Tensor
from transformers import PreTrainedTokenizerFast

from models.reader.scene import sample as scene
from models.training.pictures import UNSEEN
from models.training.world.descriptions import account, question
from models.training.world.stories import opening, prompt, sample, tell

END = "<|end|>"  # between texts, and before the first
CONTEXT, VOCABULARY = 1024, 2048
# How often a text is a story that was asked for, one that begins by itself, or a description.
_KINDS = ("asked", "bare", "described")
_WEIGHTS = (6, 2, 2)


def text(seed: int) -> str:
    """The text of a seed: a prompt in a line of its own and what answers it, or a story without one."""
    rng = random.Random(f"text {seed}")
    kind = rng.choices(_KINDS, _WEIGHTS)[0]
    if kind == "described":
        shown = scene(seed)
        return f"{question(shown, rng)}\n{account(shown, rng)}"
    told = sample(seed)
    story = tell(told, rng)
    return story if kind == "bare" else f"{prompt(told, rng)}\n{story}"


def prompts(count: int, trained: int) -> list[str]:
    """What to ask for to measure a model that has learned from the first `trained` texts, in none of which it stands:
    in turns stories, openings to be gone on from, and descriptions."""
    known = {text(seed).partition("\n")[0] for seed in range(trained)}
    return [asked for asked, _ in zip((a for a in _asked() if a not in known), range(count), strict=False)]


def _asked() -> Iterator[str]:
    seed = UNSEEN
    while True:
        rng = random.Random(f"asked {seed}")
        kind = seed % 5
        yield (question(scene(seed), rng) if kind == 4 else
               opening(sample(seed), rng) if kind == 3 else prompt(sample(seed), rng))  # fmt: skip
        seed += 1


def tokenizer(texts: int) -> PreTrainedTokenizerFast:
    """One for the first texts."""
    return learned((text(seed) for seed in range(texts)), VOCABULARY)


def learned(texts: Iterable[str], size: int) -> PreTrainedTokenizerFast:
    """Byte-pair merges (Sennrich et al. 2016, arXiv:1508.07909) learnt from the texts; no byte is unknown."""
    made = Tokenizer(BPE())
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    trainer = BpeTrainer(
        vocab_size=size, special_tokens=[END], initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )  # fmt: skip
    made.train_from_iterator(texts, trainer)
    made.post_processor = processors.TemplateProcessing(single=f"{END} $A", special_tokens=[(END, 0)])
    return as_words(made)


def as_words(made: Tokenizer) -> PreTrainedTokenizerFast:
    return PreTrainedTokenizerFast(
        tokenizer_object=made, bos_token=END, eos_token=END, pad_token=END, model_max_length=CONTEXT
    )


class Rows:
    """Texts one after another as tokens; each row of so many begins where a text does, so nobody in it is a stranger.

    `stream` is (tokens,), 16-bit; every text begins with the end mark of the one before.
    """

    def __init__(self, stream: Tensor, length: int) -> None:
        self._stream = stream
        starts = (stream == 0).nonzero().flatten()
        self._starts = starts[starts + length + 1 <= len(stream)].cpu()
        self._steps = torch.arange(length + 1, device=stream.device)
        if not len(self._starts):
            raise ValueError(f"{len(stream)} tokens hold no row of {length}: learn from more texts")

    def batch(self, count: int, draw: torch.Generator) -> tuple[Tensor, Tensor]:
        """Tokens (count, length), and those that come next."""
        chosen = self._starts[torch.randint(len(self._starts), (count,), generator=draw)].to(self._stream.device)
        rows = self._stream[chosen[:, None] + self._steps].long()
        return rows[:, :-1], rows[:, 1:]


def stream(words: PreTrainedTokenizerFast, first: int, count: int) -> Tensor:
    """The texts of seeds first .. first + count as one stream of tokens."""
    parts = []
    for start in range(first, first + count, 1024):
        texts = [text(seed) for seed in range(start, min(start + 1024, first + count))]
        parts += [np.asarray(ids, np.int16) for ids in words(texts).input_ids]
    return torch.from_numpy(np.concatenate([*parts, np.zeros(1, np.int16)]))
