"""How a language model learns to write the codes of pictures from sentences."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from transformers import LlamaConfig, LlamaForCausalLM

from models.networks.code_prompt import CodePrompt
from models.reader.scene import Scene
from models.training import heard
from models.training.encoded import phrased, sentences, shipped_text_encoder, shipped_words
from models.training.lab import Average, Lab, descend, rate
from models.training.muon import Muon
from models.training.recipes.scenes_text import as_ids
from models.training.starter import computed_in_full

HEARD = 32  # pictures by which it is told whether words are heard
THINGS = 3.0  # a code that shows a thing counts so much more, as in the scenes' training


def llama(codes: int, width: int, layers: int, inner: int) -> LlamaForCausalLM:
    """A transformer over so many codes and a begin mark; heads are 64 wide, `inner` is the width between."""
    return LlamaForCausalLM(
        LlamaConfig(
            vocab_size=codes + 1, hidden_size=width, intermediate_size=inner, num_hidden_layers=layers,
            num_attention_heads=width // 64, max_position_embeddings=512, bos_token_id=None, eos_token_id=None,
            tie_word_embeddings=False,
        )
    )  # fmt: skip


class Writer(nn.Module):
    """What is trained: the transformer, and the embeddings that it is given."""

    def __init__(self, transformer: LlamaForCausalLM, prompt: CodePrompt) -> None:
        super().__init__()
        self.transformer, self.prompt = transformer, prompt

    def forward(self, states: Tensor, codes: Tensor, at: Tensor | None = None) -> Tensor:
        """(B, n, codes) logits of codes (B, n), each from the words' states and the codes before it.

        They are those of the places `at` (n,), of all if that is None, and are given the turn (RoPE's) of their place.
        """
        at = torch.arange(self.prompt.places, device=codes.device) if at is None else at
        stream = self.prompt.stream(self.transformer, states, codes, at)
        turns = torch.cat([torch.arange(states.shape[1], device=at.device), states.shape[1] + at])[None]
        # With the mask it is clear that turns which are left out do not begin another text.
        said = torch.ones(stream.shape[:2], dtype=torch.long, device=stream.device)
        told = self.transformer(
            inputs_embeds=stream, attention_mask=said, position_ids=turns, logits_to_keep=codes.shape[1]
        )
        return told.logits[..., :-1]


class Spoken:
    """The world's scenes in words: every one in several ways, now and then nothing at all, as guidance needs it."""

    def __init__(self, lab: Lab, scenes: list[Scene]) -> None:
        words = shipped_words()
        self._encoder, self._device = shipped_text_encoder(lab), lab.device
        self._said, self._silence = sentences(scenes, words), as_ids(words, [""])

    def ids(self, seeds: Tensor, draw: torch.Generator) -> Tensor:
        """(B, tokens): what is said of scenes (B,)."""
        return phrased(self._said, self._silence, seeds, draw).to(self._device)

    @torch.no_grad()
    def read(self, ids: Tensor) -> Tensor:
        """(B, tokens, width): as the starter's text encoder reads it."""
        return self._encoder(ids).last_hidden_state


def loss(logits: Tensor, codes: Tensor, shown: Tensor) -> Tensor:
    """Cross-entropy of codes (B, places), those where a thing shows (`shown`, 0..1) counting more."""
    each = F.cross_entropy(logits.float().flatten(0, 1), codes.flatten(), reduction="none").view_as(codes)
    share = 1 + THINGS * shown
    return (each * share).sum() / share.sum()


def commonness(codes: Tensor, shown: Tensor) -> float:
    """The loss of who knows how often each of codes (N, places) comes, and nothing of pictures or words."""
    share = 1 + THINGS * shown.flatten().double().cpu()
    often = torch.bincount(codes.flatten().long().cpu(), weights=share)
    return torch.special.entr(often / often.sum()).sum().item()


def matrices(transformer: LlamaForCausalLM) -> list[nn.Parameter]:
    """The weights between hidden layers, which Muon moves."""
    return [weight for weight in transformer.model.layers.parameters() if weight.ndim == 2]


def sparse(step: int, places: int) -> Tensor:
    """Every second place of every second row, each quarter of a square grid in its turn: a fourth of the places."""
    side = math.isqrt(places)
    rows, columns = torch.arange(step // 2 % 2, side, 2), torch.arange(step % 2, side, 2)
    return (rows[:, None] * side + columns).flatten()


def learn(
    lab: Lab,
    build: Callable[[], Writer],
    codes: Tensor,
    shown: Tensor,
    spoken: Spoken,
    look: Callable[[Writer, str], None],
    name: str = "checkpoint",
    early: float = 0.0,
) -> Writer:
    """The averaged writer after the budget's steps. `codes` (N, places) and where things show, `shown` (N, 1, h, w),
    are of the scenes that are `spoken` of; `look` is shown the writer now and then. `name` is the checkpoint's.

    For the share `early` of the steps it learns from a fourth of each picture's places and twice as many pictures,
    which costs half: what the words say of a picture can be told by these, and is what takes longest to learn.
    """
    model, twin = build().to(lab.device), build().to(lab.device)
    average = Average(model, twin, min(0.9995, 1 - 6 / lab.budget.steps))
    optimizer = Muon(model, matrices(model.transformer), betas=(0.9, 0.98), weight_decay=0.03)
    lab.say("by how often codes come", loss=commonness(codes, shown))
    some = torch.arange(min(HEARD, len(codes)))
    asked = spoken.ids(some, lab.generator())

    def told(whose: Tensor) -> Tensor:
        states, wanted = spoken.read(asked[whose]), codes[some.to(codes.device)].long()
        return loss(average.model(states, wanted), wanted, shown[some.to(shown.device)].flatten(1).float())

    total = 0.0
    for step in lab.steps({"model": model, "average": average, "optimizer": optimizer}, name):
        draw, few = lab.generator(step), step < early * lab.budget.steps
        seeds = torch.randint(0, len(codes), (lab.budget.batch * (2 if few else 1),), generator=draw)
        ids = spoken.ids(seeds, draw)
        at = sparse(step, codes.shape[1]).to(codes.device) if few else None
        wanted, seen = codes[seeds.to(codes.device)].long(), shown[seeds.to(shown.device)].flatten(1).float()
        if at is not None:
            wanted, seen = wanted[:, at], seen[:, at]
        with lab.autocast():
            logits = model(spoken.read(ids), wanted, at)
        value = loss(logits, wanted, seen)
        total += descend(value, model, optimizer, rate(step, lab.budget.steps, 2e-3))
        average.update(model)
        if step % 100 == 99:
            lab.say(f"step {step + 1}", loss=total / 100)
            total = 0.0
        heard.tell(lab, step, told, len(some))
        if lab.due(step, 2000):
            look(average.model, f"step-{step + 1}")
    return average.model


def save(transformer: LlamaForCausalLM, folder: Path) -> None:
    """The transformer in half precision on disk, full precision in its config, for what to compute in."""
    half = LlamaForCausalLM(transformer.config).half()
    half.load_state_dict(transformer.state_dict())
    half.save_pretrained(folder, safe_serialization=True)
    computed_in_full(half, folder)


def parameters(*networks: nn.Module) -> int:
    return sum(p.numel() for network in networks for p in network.parameters())
