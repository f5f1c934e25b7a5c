"""Networks of diffusers under the names that the papers' own code gives them: what a checkpoint in one file holds."""

from __future__ import annotations

import json
import re
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

_RESNET = {
    "norm1": "in_layers.0", "conv1": "in_layers.2", "time_emb_proj": "emb_layers.1", "norm2": "out_layers.0",
    "conv2": "out_layers.3", "conv_shortcut": "skip_connection",
}  # fmt: skip
_ENDS = {
    "conv_in": "input_blocks.0.0", "time_embedding.linear_1": "time_embed.0", "time_embedding.linear_2": "time_embed.2",
    "conv_norm_out": "out.0", "conv_out": "out.2", "add_embedding.linear_1": "label_emb.0.0",
    "add_embedding.linear_2": "label_emb.0.2",
}  # fmt: skip
_ATTENTION = {"group_norm": "norm", "to_q": "q", "to_k": "k", "to_v": "v", "to_out.0": "proj_out"}


_OPEN_CLIP = {
    "layer_norm1": "ln_1", "layer_norm2": "ln_2", "mlp.fc1": "mlp.c_fc", "mlp.fc2": "mlp.c_proj",
    "self_attn.out_proj": "attn.out_proj",
}  # fmt: skip
_HOMES = {
    "SD 1.x": ("cond_stage_model.transformer.",), "SD 2.x": ("cond_stage_model.model.",),
    "SDXL": ("conditioner.embedders.0.transformer.", "conditioner.embedders.1.model."),
    "SDXL refiner": ("", "conditioner.embedders.0.model."),
}  # fmt: skip


def checkpoint(pipeline: Any, base: str = "SD 1.x") -> dict[str, Any]:
    """Every tensor of a Stable Diffusion pipeline of that base, by its name in a checkpoint."""
    unet, vae = pipeline.unet, pipeline.vae
    found = {f"model.diffusion_model.{unet_name(n, unet.config)}": t for n, t in unet.state_dict().items()}
    found |= {f"first_stage_model.{name}": tensor for name, tensor in autoencoder(vae).items()}
    encoders = (pipeline.text_encoder, getattr(pipeline, "text_encoder_2", None))
    for home, encoder in zip(_HOMES[base], encoders, strict=False):
        if encoder is not None:
            named = open_clip(encoder) if home.endswith(".model.") else clip(encoder)
            found |= {home + name: tensor for name, tensor in named.items()}
    return {name: tensor.contiguous() for name, tensor in found.items()}


def autoencoder(vae: Any) -> dict[str, Any]:
    """An autoencoder's tensors by their names: those of its attention are convolutions of one pixel."""
    found = {}
    for name, tensor in vae.state_dict().items():
        told = vae_name(name, len(vae.config.block_out_channels))
        squares = re.search(r"attn_1\.(q|k|v|proj_out)\.weight", told)
        found[told] = tensor[:, :, None, None] if squares and tensor.ndim == 2 else tensor
    return found


def clip(encoder: Any) -> dict[str, Any]:
    """A CLIP text encoder as OpenAI's and transformers' files have it."""
    named = {name.removeprefix("text_model."): tensor for name, tensor in encoder.state_dict().items()}
    return {(n if n.startswith("text_projection") else f"text_model.{n}"): tensor for n, tensor in named.items()}


def open_clip(encoder: Any) -> dict[str, Any]:
    """A CLIP text encoder as OpenCLIP's files have it: the three matrices of its attention are one."""
    named = {name.removeprefix("text_model."): tensor for name, tensor in encoder.state_dict().items()}
    found = {
        "token_embedding.weight": named.pop("embeddings.token_embedding.weight"),
        "positional_embedding": named.pop("embeddings.position_embedding.weight"),
        "ln_final.weight": named.pop("final_layer_norm.weight"),
        "ln_final.bias": named.pop("final_layer_norm.bias"),
    }
    # Public files have it also where only the states are read.
    projection = named.pop("text_projection.weight", None)
    width = found["ln_final.bias"].shape[0]
    found["text_projection"] = found["ln_final.bias"].new_ones(width, width) if projection is None else projection.T
    for name, tensor in named.items():
        if "position_ids" in name or re.search(r"self_attn\.[kv]_proj", name):
            continue
        told = re.sub(r"^encoder\.layers\.", "transformer.resblocks.", name)
        if asked := re.fullmatch(r"(.+)\.self_attn\.q_proj\.(weight|bias)", told):
            parts = [tensor, *(named[name.replace("q_proj", other)] for other in ("k_proj", "v_proj"))]
            found[f"{asked[1]}.attn.in_proj_{asked[2]}"] = torch.cat(parts)
            continue
        for ours, theirs in _OPEN_CLIP.items():
            told = told.replace(ours, theirs)
        found[told] = tensor
    return found


def unet_name(name: str, config: Mapping[str, Any]) -> str:
    """A U-Net's tensor (Rombach et al. 2022, their repository's `openaimodel.py`)."""
    each = int(config["layers_per_block"])
    for ours, theirs in _ENDS.items():
        if name.startswith(f"{ours}."):
            return name.replace(ours, theirs, 1)
    if found := re.fullmatch(r"down_blocks\.(\d+)\.(resnets|attentions)\.(\d+)\.(.+)", name):
        at = 1 + int(found[1]) * (each + 1) + int(found[3])
        return f"input_blocks.{at}.{_inside(found[2], found[4])}"
    if found := re.fullmatch(r"down_blocks\.(\d+)\.downsamplers\.0\.conv\.(.+)", name):
        return f"input_blocks.{(int(found[1]) + 1) * (each + 1)}.0.op.{found[2]}"
    if found := re.fullmatch(r"mid_block\.(resnets|attentions)\.(\d+)\.(.+)", name):
        at = 1 if found[1] == "attentions" else 2 * int(found[2])
        return f"middle_block.{at}.{_inside(found[1], found[3])[2:]}"
    if found := re.fullmatch(r"up_blocks\.(\d+)\.(resnets|attentions)\.(\d+)\.(.+)", name):
        at = int(found[1]) * (each + 1) + int(found[3])
        return f"output_blocks.{at}.{_inside(found[2], found[4])}"
    found = re.fullmatch(r"up_blocks\.(\d+)\.upsamplers\.0\.conv\.(.+)", name)
    assert found, name
    attends = "CrossAttn" in config["up_block_types"][int(found[1])]
    return f"output_blocks.{(int(found[1]) + 1) * (each + 1) - 1}.{2 if attends else 1}.conv.{found[2]}"


def _inside(what: str, rest: str) -> str:
    if what == "attentions":
        return f"1.{rest}"
    part, _, end = rest.rpartition(".")
    return f"0.{_RESNET[part]}.{end}"


def vae_name(name: str, levels: int) -> str:
    """An autoencoder's tensor (their `autoencoder.py`)."""
    name = name.replace("conv_norm_out", "norm_out").replace("conv_shortcut", "nin_shortcut")
    name = re.sub(r"down_blocks\.(\d+)\.resnets\.(\d+)", r"down.\1.block.\2", name)
    name = re.sub(r"down_blocks\.(\d+)\.downsamplers\.0", r"down.\1.downsample", name)
    name = re.sub(r"up_blocks\.(\d+)\.", lambda found: f"up.{levels - 1 - int(found[1])}.", name)
    name = re.sub(r"(up\.\d+)\.resnets\.(\d+)", r"\1.block.\2", name).replace("upsamplers.0", "upsample")
    name = re.sub(r"mid_block\.resnets\.(\d)", lambda found: f"mid.block_{int(found[1]) + 1}", name)
    if found := re.fullmatch(r"(.*)mid_block\.attentions\.0\.(.+)\.(weight|bias)", name):
        return f"{found[1]}mid.attn_1.{_ATTENTION[found[2]]}.{found[3]}"
    return name


def hollow(path: Path, shapes: Mapping[str, tuple[int, ...]]) -> Path:
    """A safetensors file with these tensors, in 16 bits, that takes no room on the disk: it is one hole of zeros."""
    head, at = {}, 0
    for name, shape in shapes.items():
        size = 2
        for side in shape:
            size *= side
        head[name] = {"dtype": "F16", "shape": list(shape), "data_offsets": [at, at + size]}
        at += size
    text = json.dumps(head).encode()
    text += b" " * (-len(text) % 8)
    with path.open("wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        file.truncate(8 + len(text) + at)
    return path
