"""The scenes' U-Net as a teacher of flows: what it predicts of its own kind of noise, told as a velocity."""

from __future__ import annotations

import torch
from diffusers import DDIMScheduler, UNet2DConditionModel
from torch import Tensor

from models.training.lab import Lab
from models.training.starter import SCENES

# The share of noise up to which the teacher knows its way: its own last level leaves a fifteenth of the picture.
KNOWS = 0.93


class FlowTeacher:
    """Says the velocity at a point between picture and noise: not one line's, but the mean of all that cross there.

    That mean is what a student of flow matching ends at; hearing it at once takes most of the chance out of each
    lesson. Straight lines and the teacher's arcs pass through the same mixtures of picture and noise, up to a factor
    (Kingma et al. 2021, arXiv:2107.00630, section 3.3).
    """

    def __init__(self, lab: Lab) -> None:
        unet: UNet2DConditionModel = UNet2DConditionModel.from_pretrained(
            SCENES / "unet", torch_dtype=torch.float32, local_files_only=True
        )
        self._unet = unet.to(lab.device).eval().requires_grad_(False)
        kept = DDIMScheduler.from_pretrained(SCENES / "scheduler", local_files_only=True).alphas_cumprod
        self._noise = ((1 - kept) / kept).sqrt().to(lab.device)  # noise to picture, rising

    @torch.no_grad()
    def velocity(self, x: Tensor, times: Tensor, states: Tensor) -> Tensor:
        """Noise minus picture, expected at `x` = (1 - t) picture + t noise. (B, C, H, W); times (B,) below KNOWS;
        `states` of all the text encoder's places, also those that pad."""
        part = times.view(-1, 1, 1, 1)
        scale = ((1 - part) ** 2 + part**2).rsqrt()
        picture, noise = (1 - part) * scale, part * scale
        level = torch.searchsorted(self._noise, times / (1 - times)).clamp(max=len(self._noise) - 1)
        x = x * scale
        found = self._unet(x, level, states).sample.float()
        return (noise * x + picture * found) - (picture * x - noise * found)
