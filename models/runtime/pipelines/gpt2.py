"""The language model of AudioLDM 2, which its published folders call `GPT2Model`, with what its pipeline asks of it."""

from __future__ import annotations

from typing import Any

import torch


def let_it_write(pipeline: Any) -> None:
    """Put a GPT-2 that only reads, where a pipeline has it write on, into the class that can.

    Since transformers 5 only classes with a head can generate. AudioLDM 2 (Liu et al. 2023, arXiv:2308.05734) takes the
    hidden states before the head, so it does not matter which one that is: here the words' own weights, as in GPT-2.
    """
    reader: Any = getattr(pipeline, "language_model", None)
    if type(reader).__name__ != "GPT2Model":
        return
    from transformers import GPT2LMHeadModel

    with torch.device("meta"):
        writer = GPT2LMHeadModel(reader.config)
    writer.transformer = reader
    writer.lm_head.weight = reader.wte.weight
    pipeline.register_modules(language_model=writer.eval())
