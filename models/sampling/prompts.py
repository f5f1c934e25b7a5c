"""A prompt as CLIP reads it: its encoding for Stable Diffusion's networks, and which of its words found no room."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

_SHOWN_CHARS = 300


def encode(pipeline: Any, prompt: str, negative_prompt: str, guided: bool) -> dict[str, Tensor]:
    """What a Stable Diffusion (XL) pipeline takes instead of texts; each text encoder runs once, on both texts.

    `guided` without guidance only the prompt is encoded. Shapes: embeds (1, tokens, width), pooled (1, width).
    SD takes the last hidden state, SDXL the last but one of both its encoders and the second one's pooled
    projection (Podell et al. 2023, section 2.1).
    """
    texts = [prompt, negative_prompt] if guided else [prompt]
    is_xl = getattr(pipeline, "text_encoder_2", None) is not None
    pairs = [] if pipeline.text_encoder is None else [(pipeline.tokenizer, pipeline.text_encoder)]
    if is_xl:  # its refiner has the second one alone
        pairs.append((pipeline.tokenizer_2, pipeline.text_encoder_2))
    states, pooled = [], None
    with torch.inference_mode():
        for tokenizer, encoder in pairs:
            given = tokenizer(
                texts, padding="max_length", max_length=limit(tokenizer, encoder), truncation=True, return_tensors="pt"
            )
            masked = getattr(encoder.config, "use_attention_mask", False)
            found = encoder(
                given.input_ids.to(pipeline._execution_device),
                attention_mask=given.attention_mask.to(pipeline._execution_device) if masked else None,
                output_hidden_states=is_xl,
            )
            states.append(found.hidden_states[-2] if is_xl else found[0])
            pooled = found[0]
    embeds = torch.cat(states, dim=-1)
    made = {"prompt_embeds": embeds[:1]}
    if guided:
        made["negative_prompt_embeds"] = embeds[1:]
    if is_xl and pooled is not None:
        made["pooled_prompt_embeds"] = pooled[:1]
        if guided:
            made["negative_pooled_prompt_embeds"] = pooled[1:]
            # SDXL was trained with zeros, not with the encoding of "", where nothing is said.
            if pipeline.config.get("force_zeros_for_empty_prompt") and not negative_prompt.strip():
                made["negative_prompt_embeds"] = torch.zeros_like(embeds[1:])
                made["negative_pooled_prompt_embeds"] = torch.zeros_like(pooled[1:])
    return made


def limit(tokenizer: Any, encoder: Any) -> int:
    """Tokens that the encoder reads, start and end marks included."""
    return min(int(tokenizer.model_max_length), int(encoder.config.max_position_embeddings))


def left_out(pipeline: Any, text: str) -> str:
    """The end of `text` that does not fit the (first) text encoder; empty where all of it does."""
    which = "_2" if pipeline.text_encoder is None else ""
    tokenizer, encoder = getattr(pipeline, f"tokenizer{which}"), getattr(pipeline, f"text_encoder{which}")
    return unread(tokenizer, limit(tokenizer, encoder), text)


def unread(tokenizer: Any, most: int, text: str) -> str:
    """The end of `text` beyond `most` tokens, start and end marks included; empty where there is none."""
    room = most - tokenizer.num_special_tokens_to_add()
    found = tokenizer(text, add_special_tokens=False, return_offsets_mapping=True, verbose=False)
    if len(found["input_ids"]) <= room:
        return ""
    return text[found["offset_mapping"][room - 1][1] :].strip()


def notice(words: str, whose: str) -> str:
    """The sentence for words that found no room in `whose` ("prompt" or "negative prompt")."""
    if len(words) > _SHOWN_CHARS:
        words = f"{words[: _SHOWN_CHARS * 2 // 3].rstrip()} … {words[-_SHOWN_CHARS // 3 :].lstrip()}"
    return f"The {whose} is longer than this model reads, so its end was left out: “{words}”."
