"""ONNX graphs in the places of a Stable Diffusion pipeline's networks: called as diffusers calls those."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from models.runtime.onnx.session import Session

_NUMPY = {
    "tensor(float)": np.float32, "tensor(float16)": np.float16, "tensor(double)": np.float64,
    "tensor(int64)": np.int64, "tensor(int32)": np.int32,
}  # fmt: skip


class StandIn(nn.Module):
    """One graph. It says of itself what pipelines ask of a network: its config, device and number format."""

    dtype = torch.float32
    device = torch.device("cpu")

    def __init__(self, session: Session, **config: Any) -> None:
        from diffusers.configuration_utils import FrozenDict

        super().__init__()
        self.session = session
        self.config = FrozenDict(config)

    def computed(self, **given: Tensor) -> Tensor:
        """The first output. Inputs that the graph does not have are left out; a graph of a fixed batch gets its items
        one batch at a time."""
        shapes = self.session.shapes
        feeds = {
            name: tensor.detach().cpu().numpy().astype(_NUMPY[self.session.dtypes[name]])
            for name, tensor in given.items()
            if name in shapes
        }
        count = max(len(one) for one in feeds.values() if one.ndim > 1)
        batch = next((shape[0] for name, shape in shapes.items() if len(shape) > 1), None)
        step = batch if isinstance(batch, int) and 0 < batch < count else count
        made = []
        for start in range(0, count, step):
            part = {
                name: one[start : start + step] if one.ndim > 1 else _time(one, shapes[name])
                for name, one in feeds.items()
            }
            made.append(self.session.run(part, lambda: None))
        return torch.from_numpy(np.concatenate(made).astype(np.float32))


class TextEncoder(StandIn):
    def forward(self, input_ids: Tensor, attention_mask: Any = None, output_hidden_states: bool = False) -> Any:
        return (self.computed(input_ids=input_ids),)


class UNet(StandIn):
    def forward(self, sample: Tensor, timestep: Any, encoder_hidden_states: Tensor, **_: Any) -> Any:
        time = torch.as_tensor(timestep)
        return (self.computed(sample=sample, timestep=time, encoder_hidden_states=encoder_hidden_states),)


class Autoencoder(nn.Module):
    """The decoder's graph, and the encoder's where there is one."""

    dtype = torch.float32
    device = torch.device("cpu")

    def __init__(self, decoder: Session, encoder: Session | None, **config: Any) -> None:
        super().__init__()
        self.decoder = StandIn(decoder, **config)
        self.encoder = None if encoder is None else StandIn(encoder)
        self.config = self.decoder.config

    def decode(self, latents: Tensor, return_dict: bool = True, generator: Any = None) -> Any:
        made = self.decoder.computed(latent_sample=latents)
        return SimpleNamespace(sample=made) if return_dict else (made,)

    def encode(self, picture: Tensor, return_dict: bool = True) -> Any:
        assert self.encoder is not None
        made = self.encoder.computed(sample=picture)  # drawn or the mean, as the export has it
        return SimpleNamespace(latent_dist=SimpleNamespace(sample=lambda generator=None: made, mode=lambda: made))

    def enable_tiling(self) -> None:
        """A graph works in one piece."""

    def disable_tiling(self) -> None:
        """It does so anyway."""


def _time(one: np.ndarray, shape: list[Any]) -> np.ndarray:
    """A time in the shape that the graph takes it in: one number, or one for each item of a batch."""
    if not shape:
        return one.reshape(())
    return np.full(shape[0] if isinstance(shape[0], int) else 1, one.reshape(-1)[0], one.dtype)


def pipeline(sessions: dict[str, Session], tokenizer: Any, scheduler: Any, *, native: int, channels: int,
             factor: int, scale: float = 0.18215) -> Any:  # fmt: skip
    """A StableDiffusionPipeline around the sessions `text_encoder`, `unet`, `vae_decoder` and maybe `vae_encoder`."""
    import diffusers

    levels = (factor - 1).bit_length() + 1
    return diffusers.StableDiffusionPipeline(
        vae=Autoencoder(  # type: ignore[arg-type]
            sessions["vae_decoder"], sessions.get("vae_encoder"), latent_channels=channels, scaling_factor=scale,
            block_out_channels=(1,) * levels, sample_size=native,
        ),
        text_encoder=TextEncoder(  # type: ignore[arg-type]
            sessions["text_encoder"], max_position_embeddings=int(tokenizer.model_max_length)
        ),
        tokenizer=tokenizer,
        unet=UNet(  # type: ignore[arg-type]
            sessions["unet"], in_channels=channels, time_cond_proj_dim=None, sample_size=native // factor
        ),
        scheduler=scheduler,
        safety_checker=None,  # type: ignore[arg-type]
        feature_extractor=None,  # type: ignore[arg-type]
        requires_safety_checker=False,
    )  # fmt: skip
