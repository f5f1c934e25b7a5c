"""Drawing the next token from a model's logits."""

from __future__ import annotations

import torch
from torch import Tensor


def guided(said: Tensor, silent: Tensor, scale: float) -> Tensor:
    """Logits with classifier-free guidance: away from what the model says without words (Ho & Salimans 2022, eq. 6)."""
    return silent + scale * (said - silent)


def draw(
    logits: Tensor, generator: torch.Generator, *, temperature: float = 1.0, top_k: int = 0, top_p: float = 1.0
) -> Tensor:
    """(B,) tokens from logits (B, V), on their device; the lot is drawn on the CPU, so that every device draws alike.

    At temperature 0 the likeliest. `top_k` leaves only so many of the likeliest (0: all), `top_p` only as many as it
    takes to hold that share of the chances (Holtzman et al. 2020, arXiv:1904.09751, §3.1).
    """
    if temperature <= 0:
        return logits.argmax(-1)
    chances = allowed(logits.float() / temperature, top_k, top_p).softmax(-1).cpu()
    return torch.multinomial(chances, 1, generator=generator)[:, 0].to(logits.device)


def allowed(logits: Tensor, top_k: int, top_p: float) -> Tensor:
    """The logits with -inf for what `top_k` and `top_p` leave out; the likeliest always stays."""
    if top_k:
        least = logits.topk(min(top_k, logits.shape[-1]), -1).values[..., -1:]
        logits = logits.masked_fill(logits < least, -torch.inf)
    if top_p < 1:
        ordered, places = logits.sort(-1, descending=True)
        before = ordered.softmax(-1).cumsum(-1) - ordered.softmax(-1)  # held by likelier ones
        out = (before >= top_p).scatter(-1, places, before >= top_p)
        logits = logits.masked_fill(out, -torch.inf)
    return logits


def bits(logits: Tensor, tokens: Tensor) -> Tensor:
    """(B,) how surprising tokens (B,) are where the logits (B, V) were expected, in bits."""
    return -logits.float().log_softmax(-1).gather(-1, tokens[:, None])[:, 0] / 0.6931471805599453
