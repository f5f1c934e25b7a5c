"""The samplers that a person chooses from, as diffusers' schedulers, and a look at what one is doing."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

DPM = "DPM++ 2M Karras"
# Name shown, class in diffusers, and what makes the class that sampler. Whatever else (betas, prediction type,
# spacing) is the model's own, from its scheduler_config.json.
_PLAIN = {"use_karras_sigmas": False, "use_exponential_sigmas": False, "use_beta_sigmas": False}
_KNOWN: dict[str, tuple[str, dict[str, Any]]] = {
    DPM: (
        "DPMSolverMultistepScheduler",
        _PLAIN
        | {"algorithm_type": "dpmsolver++", "solver_order": 2, "use_karras_sigmas": True, "final_sigmas_type": "zero"},
    ),
    "Euler": ("EulerDiscreteScheduler", _PLAIN),
    "Euler a": ("EulerAncestralDiscreteScheduler", {}),
    "DDIM": ("DDIMScheduler", {"thresholding": False}),
    "UniPC": ("UniPCMultistepScheduler", _PLAIN | {"solver_order": 2, "predict_x0": True, "final_sigmas_type": "zero"}),
    "LCM": ("LCMScheduler", {"thresholding": False}),
}
NAMES: tuple[str, ...] = tuple(_KNOWN)
# For models of pixels, which may be sampled as they were trained, and as slowly.
_IN_PIXELS: dict[str, tuple[str, dict[str, Any]]] = {
    "DDPM": ("DDPMScheduler", {}),
    "DDIM": ("DDIMScheduler", {}),
    "Euler": _KNOWN["Euler"],
    "Euler a": _KNOWN["Euler a"],
    "Heun": ("HeunDiscreteScheduler", _PLAIN),
    "DPM++ 2M": (_KNOWN[DPM][0], _KNOWN[DPM][1] | _PLAIN),
    "DPM++ 2M SDE": (_KNOWN[DPM][0], _KNOWN[DPM][1] | _PLAIN | {"algorithm_type": "sde-dpmsolver++"}),
    "UniPC": _KNOWN["UniPC"],
}
PIXEL_NAMES: tuple[str, ...] = tuple(_IN_PIXELS)
# Models that were made for one sampler. The others name the one of their day, and are better off with DPM++.
_MADE_FOR = ("Euler a", "UniPC", "LCM")


def default_for(class_name: str) -> str:
    """The sampler to offer first for a model whose scheduler_config.json names that class."""
    return next((name for name in _MADE_FOR if _KNOWN[name][0] == class_name), DPM)


def make(name: str, config: Mapping[str, Any], steps: int) -> Any:
    """A fresh scheduler of that name for a model whose own scheduler has `config`.

    Papers: DDIM Song et al. 2020; Euler and Euler a Karras et al. 2022 (algorithm 2, k-diffusion's ancestral
    step); DPM++ 2M Lu et al. 2022; UniPC Zhao et al. 2023; LCM Luo et al. 2023.
    """
    import diffusers

    class_name, own = _KNOWN[name]
    # Latents have no range of their own, so clipping x0 to [-1, 1], the default of pixel models, would ruin them.
    own = own | {"clip_sample": False}
    if name == "LCM":
        # A distilled model knows 50 points in time; more steps than points need a finer grid.
        own["original_inference_steps"] = max(int(config.get("original_inference_steps") or 50), steps)
    return getattr(diffusers, class_name).from_config(dict(config), **own)


def make_in_pixels(name: str, config: Mapping[str, Any]) -> Any:
    """A fresh scheduler of that name (`PIXEL_NAMES`) for a model of pixels whose own scheduler has `config`.

    Papers: DDPM Ho et al. 2020 (algorithm 2); DDIM Song et al. 2020; Euler, Euler a and Heun Karras et al. 2022
    (algorithms 1 and 2); DPM++ 2M and its SDE Lu et al. 2022; UniPC Zhao et al. 2023.
    """
    import diffusers

    class_name, own = _IN_PIXELS[name]
    return getattr(diffusers, class_name).from_config(dict(config), **own)


def noise_level(scheduler: Any, index: int) -> float:
    """What share of the signal is noise once `index` of the scheduler's steps are done: sqrt(1 - alpha_bar), 1 to 0."""
    if index >= len(scheduler.timesteps):
        return 0.0
    last = len(scheduler.alphas_cumprod) - 1
    at = min(max(round(float(scheduler.timesteps[index])), 0), last)
    return float((1 - scheduler.alphas_cumprod[at]).clamp(0, 1).sqrt())


@dataclass
class Seen:
    """What passed through a scheduler: the picture it expects (`denoised`), and what it added noise to.

    All are latents of shape (batch, channels, height / f, width / f), or None as long as there was nothing.
    """

    denoised: Any = None
    clean: Any = None
    noise: Any = None


@contextmanager
def watched(scheduler: Any, change_start: Any = None, show_start: Any = None) -> Iterator[Seen]:
    """Look over a scheduler's shoulder while a pipeline runs it; it is as before afterwards, whatever happens.

    `change_start(noisy, noise)` may replace the latents that a pipeline starts from; `show_start(latents, index)` is
    told them once, as the network sees them, and at which of the scheduler's steps they enter. Pipelines throw away the
    estimate of the finished picture that each step makes, and tell nobody which noise they drew.
    """
    seen = Seen()
    step, add_noise, scale_model_input = scheduler.step, scheduler.add_noise, scheduler.scale_model_input
    started = False

    @functools.wraps(step)  # pipelines read the signature
    def seen_step(*args: Any, **kwargs: Any) -> Any:
        result = step(*args, **kwargs)
        # Multistep solvers return only the next latents, and keep their estimates (data prediction) to themselves.
        seen.denoised = result[1] if len(result) > 1 else scheduler.model_outputs[-1]
        return result

    @functools.wraps(add_noise)
    def seen_add_noise(original_samples: Any, noise: Any, timesteps: Any) -> Any:
        noisy = add_noise(original_samples, noise, timesteps)
        if seen.noise is None:
            seen.clean, seen.noise = original_samples, noise
            if change_start is not None:
                noisy = change_start(noisy, noise)
        return noisy

    @functools.wraps(scale_model_input)
    def seen_scale_model_input(sample: Any, timestep: Any = None) -> Any:
        nonlocal started
        scaled = scale_model_input(sample, timestep)
        if not started and show_start is not None:
            show_start(scaled, int((scheduler.timesteps == timestep).nonzero()[0]))
        started = True
        return scaled

    scheduler.step, scheduler.add_noise = seen_step, seen_add_noise
    scheduler.scale_model_input = seen_scale_model_input
    try:
        yield seen
    finally:
        # Deleting what shadows the methods also breaks the cycle that would keep latents alive.
        del scheduler.step, scheduler.add_noise, scheduler.scale_model_input
