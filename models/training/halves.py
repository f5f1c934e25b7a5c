"""What GANs that are taught in two halves share: an encoder of features to meet at, what it makes of a world, and what
is left for the next recipe."""

from __future__ import annotations

from collections.abc import Callable

import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from models.training.encoded import kept
from models.training.lab import Lab
from models.training.pictures import Drawings


def encoder(channels: int, bend: nn.Module) -> nn.Sequential:
    """Pictures (B, 3, S, S) to features (B, channels, S/8, S/8) of mean 0 and variance 1, then bent as the generator's
    are."""
    layers: list[nn.Module] = []
    before = 3
    for width in (32, 64, 96):
        layers += [nn.Conv2d(before, width, 4, 2, 1), nn.LeakyReLU(0.2)]
        before = width
    return nn.Sequential(*layers, nn.Conv2d(before, channels, 3, 1, 1), nn.BatchNorm2d(channels, affine=False), bend)


def features(lab: Lab, name: str, network: nn.Sequential, tell: Callable[[Tensor], Tensor], world: Drawings) -> Tensor:
    """(N, C, S/8, S/8), half precision: what `tell` says of each picture. Kept for these weights of the encoder."""
    mark = f"{float(network[0].weight.detach().double().sum()):.6f}"  # type: ignore[union-attr,operator,arg-type]
    return kept(lab, f"{name}-features-{world.count}-{mark}", lambda: _told(tell, world))


@torch.inference_mode()
def _told(tell: Callable[[Tensor], Tensor], world: Drawings) -> Tensor:
    parts = torch.arange(world.count).split(64)
    return torch.cat([tell(world.batch(part)).half().cpu() for part in parts])


def leave(lab: Lab, network: nn.Module, name: str) -> None:
    """The weights for the recipe that goes on with them, `name`.safetensors where `Lab.result` finds it."""
    folder = lab.state / "result"
    folder.mkdir(parents=True, exist_ok=True)
    state = {key: value.contiguous().cpu() for key, value in network.state_dict().items()}
    save_file(state, folder / f"{name}.safetensors")
