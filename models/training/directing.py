"""The network of clips as it learns: the U-Net over frames and the text encoder, and what is asked of each alone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
import torch.nn.functional as F
from diffusers import MotionAdapter, UNetMotionModel
from diffusers.models.embeddings import SinusoidalPositionalEmbedding
from torch import Tensor, nn
from transformers import CLIPTextModel

from models.training import distill, moving
from models.training.encoded import shipped_text_encoder
from models.training.lab import Lab

HEADS, LONGEST = 4, 32  # of the motion modules' attention, and frames that it has places for


class Director(nn.Module):
    """The U-Net over frames, and the text encoder, which learns to hear what is to move."""

    def __init__(self, unet: UNetMotionModel, text_encoder: CLIPTextModel) -> None:
        super().__init__()
        self.unet, self.text_encoder = unet, text_encoder
        answers = (len(moving.MOVERS) + 1) * len(moving.WAYS_OF)
        self.understood = nn.Linear(text_encoder.config.hidden_size, answers)
        self.gone = nn.Linear(unet.config.block_out_channels[-1], len(moving.MOVERS) * 2)
        nn.init.zeros_(self.gone.weight)
        self._middle: Tensor | None = None
        unet.mid_block.register_forward_hook(self._keep)

    def _keep(self, block: nn.Module, given: object, made: Tensor) -> None:
        self._middle = made

    def lost(self, steps: Tensor) -> Tensor:
        """(B,) mean squared error of how far the middle of the U-Net took everything to have gone in each frame of the
        last `forward`; `steps` (B, MOVERS, 2) are whole ways, `moving.steps`."""
        assert self._middle is not None
        middle = self._middle.float().flatten(2).transpose(1, 2)
        taken = self.gone(F.layer_norm(middle, middle.shape[2:]).mean(1)).unflatten(0, (len(steps), -1))
        way = steps.flatten(1)[:, None] * moving.gone(taken.shape[1]).to(steps.device)[:, None]
        return (taken - way).square().mean((1, 2))

    def forward(self, noisy: Tensor, times: Tensor, ids: Tensor, every: int = 1) -> Tensor:
        """(B, T, C, h, w) the velocities of noisy latents of that shape; `ids` (B, tokens). The frames are every so
        many-th of a clip."""
        states = self.text_encoder(ids).last_hidden_state.repeat_interleave(noisy.shape[1], 0)
        with spaced(self.unet, every):
            return self.unet(noisy.transpose(1, 2), times, states).sample.transpose(1, 2)

    def misunderstood(self, ids: Tensor, ways: Tensor) -> Tensor:
        """Cross-entropy of the ways (B, n), `moving.ways`, that the text encoder makes of ids (B, tokens).

        It is told where a sentence has ended, for only there everything has been heard. From the noise of the
        diffusion's loss it did not learn in 1,300 steps to tell left from right.
        """
        told = self.understood(self.text_encoder(ids).last_hidden_state[:, -1])
        return F.cross_entropy(told.float().view(ways.numel(), -1), ways.flatten())


@contextmanager
def spaced(unet: UNetMotionModel, every: int) -> Iterator[None]:
    """The frames have the places in time of every so many-th one: a moment is the same, however many are seen, and a
    boat has not to learn anew how far it sails from one place to the next."""
    tables = [part for part in unet.modules() if isinstance(part, SinusoidalPositionalEmbedding)]
    whole = [table.pe for table in tables]
    for table in tables:
        table.pe = table.pe[:, ::every]
    try:
        yield
    finally:
        for table, places in zip(tables, whole, strict=True):
            table.pe = places


def director(lab: Lab) -> Director:
    """The scenes' networks with motion modules (Guo et al. 2023, arXiv:2307.04725) that change nothing yet."""
    base = distill.network(lab)
    adapter = MotionAdapter(
        block_out_channels=base.config.block_out_channels, motion_layers_per_block=base.config.layers_per_block,
        motion_num_attention_heads=HEADS, motion_max_seq_length=LONGEST,
    )  # fmt: skip
    for name, values in adapter.named_parameters():
        if ".proj_out." in name:
            nn.init.zeros_(values)
    unet = UNetMotionModel.from_unet2d(base.cpu(), adapter)
    return Director(unet, longer(shipped_text_encoder(lab).cpu())).to(lab.device).requires_grad_(True)


def longer(encoder: CLIPTextModel) -> CLIPTextModel:
    """The text encoder with places for `moving.TOKENS`; those that are new begin as the last that it had."""
    config = encoder.config
    known = dict(encoder.state_dict())
    config.max_position_embeddings = moving.TOKENS
    made = CLIPTextModel(config)
    for name, places in known.items():
        if name.endswith("position_embedding.weight"):
            known[name] = torch.cat([places, places[-1:].expand(moving.TOKENS - len(places), -1)])
        elif name.endswith("position_ids"):
            known[name] = torch.arange(moving.TOKENS)[None]
    made.load_state_dict(known)
    return made
