"""What adds to a Stable Diffusion model: control networks for sketches, styles, learned words, other autoencoders.

Where they lie, `models.store.additions` says: in the model's own folders, on the person's list, in linked folders.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from models.families.diffusion.stable_diffusion_folder import StableDiffusionFolder
from models.protocol import BadInput
from models.store import additions
from models.store.additions import Addition
from models.store.files import PART_OF, SIDECAR, Files

NO_STYLE = "none"
OWN_DECODER = "its own"
_CONTROL_WEIGHTS = ("diffusion_pytorch_model.safetensors", "diffusion_pytorch_model.fp16.safetensors")
_STYLE_WEIGHTS = "pytorch_lora_weights.safetensors"  # diffusers' name; others name the file after the style
_MUST_AGREE = ("cross_attention_dim", "block_out_channels", "layers_per_block", "down_block_types", "in_channels")


@dataclass(frozen=True)
class Additions:
    """By name: folders or files of ControlNets (Zhang et al. 2023), files of LoRA weights (Hu et al. 2021), of learned
    words (textual inversion, Gal et al. 2022), and autoencoders in the model's stead (TAESD among them)."""

    controls: Mapping[str, Path] = field(default_factory=dict)
    styles: Mapping[str, Path] = field(default_factory=dict)
    words: Mapping[str, Path] = field(default_factory=dict)
    decoders: Mapping[str, Addition] = field(default_factory=dict)


def found(files: Files, folder: StableDiffusionFolder) -> Additions:
    """All that fits this model. What fits another, or is broken, is left out."""
    unet = files.json("unet/config.json") if files.exists("unet/config.json") else {}
    controls: dict[str, Path] = {}
    styles: dict[str, Path] = {}
    words: dict[str, Path] = {}
    decoders: dict[str, Addition] = {}
    for one in additions.known(files.path):
        called, fits = one.name, one.fits(folder.base)
        if one.kind == "ControlNet" and _controls(one, unet, fits):
            controls.setdefault(called, one.path)
        elif one.kind == "LoRA" and _styles(one, unet, fits):
            styles.setdefault(called, one.path)
        elif one.kind == "Textual inversion" and fits:
            words.setdefault(called, one.path)
        elif one.kind in ("VAE", "TAESD") and fits and _decodes(one, folder.channels):
            decoders.setdefault(called, one)
    for part in _beside(files.path) if files.path.is_dir() else ():
        called = str(part.json(SIDECAR).get("name") or part.path.name).lower()
        if part.exists("config.json") and _same_network(part, unet):
            controls[called] = part.path
        elif part.exists(_STYLE_WEIGHTS) and _reads_as_wide(part, _STYLE_WEIGHTS, unet):
            styles[called] = part.full(_STYLE_WEIGHTS)
    styles.pop(NO_STYLE, None)
    decoders.pop(OWN_DECODER, None)
    return Additions(controls, styles, words, decoders)


def around(path: Path) -> tuple[str, ...]:
    """Files and folders that change when what is found for the model at that path may have changed."""
    return (*additions.around(path), *((str(path.absolute().parent),) if path.is_dir() else ()))


def _beside(path: Path) -> Iterator[Files]:
    """Folders beside a model's that are parts of it."""
    whole = path.expanduser().absolute()
    try:
        sidecars = sorted(whole.parent.glob(f"*/{SIDECAR}"))
    except OSError:
        return
    for sidecar in sidecars:
        try:
            files = Files(sidecar.parent)
            if files.json(SIDECAR).get(PART_OF) == whole.name:
                yield files
        except BadInput:  # broken or hostile: it adds nothing
            continue


# ── whether one fits, by its shapes ───────────────────────────────────────────


def _controls(one: Addition, unet: Mapping[str, Any], fits: bool) -> bool:
    """Whether a control network was made for such a U-Net. What is one file has no config: its base must do."""
    if one.path.is_dir():
        files = Files(one.path)
        if unet:
            return _same_network(files, unet)
        weights = next((name for name in _CONTROL_WEIGHTS if files.exists(name)), "")
        return fits and bool(weights) and files.json("config.json").get("_class_name") == "ControlNetModel"
    if not fits or one.path.suffix.lower() != ".safetensors":
        return False
    return "lora_controlnet" not in Files(one.path).tensors(one.path.name)


def _same_network(files: Files, unet: Mapping[str, Any]) -> bool:
    config = files.json("config.json")
    if config.get("_class_name") != "ControlNetModel" or not any(files.exists(name) for name in _CONTROL_WEIGHTS):
        return False
    return all(config.get(name) == unet.get(name) for name in _MUST_AGREE)


def _styles(one: Addition, unet: Mapping[str, Any], fits: bool) -> bool:
    if one.path.is_dir():
        return False
    # Of a folder's U-Net the width is known, which says more than the name of a base. There may be a thousand that lie
    # elsewhere, and those are not opened again.
    return _reads_as_wide(Files(one.path), one.path.name, unet) if unet and one.near else fits


def _reads_as_wide(files: Files, name: str, unet: Mapping[str, Any]) -> bool:
    """Whether it holds low-rank changes to a U-Net that reads texts as wide as this one's."""
    tensors = files.tensors(name)
    if not any("lora" in tensor for tensor in tensors):
        return False
    for tensor, (_, shape) in tensors.items():
        reads = "attn2" in tensor and tensor.replace("_", ".").find("to.k.lora") > 0
        if reads and tensor.endswith(("lora_A.weight", "lora.down.weight", "lora_down.weight")):
            return shape[1] == unet.get("cross_attention_dim")
    return True


def _decodes(one: Addition, channels: int) -> bool:
    """Whether pictures come out of it, made of latents with so many channels."""
    if one.identity.detail == "encoder alone":
        return False
    told = one.identity.detail.partition(" ")[0]
    return not told.isdigit() or int(told) == channels
