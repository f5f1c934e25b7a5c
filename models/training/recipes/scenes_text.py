"""The text encoder of the scenes starter: a small CLIP text model that first learns to parse the world's sentences."""

from __future__ import annotations

import random
from itertools import chain

import torch
from tokenizers.pre_tokenizers import ByteLevel
from torch import nn
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

from models.reader.attributes import Heads, answers, loss, shares, tally, targets
from models.reader.grammar import Named, describe
from models.reader.scene import KINDS, sample
from models.training.lab import Budget, Lab, Recipe, descend, rate
from models.training.pictures import UNSEEN

TOKENS, WIDTH, VOCABULARY = 48, 128, 1600


def tokenizer(sentences: int = 20_000) -> CLIPTokenizer:
    """Byte-pair merges learnt from the world's own sentences; any other word falls to bytes but is never unknown."""
    said = (describe(sample(seed), random.Random(seed))[0] for seed in range(sentences))
    # One character of each kind of UTF-8 sequence, alone and doubled, so that every byte has its token,
    # also as the end of a word, as CLIP's own vocabulary has.
    points = [*range(0x21, 0x17F), *range(0x800, 0x10000, 0x1000), *range(0x10000, 0x110000, 0x40000)]
    points += [lead << 6 | 0x2D for lead in range(2, 32)]
    spelt = (f"{chr(p)} {chr(p)}{chr(p)}" for p in points if not 0xD800 <= p < 0xE000)
    words = CLIPTokenizer().train_new_from_iterator(
        chain(said, spelt), VOCABULARY, initial_alphabet=ByteLevel.alphabet(), show_progress=False
    )
    words.model_max_length = TOKENS
    return words


def network(words: CLIPTokenizer) -> CLIPTextModel:
    return CLIPTextModel(
        CLIPTextConfig(
            vocab_size=len(words),
            hidden_size=WIDTH,
            intermediate_size=4 * WIDTH,
            num_hidden_layers=4,
            num_attention_heads=4,
            max_position_embeddings=TOKENS,
            projection_dim=WIDTH,
            bos_token_id=words.bos_token_id,
            eos_token_id=words.eos_token_id,
            pad_token_id=words.pad_token_id,
        )
    )


class Parser(nn.Module):
    """The encoder with heads: the last token has read it all, and each kind of thing looks at tokens of its own."""

    def __init__(self, encoder: CLIPTextModel) -> None:
        super().__init__()
        self.encoder, self.look, self.heads = encoder, nn.Linear(WIDTH, len(KINDS)), Heads(WIDTH)

    def forward(self, ids: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        tokens = self.encoder(ids).last_hidden_state
        return self.heads(tokens[:, -1], self.look(tokens).softmax(1).transpose(1, 2) @ tokens)


def as_ids(words: CLIPTokenizer, sentences: list[str]) -> torch.Tensor:
    """(B, tokens): as many as the tokenizer reads at most."""
    return words(sentences, padding="max_length", truncation=True, return_tensors="pt").input_ids


def _draw(words: CLIPTokenizer, first: int, count: int) -> tuple[torch.Tensor, list[Named]]:
    said = [describe(sample(seed), random.Random(f"said {seed}")) for seed in range(first, first + count)]
    return as_ids(words, [s for s, _ in said]), [n for _, n in said]


def run(lab: Lab) -> None:
    torch.manual_seed(0)
    folder = lab.state / "result"
    if not (folder / "tokenizer").exists():
        tokenizer().save_pretrained(folder / "tokenizer")
    words = CLIPTokenizer.from_pretrained(folder / "tokenizer")
    model = Parser(network(words)).to(lab.device)
    optimizer = torch.optim.AdamW(model.parameters(), lr=0, betas=(0.9, 0.98), weight_decay=0.01)
    for step in lab.steps({"model": model, "optimizer": optimizer}):
        ids, named = _draw(words, step * lab.budget.batch, lab.budget.batch)
        with lab.autocast():
            logits = model(ids.to(lab.device))
        value = loss(logits, targets(named))
        lost = descend(value, model, optimizer, rate(step, lab.budget.steps, 2e-3))
        if step % 100 == 0:
            lab.say(f"step {step}", loss=lost)
    model.eval()
    ids, named = _draw(words, UNSEEN, 1024)
    with torch.inference_mode():
        found = [a for part in ids.split(128) for a in answers(model(part.to(lab.device)))]
    lab.figures(
        samples=lab.budget.steps * lab.budget.batch,
        per_cent_parsed=shares(tally(named, found)),
        parameters=sum(p.numel() for p in model.encoder.parameters()),
    )
    model.encoder.save_pretrained(folder / "text_encoder")
    lab.say("done", **shares(tally(named, found)))


RECIPE = Recipe(
    "scenes-text",
    "the text encoder of the scenes starter, before it joins the U-Net's training",
    run,
    cpu=Budget(steps=1_200, batch=64, pictures=0),
    cuda=Budget(steps=3_000, batch=256, pictures=0),
)
