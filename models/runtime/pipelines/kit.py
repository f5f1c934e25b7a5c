"""Additions to a loaded Stable Diffusion, read from disk when they are first asked for.

Files that bring no config are built by the model's own: a ControlNet is a copy of half its U-Net, and another
autoencoder has the shape of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from models.failures import out_of_memory
from models.networks import weights as on_disk
from models.protocol import BadInput
from models.runtime.fitting.plan import Plan
from models.runtime.fitting.precision import cast_at_the_door
from models.runtime.pipelines.stable_diffusion_load import doors

_PLAIN = "diffusion_pytorch_model.safetensors"
# Where the layers of a hint's encoder lie, whose widths no config tells.
_HINT_DIFFUSERS = ("conv_in", "blocks.1", "blocks.3", "blocks.5")
_HINT_ORIGINAL = ("0", "4", "8", "12")


@dataclass(frozen=True)
class Kit:
    """What there is by the names that the card has: functions that read a ControlNetModel, LoRA weights, the vectors of
    learned words, and an autoencoder (`encode` and `decode` as diffusers' have them)."""

    controls: Mapping[str, Callable[[], Any]] = field(default_factory=dict)
    styles: Mapping[str, Callable[[], dict[str, Tensor]]] = field(default_factory=dict)
    words: Mapping[str, Callable[[], dict[str, Tensor]]] = field(default_factory=dict)
    decoders: Mapping[str, Callable[[], Any]] = field(default_factory=dict)


def weights(file: Path) -> dict[str, Tensor]:
    """LoRA weights in diffusers' names or kohya's, or learned words. Raises BadInput."""
    return on_disk.state_dict(next(iter(sorted(file.glob("*.safetensors"))), file) if file.is_dir() else file)


def control(place: Path, pipeline: Any, plan: Plan) -> Any:
    """The ControlNetModel in that folder or file, on the plan's device and in its number format. Raises BadInput."""
    import diffusers

    heavy = getattr(torch, plan.dtype)
    if place.is_dir():
        variant = None if (place / _PLAIN).exists() else "fp16"
        made: Any = _attempt(
            lambda: diffusers.ControlNetModel.from_pretrained(
                place, torch_dtype=heavy, variant=variant, use_safetensors=True, local_files_only=True
            ),
            f"The control network in {place}",
        )
    else:
        made = _attempt(lambda: _control(on_disk.state_dict(place), pipeline.unet), f"The control network {place.name}")
        made = made.to(heavy)
    if plan.device == "cpu" and heavy != torch.float32:
        cast_at_the_door(made)
    # It is small beside the U-Net, and stays on the accelerator also where the others take turns.
    return made.to(plan.device).eval()


def _control(found: dict[str, Tensor], unet: Any) -> Any:
    import diffusers
    from accelerate import init_empty_weights
    from diffusers.loaders.single_file_utils import convert_controlnet_checkpoint

    where, layers = ("controlnet_cond_embedding.", _HINT_DIFFUSERS)
    if where + "conv_in.weight" not in found:
        where, layers = "input_hint_block.", _HINT_ORIGINAL
        where = where if f"{where}0.weight" in found else f"control_model.{where}"
    hints = [found[f"{where}{layer}.weight"] for layer in layers]
    with init_empty_weights():
        made: Any = diffusers.ControlNetModel.from_unet(
            unet,
            conditioning_embedding_out_channels=tuple(hint.shape[0] for hint in hints),
            load_weights_from_unet=False,
            conditioning_channels=hints[0].shape[1],
        )
    made.load_state_dict(convert_controlnet_checkpoint(found, dict(made.config)), assign=True)
    return made


def autoencoder(place: Path, pipeline: Any, plan: Plan) -> Any:
    """An AutoencoderKL to stand for the pipeline's own, where the plan has that. Raises BadInput."""
    import diffusers

    heavy = getattr(torch, plan.dtype)
    if place.is_dir():
        made: Any = _attempt(
            lambda: diffusers.AutoencoderKL.from_pretrained(
                place, torch_dtype=heavy, use_safetensors=True, local_files_only=True
            ),
            f"The VAE in {place}",
        )
    else:
        made = _attempt(lambda: _autoencoder(on_disk.state_dict(place), pipeline.vae.config), f"The VAE {place.name}")
        made = made.to(heavy)
    texts = torch.float32 if plan.device == "cpu" else getattr(torch, plan.texts)
    doors(made, heavy, texts)
    return made.to(plan.device).eval()


def _autoencoder(found: dict[str, Tensor], config: Mapping[str, Any]) -> Any:
    import diffusers
    from accelerate import init_empty_weights
    from diffusers.loaders.single_file_utils import convert_ldm_vae_checkpoint

    with init_empty_weights():
        made: Any = diffusers.AutoencoderKL.from_config(dict(config))
    if "encoder.down_blocks.0.resnets.0.conv1.weight" not in found:
        found = convert_ldm_vae_checkpoint(found, made.config)
    squared = {name: tensor.reshape(made.state_dict()[name].shape) for name, tensor in found.items()}
    made.load_state_dict(squared, assign=True)
    return made


def small_decoder(place: Path, pipeline: Any, plan: Plan) -> Any:
    """The pipeline's autoencoder with the decoder of a TAESD (github.com/madebyollin/taesd). Raises BadInput."""
    import diffusers

    if place.is_dir():
        made: Any = _attempt(
            lambda: diffusers.AutoencoderTiny.from_pretrained(place, use_safetensors=True, local_files_only=True),
            f"The TAESD in {place}",
        )
    else:
        made = _attempt(lambda: _tiny(on_disk.state_dict(place)), f"The TAESD {place.name}")
    decoder = made.decoder.to(plan.device, getattr(torch, plan.dtype)).eval()
    return SmallDecoder(pipeline.vae, decoder)


def _tiny(found: dict[str, Tensor]) -> Any:
    """A decoder from diffusers' names, from those of the first files, whose layers count the clamp that comes before
    them, or from files with both halves under the names of these."""
    import diffusers

    layers: dict[str, Tensor] = {}
    for name, tensor in found.items():
        if name.startswith("decoder.layers."):
            layers[name.removeprefix("decoder.")] = tensor
            continue
        plain = name.removeprefix("taesd_decoder.")
        number, _, rest = plain.partition(".")
        if number.isdigit():
            layers[f"layers.{int(number) - 1}.{rest}"] = tensor
    made: Any = diffusers.AutoencoderTiny(latent_channels=layers["layers.0.weight"].shape[1])
    made.decoder.load_state_dict(layers)
    return made


class SmallDecoder:
    """All of an autoencoder but its decoder, which is a small one that takes latents as the U-Net has them."""

    def __init__(self, whole: Any, decoder: nn.Module) -> None:
        self._whole = whole
        self._decoder = decoder

    def __getattr__(self, name: str) -> Any:
        return getattr(self._whole, name)

    def decode(self, latents: Tensor, return_dict: bool = True, **_: Any) -> Any:
        """As AutoencoderKL's: (1, channels, h, w) divided by its factor become a picture in -1..1."""
        from diffusers.models.autoencoders.vae import DecoderOutput

        config = self._whole.config
        own = (latents - (config.get("shift_factor") or 0.0)) * config.scaling_factor
        weight = next(self._decoder.parameters())
        picture = self._decoder(own.to(weight.device, weight.dtype)).to(latents.device, latents.dtype)
        return DecoderOutput(sample=picture) if return_dict else (picture,)


def _attempt(read: Callable[[], Any], what: str) -> Any:
    try:
        return read()
    except BadInput:
        raise
    except (OSError, KeyError, IndexError, AttributeError, RuntimeError, ValueError, TypeError) as error:
        if out_of_memory(error):
            raise
        raise BadInput(f"{what} cannot be read, or was made for another model: choose another one.") from error
