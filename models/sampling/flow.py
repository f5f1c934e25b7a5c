"""Flow matching's way from noise to picture (Liu et al. 2022, arXiv:2209.03003): its times, and how straight it is."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from diffusers import FlowMatchEulerDiscreteScheduler
from torch import Tensor


class Flow(FlowMatchEulerDiscreteScheduler):
    """Euler's steps along dx/dt = v(x, t), from t = 1 (noise) to t = 0, that keep an eye on the way they take.

    `skip` steps are left out at its beginning, for a start that is part picture. After each step `denoised` is the
    picture that the velocity points at, x - t v, and `level` the t that is reached.
    """

    skip = 0
    denoised: Tensor | None = None
    _first: Tensor | None = None
    _latest: Tensor | None = None
    _velocity: Tensor | None = None
    _length = 0.0
    _turned = 0.0
    _steps = 0

    def set_timesteps(
        self,
        num_inference_steps: int | None = None,
        device: Any = None,
        sigmas: Any = None,
        mu: float | None = None,
        timesteps: Any = None,
    ) -> None:
        """As diffusers', but evenly from 1 to 0 before the shift, as Flux has it, where no `sigmas` are given: SD3's
        own end at t = 0.001, and their last step does nothing."""
        if sigmas is None and timesteps is None and num_inference_steps:
            sigmas = np.linspace(1.0, 1 / num_inference_steps, num_inference_steps)
        super().set_timesteps(num_inference_steps, device, sigmas, mu, timesteps)
        self.timesteps: Tensor = self.timesteps[self.skip :]
        self.sigmas: Tensor = self.sigmas[self.skip :]

    def step(self, model_output: Tensor, timestep: Any, sample: Tensor, *args: Any, **kwargs: Any) -> Any:
        result = super().step(model_output, timestep, sample, *args, **kwargs)
        after = result[0] if isinstance(result, tuple) else result.prev_sample
        before, velocity = sample.float(), model_output.float()
        self.denoised = before - float(self.sigmas[self.step_index - 1]) * velocity
        if self._first is None:
            self._first = before
        if self._velocity is not None:
            self._turned += angle(self._velocity, velocity)
        self._length += (after.float() - before).norm().item()
        self._latest, self._velocity, self._steps = after.float(), velocity, self._steps + 1
        return result

    @property
    def level(self) -> float:
        """The share of noise that is left, 1 to 0."""
        return float(self.sigmas[self.step_index or 0])

    @property
    def detour(self) -> float:
        """How many times as long as the straight line from its first point to its last the way was; 1 is straight.

        The discrete form of what Liu et al. call straightness (section 3.2).
        """
        if self._first is None or self._latest is None:
            return 1.0
        line = (self._latest - self._first).norm().item()
        return self._length / line if line else 1.0

    @property
    def turned(self) -> float:
        """Degrees by which the velocity turned from one step to the next, on average."""
        return self._turned / (self._steps - 1) if self._steps > 1 else 0.0


def angle(one: Tensor, other: Tensor) -> float:
    """Degrees between two tensors, taken as vectors."""
    return math.degrees(math.acos(torch.cosine_similarity(one.flatten(), other.flatten(), 0).clamp(-1, 1).item()))


def schedule(config: Mapping[str, Any], shift: float, skip: int = 0) -> Flow:
    """Fresh times for a model whose own scheduler has `config`, moved towards the noise by `shift`.

    t' = s t / (1 + (s - 1) t), eq. 23 of Esser et al. 2024 (arXiv:2403.03206): larger pictures need more noise for
    the same damage. A given shift takes the place of one that depends on the size.
    """
    made = Flow.from_config(dict(config), shift=shift, use_dynamic_shifting=False, stochastic_sampling=False)
    made.skip = skip
    return made


def mixed(clean: Tensor, noise: Tensor, level: float) -> Tensor:
    """The point at t = `level` on the straight line from a picture to noise."""
    return (1 - level) * clean + level * noise


def skipped(steps: int, strength: float) -> int:
    """How many of the steps `strength` (0 to 1) leaves out; at least one remains."""
    return min(steps - max(math.floor(steps * strength + 1e-6), 1), steps - 1)
