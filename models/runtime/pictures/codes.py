"""Pictures as a grid of codes, and back, with any VQModel of diffusers; and what can be done to the codes between."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

if TYPE_CHECKING:
    from diffusers import VQModel


def count(model: VQModel) -> int:
    """How many codes its codebook has."""
    return model.quantize.embedding.num_embeddings


def factor(config: Any) -> int:
    """The side of the square of pixels that one code stands for; `config` as a VQModel's config.json has it."""
    return 2 ** (len(config["block_out_channels"]) - 1)


# ── there and back ────────────────────────────────────────────────────────────


def encode(model: VQModel, pictures: Tensor) -> Tensor:
    """(B, h, w) of whole numbers from pictures (B, 3, H, W) in -1..1: for each place the nearest code."""
    found = model.encode(pictures).latents
    return model.quantize(found)[2][2].view(len(found), *found.shape[2:])


def vectors(model: VQModel, codes: Tensor) -> Tensor:
    """(B, D, h, w): what stands in the codebook under each of the codes (B, h, w)."""
    return model.quantize.get_codebook_entry(codes.flatten(), (*codes.shape, model.quantize.vq_embed_dim))


def decode(model: VQModel, codes: Tensor, watch: Callable[[Tensor], None] | None = None) -> Tensor:
    """Pictures (B, 3, H, W), about -1..1, of codes (B, h, w).

    `watch` sees the features (B, C, h, w) after the middle and after every level, each twice as large as the one
    before; what it raises ends the decoding.
    """
    found = vectors(model, codes)
    # As VQModel.decode does, which looks codes up only where the model's config tells it to.
    spatial = found if model.config.norm_type == "spatial" else None
    parts = (model.decoder.mid_block, *model.decoder.up_blocks) if watch is not None else ()
    hooks = [part.register_forward_hook(lambda _part, _given, made: watch(made)) for part in parts]  # type: ignore[misc]
    try:
        return model.decoder(model.post_quant_conv(found), spatial)
    finally:
        for hook in hooks:
            hook.remove()


def levels(model: VQModel) -> int:
    """How often `decode` calls `watch`."""
    return 1 + len(model.decoder.up_blocks)


# ── seen ──────────────────────────────────────────────────────────────────────


def palette(model: VQModel) -> Tensor:
    """(codes, 3) in -1..1: a colour for each code, alike where what stands for it is alike.

    The codebook's three strongest directions, each spread evenly over its range.
    """
    rows = model.quantize.embedding.weight.detach().float().cpu()
    rows = rows - rows.mean(0)
    _, _, directions = torch.linalg.svd(rows, full_matrices=False)
    seen = rows @ directions[:3].T
    order = seen.argsort(0).argsort(0).float()  # ranks: outliers would leave all others grey
    colours = torch.zeros(len(rows), 3)
    colours[:, : seen.shape[1]] = order / max(len(rows) - 1, 1) * 2 - 1
    return colours


def as_picture(codes: Tensor, colours: Tensor, square: int) -> Tensor:
    """(3, h * square, w * square) in -1..1: codes (h, w) as squares of their colours."""
    seen = colours[codes.cpu()].permute(2, 0, 1)
    return seen.repeat_interleave(square, 1).repeat_interleave(square, 2)


# ── changed ───────────────────────────────────────────────────────────────────


def commonest(codes: Tensor, rows: Tensor, keep: int) -> Tensor:
    """Codes (h, w) with no more than `keep` different ones: each other becomes the one of these that is nearest.

    `rows` (codes, D) is the codebook. Those found most often stay.
    """
    found, times = codes.unique(return_counts=True)
    stay = found[times.argsort(descending=True, stable=True)[:keep]]
    nearest = torch.cdist(rows[codes.flatten()].float(), rows[stay].float()).argmin(1)
    return stay[nearest].view_as(codes)


def grown(codes: Tensor, hole: Tensor, draw: torch.Generator) -> list[Tensor]:
    """Codes (h, w) with the places of `hole` (h, w) filled from around, ring by ring: after each ring, once.

    Each place takes the code of a neighbour, drawn by lot, that is there already. Needs one place outside the hole.
    """
    codes, open_ = codes.clone(), hole.clone()
    rings: list[Tensor] = []
    while open_.any():
        before, known = codes.clone(), ~open_
        for y, x in open_.nonzero().tolist():
            around = [
                (b, a)
                for b in range(max(y - 1, 0), min(y + 2, len(codes)))
                for a in range(max(x - 1, 0), min(x + 2, codes.shape[1]))
                if known[b, a]
            ]
            if around:
                chosen = around[int(torch.randint(0, len(around), (1,), generator=draw))]
                codes[y, x] = before[chosen]
                open_[y, x] = False
        rings.append(codes.clone())
    return rings
