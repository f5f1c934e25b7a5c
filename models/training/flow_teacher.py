"""The scenes' U-Net as a teacher of flows: what it predicts of its own kind of noise, told as a velocity."""

from __future__ import annotations

import torch
from diffusers import DDIMScheduler, UNet2DConditionModel
from torch import Tensor

from models.training.lab import Lab
from models.training.starter import SCENES


class FlowTeacher:
    """Says the velocity at a point between picture and noise: not one line's, but the mean of all that cross there.

    That mean is what a student of flow matching ends at; hearing it at once takes most of the chance out of each
    lesson. Straight lines and the teacher's arcs pass through the same mixtures of picture and noise, up to a factor
    (Kingma et al. 2021, arXiv:2107.00630, section 3.3). The teacher's own last level leaves a fifteenth of the picture:
    beyond it, up to noise alone, it is asked as if it stood there, which is where it begins a picture itself.
    """

    def __init__(self, lab: Lab) -> None:
        unet: UNet2DConditionModel = UNet2DConditionModel.from_pretrained(
            SCENES / "unet", torch_dtype=torch.float32, local_files_only=True
        )
        self._unet = unet.to(lab.device).eval().requires_grad_(False)
        kept = DDIMScheduler.from_pretrained(SCENES / "scheduler", local_files_only=True).alphas_cumprod
        self._noise = ((1 - kept) / kept).sqrt().to(lab.device)  # noise to picture, rising
        self._last = float(self._noise[-1] / (1 + self._noise[-1]))

    @torch.no_grad()
    def velocity(self, x: Tensor, times: Tensor, states: Tensor) -> Tensor:
        """Noise minus picture, expected at `x` = (1 - t) picture + t noise. (B, C, H, W); times (B,) in 0..1;
        `states` of all the text encoder's places, also those that pad."""
        part = times.view(-1, 1, 1, 1)
        known = part.clamp(max=self._last)
        scale = ((1 - known) ** 2 + known**2).rsqrt()
        picture, noise = (1 - known) * scale, known * scale
        level = torch.searchsorted(self._noise, times / (1 - times)).clamp(max=len(self._noise) - 1)
        whole = x * ((1 - part) ** 2 + part**2).rsqrt()
        found = self._unet(whole, level, states).sample.float()
        clean = picture * whole - noise * found
        return torch.where(part > known, (x - clean) / part, noise * whole + picture * found - clean)
