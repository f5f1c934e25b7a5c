"""A residual generator that begins as a copy of its input: a translation has only to learn what should change."""

from __future__ import annotations

import torch
from torch import nn

from models.networks.translators import Residual, ResnetGenerator

# The steepness before tanh with which a copy is closest on -1..1.
STEEP = 1.5


@torch.no_grad()
def copying(network: ResnetGenerator) -> ResnetGenerator:
    """Set weights so that the network (3 channels in and out, batch norms in use) gives about its input.

    The colours, shifted to be positive so that ReLU lets them pass, go through the first channels; each halving
    moves the four pixels of a 2 × 2 cell into four times the channels, each doubling moves them back, and the
    residual blocks begin by adding nothing. All other channels begin at random. Raises ValueError where the network
    is too narrow for that.
    """
    convs = [layer for layer in network.model if isinstance(layer, (nn.Conv2d, nn.ConvTranspose2d))]
    norms = [layer for layer in network.model if isinstance(layer, nn.BatchNorm2d)]
    stem, *middle, last = convs
    carried = 3
    nn.init.kaiming_normal_(stem.weight, nonlinearity="relu")
    stem.weight[:carried] = 0
    for c in range(carried):
        stem.weight[c, c, 3, 3] = 1
    norms[0].bias[:carried] = 1
    for conv in middle:
        nn.init.kaiming_normal_(conv.weight, nonlinearity="relu")
        down = isinstance(conv, nn.Conv2d)
        if down:
            few, carried = carried, 4 * carried
            if carried > conv.out_channels:
                raise ValueError(f"{conv.out_channels} channels cannot carry a copy: {carried} can")
            conv.weight[:carried] = 0
        else:
            few = carried = carried // 4
            conv.weight[:, :carried] = 0
        for c in range(few):
            for cell in range(4):
                conv.weight[4 * c + cell, c, 1 + cell // 2, 1 + cell % 2] = 1
    last.weight.mul_(0.1)
    last.weight[:, :carried] = 0
    assert last.bias is not None
    for c in range(carried):
        last.weight[c, c, 3, 3] = STEEP
    last.bias.fill_(-STEEP)
    for block in network.model:
        if isinstance(block, Residual):
            closing = block.conv_block[-1]
            assert isinstance(closing, nn.BatchNorm2d)
            nn.init.zeros_(closing.weight)
    return network
