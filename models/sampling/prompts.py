"""A prompt as CLIP reads it: its encoding for Stable Diffusion's networks, and which of its words found no room."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from models.prompting import weights

_SHOWN_CHARS = 300


def encode(pipeline: Any, prompt: str, negative_prompt: str, guided: bool) -> dict[str, Tensor]:
    """What a Stable Diffusion (XL) pipeline takes instead of texts; each text encoder runs once, on all texts.

    Weights in the texts (`models.prompting.weights`) act on the tokens that they are written around. `guided` without
    guidance only the prompt is encoded. Shapes: embeds (1, tokens, width), pooled (1, width).
    SD takes the last hidden state, SDXL the last but one of both its encoders and the second one's pooled
    projection (Podell et al. 2023, section 2.1).
    """
    said = [weights.letters(text) for text in ([prompt, negative_prompt] if guided else [prompt])]
    texts = ["".join(one.text for one in letters) for letters in said]
    weighed = any(one.weight != 1 for letters in said for one in letters)
    is_xl = getattr(pipeline, "text_encoder_2", None) is not None
    pairs = [] if pipeline.text_encoder is None else [(pipeline.tokenizer, pipeline.text_encoder)]
    if is_xl:  # its refiner has the second one alone
        pairs.append((pipeline.tokenizer_2, pipeline.text_encoder_2))
    states, pooled = [], None
    with torch.inference_mode():
        for tokenizer, encoder in pairs:
            given = tokenizer(
                texts,
                padding="max_length",
                max_length=limit(tokenizer, encoder),
                truncation=True,
                return_offsets_mapping=weighed,
                return_tensors="pt",
            )
            masked = getattr(encoder.config, "use_attention_mask", False)

            def read(ids: Tensor, mask: Tensor | None, encoder: Any = encoder) -> tuple[Tensor, Tensor]:
                """The states of the tokens, and the pooled projection or, of an encoder without one, the states."""
                found = encoder(
                    ids.to(pipeline._execution_device),
                    attention_mask=None if mask is None else mask.to(pipeline._execution_device),
                    output_hidden_states=is_xl,
                )
                return found.hidden_states[-2] if is_xl else found[0], found[0]

            state, pooled = read(given.input_ids, given.attention_mask if masked else None)
            if weighed:
                mask = given.attention_mask if masked else torch.ones_like(given.input_ids)
                empty = tokenizer("", padding="max_length", max_length=state.shape[1], return_tensors="pt").input_ids
                nothing = read(empty, None)[0][0]
                state = _weighed(state, said, given, mask, nothing, lambda ids, mask: read(ids, mask)[0])
            states.append(state)
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


def _weighed(
    states: Tensor,
    said: list[list[weights.Letter]],
    given: Any,
    mask: Tensor,
    nothing: Tensor,
    read: Callable[[Tensor, Tensor], Tensor],
) -> Tensor:
    """States (texts, tokens, width) of texts with their weights: for what has the weight w, (w - 1) times the way from
    the states without it to those with it is added to all of them. 0 takes it away, 1 leaves every bit as it is.

    Later tokens have heard of a word, too, and its own tokens alone weigh little; so this takes the way that compel
    (github.com/damian0815/compel) takes for weights below 1, and goes on along it above. "Without" is read with no
    token looking at the word's, where stands what there is when nothing is said (`nothing`, tokens × width). `given`
    are the tokens with their places in the texts, `read` gives states of ids and a mask, (1, tokens) each.
    """
    made = states.clone()
    for row, letters in enumerate(said):
        own = torch.ones(states.shape[1])
        for column, (start, end) in enumerate(given.offset_mapping[row].tolist()):
            if start < end <= len(letters):  # marks, and what fills the rest, stand nowhere
                own[column] = round(letters[start].weight, 6)
        for weight in own[own != 1].unique().tolist():
            there = own == weight
            without = read(given.input_ids[row : row + 1], mask[row : row + 1] * ~there)[0]
            without[there.to(without.device)] = nothing[there.to(nothing.device)]
            made[row] += (weight - 1) * (states[row] - without)
    return made


def limit(tokenizer: Any, encoder: Any) -> int:
    """Tokens that the encoder reads, start and end marks included."""
    return min(int(tokenizer.model_max_length), int(encoder.config.max_position_embeddings))


def left_out(pipeline: Any, text: str) -> str:
    """The end of `text`, without its signs, that does not fit the (first) text encoder; empty where all of it does."""
    which = "_2" if pipeline.text_encoder is None else ""
    tokenizer, encoder = getattr(pipeline, f"tokenizer{which}"), getattr(pipeline, f"text_encoder{which}")
    return unread(tokenizer, limit(tokenizer, encoder), weights.plain(text))


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
