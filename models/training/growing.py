"""A U-Net that learns from its middle outwards: on small pictures first, with levels added until it is whole."""

from __future__ import annotations

from itertools import pairwise

import torch
from diffusers import UNet2DModel
from torch import Tensor, nn
from torch.nn import functional as F


class Growing(nn.Module):
    """A UNet2DModel, and for each of its levels but the first a way in and out of its own.

    At `level` k it takes pictures 2^k times smaller and runs only the levels from k on: what lies outside is
    replaced by one convolution in, of as many channels as level k - 1 hands over, and one out. Nothing has to be
    converted when a level is added, and the time means the same at each (Karras et al. 2018, arXiv:1710.10196, grow
    GANs so). The network has no attention but in its middle.
    """

    def __init__(self, unet: UNet2DModel) -> None:
        super().__init__()
        self.unet = unet
        wide, groups = unet.config.block_out_channels, unet.config.norm_num_groups
        pairs = list(pairwise(wide))
        self.stems = nn.ModuleList(nn.Conv2d(3, outer, 3, padding=1) for outer, _ in pairs)
        self.heads = nn.ModuleList(
            nn.Sequential(nn.GroupNorm(groups, inner), nn.SiLU(), nn.Conv2d(inner, 3, 3, padding=1))
            for _, inner in pairs
        )
        for part in (unet.conv_out, *self.heads.modules()):
            if isinstance(part, nn.Conv2d):
                nn.init.zeros_(part.weight)

    def forward(self, noisy: Tensor, times: Tensor, level: int = 0) -> Tensor:
        """(B, 3, H / 2^level, W / 2^level) in and out; `times` (B,)."""
        unet = self.unet
        if not level:
            return unet(noisy, times).sample
        told = unet.time_embedding(unet.time_proj(times).to(noisy.dtype))
        here = self.stems[level - 1](noisy)
        passed = [here]
        for block in unet.down_blocks[level:]:
            here, kept = block(here, told)
            passed += kept
        here = unet.mid_block(here, told)
        ups = unet.up_blocks[: len(unet.up_blocks) - level]
        for block in ups:
            for resnet in block.resnets:
                here = resnet(torch.cat([here, passed.pop()], 1), told)
            if block is not ups[-1]:
                here = block.upsamplers[0](here)
        return self.heads[level - 1](here)


def shrunk(pictures: Tensor, level: int) -> Tensor:
    """(B, 3, H, W) to (B, 3, H / 2^level, W / 2^level), each pixel the mean of those it stands for."""
    return F.avg_pool2d(pictures, 2**level) if level else pictures


def stage(step: int, shares: tuple[float, ...], total: int) -> int:
    """The level at which `step` of `total` learns: `shares` of the steps go to the innermost first, to 0 last."""
    end = 0.0
    for k, share in enumerate(shares):
        end += share * total
        if step < end:
            return len(shares) - 1 - k
    return 0
