"""A random miniature of a diffusion model in pixels, in the format of diffusers."""

from __future__ import annotations

from typing import Any


def ddpm(
    *,
    size: int = 32,
    channels: int = 3,
    prediction_type: str = "epsilon",
    pipeline: str = "DDPMPipeline",
    times: int = 1000,
    seed: int = 0,
) -> Any:
    """A DDPMPipeline, or a DDIMPipeline: random weights from `seed`, pictures of `size` pixels, two levels.

    `times` is how many levels of noise it knows.
    """
    import diffusers
    import torch

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        unet: Any = diffusers.UNet2DModel(
            sample_size=size, in_channels=channels, out_channels=channels, block_out_channels=(8, 16),
            layers_per_block=1, down_block_types=("DownBlock2D", "AttnDownBlock2D"),
            up_block_types=("AttnUpBlock2D", "UpBlock2D"), norm_num_groups=4, attention_head_dim=8)  # fmt: skip
    kind = pipeline.replace("Pipeline", "Scheduler")
    schedule = getattr(diffusers, kind)(
        num_train_timesteps=times, prediction_type=prediction_type, beta_start=0.1 / times, beta_end=20 / times
    )
    return getattr(diffusers, pipeline)(unet.eval(), schedule)
