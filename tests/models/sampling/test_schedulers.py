"""Samplers: each is made from any model's own schedule, and watched without being changed."""

from __future__ import annotations

import inspect
from typing import Any

import pytest
import torch

from models.sampling import schedulers

# As SD 1.5, SD 2.1, SDXL and an LCM name theirs.
SCHEDULE = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear", "num_train_timesteps": 1000}
CONFIGS: dict[str, dict[str, Any]] = {
    "PNDMScheduler": {**SCHEDULE, "skip_prk_steps": True, "steps_offset": 1, "set_alpha_to_one": False},
    "DDIMScheduler": {**SCHEDULE, "prediction_type": "v_prediction", "clip_sample": False},
    "EulerDiscreteScheduler": {**SCHEDULE, "interpolation_type": "linear", "use_karras_sigmas": True},
    "LCMScheduler": {**SCHEDULE, "original_inference_steps": 50, "timestep_scaling": 10.0},
}


@pytest.mark.parametrize("name", schedulers.NAMES)
@pytest.mark.parametrize("own", CONFIGS)
def test_every_sampler_runs_on_every_schedule(name: str, own: str) -> None:
    import diffusers

    config = getattr(diffusers, own)(**CONFIGS[own]).config
    made = schedulers.make(name, config, 60)
    made.set_timesteps(60)
    assert len(made.timesteps) == 60
    assert made.config.prediction_type == CONFIGS[own].get("prediction_type", "epsilon")
    if "use_karras_sigmas" in inspect.signature(type(made)).parameters:
        assert made.config.use_karras_sigmas is (name == schedulers.DPM)
    levels = [schedulers.noise_level(made, index) for index in range(61)]
    assert levels == sorted(levels, reverse=True)
    assert 1 >= levels[0] > 0.9 and levels[-1] == 0


@pytest.mark.parametrize("name", schedulers.NAMES)
def test_a_perfect_model_is_seen_to_expect_its_picture(name: str) -> None:
    """A model that knows the picture: every step's estimate is that picture, and so is the end."""
    scheduler = schedulers.make(name, {**SCHEDULE, "steps_offset": 1}, 8)
    scheduler.set_timesteps(8)
    picture = torch.linspace(-1, 1, 32).view(1, 2, 4, 4)
    generator = torch.Generator().manual_seed(0)
    latents = torch.randn(picture.shape, generator=generator) * scheduler.init_noise_sigma
    takes = inspect.signature(scheduler.step).parameters
    with schedulers.watched(scheduler) as seen:
        assert inspect.signature(scheduler.step).parameters == takes
        for time in scheduler.timesteps:
            seen_by_the_model = scheduler.scale_model_input(latents, time)
            alpha = scheduler.alphas_cumprod[round(float(time))]
            noise = (seen_by_the_model - alpha.sqrt() * picture) / (1 - alpha).sqrt()
            options = {"generator": generator} if "generator" in takes else {}
            latents = scheduler.step(noise, time, latents, **options, return_dict=False)[0]
            assert torch.allclose(seen.denoised, picture, atol=0.03), name
    assert torch.allclose(latents, picture, atol=0.06)
    assert "step" not in vars(scheduler) and "add_noise" not in vars(scheduler)


def test_the_noise_that_a_pipeline_draws_is_seen_and_the_start_may_be_another() -> None:
    scheduler = schedulers.make("DDIM", SCHEDULE, 4)
    scheduler.set_timesteps(4)
    clean, noise = torch.ones(1, 1, 2, 2), torch.full((1, 1, 2, 2), 2.0)
    with schedulers.watched(scheduler, lambda noisy, drawn: noisy * 0 + drawn) as seen:
        assert torch.equal(scheduler.add_noise(clean, noise, scheduler.timesteps[:1]), noise)
        assert seen.clean is clean and seen.noise is noise
        later = scheduler.add_noise(clean, noise, scheduler.timesteps[1:2])
    assert torch.equal(later, scheduler.add_noise(clean, noise, scheduler.timesteps[1:2]))


def test_it_is_as_before_also_after_a_failure() -> None:
    scheduler = schedulers.make("Euler", SCHEDULE, 4)
    with pytest.raises(KeyError), schedulers.watched(scheduler):
        raise KeyError
    assert "step" not in vars(scheduler)


def test_models_that_were_made_for_a_sampler_begin_with_it() -> None:
    named = {name: schedulers.default_for(name) for name in (*CONFIGS, "EulerAncestralDiscreteScheduler", "")}
    assert named["LCMScheduler"] == "LCM"
    assert named["EulerAncestralDiscreteScheduler"] == "Euler a"
    assert named["PNDMScheduler"] == named["EulerDiscreteScheduler"] == named[""] == schedulers.DPM
