"""How faithful a model of soundscapes is: unseen sentences, and which of their sounds the listener hears."""

from __future__ import annotations

import random

import torch
from torch import Tensor

from models.reader.listener import Listener, shares
from models.reader.soundscape import Layer, Soundscape, describe, sample
from models.training.faithful import FIRST


def prompts(count: int) -> tuple[list[str], list[tuple[Layer, ...]], list[Soundscape]]:
    """Sentences of soundscapes that no training has seen, what each names, and the soundscapes themselves."""
    wanted = [sample(FIRST + k) for k in range(count)]
    said = [describe(scape, random.Random(scape.seed)) for scape in wanted]
    return [text for text, _ in said], [named for _, named in said], wanted


def score(listener: Listener, waves: list[Tensor], named: list[tuple[Layer, ...]]) -> dict[str, float]:
    """Per cent right of what is named, in waveforms (samples,) at the listener's rate."""
    found = [answer for wave in waves for answer in listener.read(torch.as_tensor(wave)[None])]
    return shares(list(named), found)
