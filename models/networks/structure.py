"""A latent picture in the rough: a grid of codes, each for a block of latents, and how a transformer reads it."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.networks.code_prompt import CodePrompt


class Structure(nn.Module):
    """`codes` vectors, each a block of `block` × `block` latents of `channels`, on a grid of `side` × `side`.

    Vector quantisation of whole blocks (van den Oord et al. 2017, eq. 2) without a network around it: the latents of
    an autoencoder are a good space already. `prompt` is what a transformer of `width` is given besides the codes.
    """

    def __init__(self, channels: int, block: int, side: int, codes: int, text_width: int, width: int) -> None:
        super().__init__()
        self.channels, self.block, self.side = channels, block, side
        self.codebook = nn.Embedding(codes, channels * block**2)
        self.prompt = CodePrompt(text_width, width, side**2)

    @property
    def count(self) -> int:
        """How many codes there are."""
        return self.codebook.num_embeddings

    def blocks(self, latents: Tensor) -> Tensor:
        """(B, side², channels · block²) from latents (B, channels, side · block, side · block), row after row."""
        return F.pixel_unshuffle(latents, self.block).flatten(2).transpose(1, 2)

    def encode(self, latents: Tensor) -> Tensor:
        """(B, side²) of whole numbers: for each block of latents the code that is nearest."""
        found = self.blocks(latents.float()).flatten(0, 1)
        return torch.cdist(found, self.codebook.weight.float()).argmin(1).view(len(latents), -1)

    def decode(self, codes: Tensor) -> Tensor:
        """(B, channels, side · block, side · block): the latents that codes (B, side²) stand for."""
        found = self.codebook(codes).transpose(1, 2).unflatten(2, (self.side, self.side))
        return F.pixel_shuffle(found, self.block)


def enlarged(grid: Tensor, times: int) -> Tensor:
    """(..., h · times, w · times): every place of a grid (..., h, w) as a square."""
    return grid.repeat_interleave(times, -2).repeat_interleave(times, -1)
