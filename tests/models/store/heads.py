"""Files of weights as large as real ones and as small on the disk as their heads: the numbers are holes."""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from models.store.heads.header import BITS

Shapes = dict[str, tuple[int, ...]]


def sparse(path: Path, shapes: Mapping[str, tuple[int, ...]], dtype: str = "F16", **notes: str) -> Path:
    """A safetensors file with that head; every number in it is 0."""
    head: dict[str, Any] = {"__metadata__": {"format": "pt", **notes}}
    at = 0
    for name, shape in shapes.items():
        end = at + math.prod(shape) * BITS[dtype] // 8
        head[name] = {"dtype": dtype, "shape": list(shape), "data_offsets": [at, end]}
        at = end
    text = json.dumps(head).encode()
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        file.truncate(8 + len(text) + at)
    return path


def of(network: Any, prefix: str = "") -> Shapes:
    """The head of a network's weights, as `save_pretrained` would write it."""
    return {prefix + name: tuple(value.shape) for name, value in network.state_dict().items()}


def ldm_unet(context: int, enters: int = 4, label: int = 0, depth: int = 1, levels: int = 4) -> Shapes:
    """A Stable Diffusion U-Net with the names of the first code (CompVis' latent-diffusion), two blocks a level."""
    found: Shapes = {
        "time_embed.0.weight": (1280, 320), "time_embed.2.weight": (1280, 1280),
        "input_blocks.0.0.weight": (320, enters, 3, 3), "out.0.weight": (320,), "out.2.weight": (4, 320, 3, 3),
    }  # fmt: skip
    if label:
        found |= {"label_emb.0.0.weight": (1280, label), "label_emb.0.2.weight": (1280, 1280)}
    for block in range(1, 3 * levels):
        width = 320 * min(2 ** (block // 3), 4)
        for side, number in (("input", block), ("output", 3 * levels - block)):
            at = f"{side}_blocks.{number}"
            found[f"{at}.0.in_layers.0.weight"] = (width,)
            if side == "output":
                found[f"{at}.0.skip_connection.weight"] = (width, 2 * width, 1, 1)
            attends = block // 3 < levels - 1 if levels == 4 else block // 3 > 0
            for layer in range(depth if attends and block % 3 else 0):
                inner = f"{at}.1.transformer_blocks.{layer}"
                found |= {
                    f"{inner}.attn1.to_k.weight": (width, width),
                    f"{inner}.attn2.to_k.weight": (width, context),
                    f"{inner}.attn2.to_q.weight": (width, width),
                }
    return found


def ldm_vae(channels: int = 4) -> Shapes:
    return {
        "encoder.conv_in.weight": (128, 3, 3, 3), "encoder.down.0.block.0.norm1.weight": (128,),
        "encoder.conv_out.weight": (2 * channels, 512, 3, 3), "decoder.conv_in.weight": (512, channels, 3, 3),
        "decoder.up.0.block.0.norm1.weight": (128,), "decoder.conv_out.weight": (3, 128, 3, 3),
    }  # fmt: skip


def clip(width: int, layers: int = 2) -> Shapes:
    found: Shapes = {
        "text_model.embeddings.token_embedding.weight": (49408, width),
        "text_model.embeddings.position_embedding.weight": (77, width),
    }
    for layer in range(layers):
        found[f"text_model.encoder.layers.{layer}.self_attn.q_proj.weight"] = (width, width)
    return found


def open_clip(width: int, layers: int = 12) -> Shapes:
    found: Shapes = {
        "token_embedding.weight": (49408, width), "positional_embedding": (77, width),
        "text_projection": (width, width),
    }  # fmt: skip
    for layer in range(layers):
        found[f"transformer.resblocks.{layer}.attn.in_proj_weight"] = (3 * width, width)
        found[f"transformer.resblocks.{layer}.mlp.c_proj.bias"] = (width,)
    return found


def below(prefix: str, shapes: Shapes) -> Shapes:
    return {prefix + name: shape for name, shape in shapes.items()}


UNET, VAE = "model.diffusion_model.", "first_stage_model."


def sd1(enters: int = 4) -> Shapes:
    return (
        below(UNET, ldm_unet(768, enters))
        | below(VAE, ldm_vae())
        | below("cond_stage_model.transformer.", clip(768))
    )  # fmt: skip


def sd2(enters: int = 4) -> Shapes:
    return (
        below(UNET, ldm_unet(1024, enters)) | below(VAE, ldm_vae()) | below("cond_stage_model.model.", open_clip(1024))
    )


def sdxl(enters: int = 4) -> Shapes:
    return (
        below(UNET, ldm_unet(2048, enters, 2816, 2, 3))
        | below(VAE, ldm_vae())
        | below("conditioner.embedders.0.transformer.", clip(768))
        | below("conditioner.embedders.1.model.", open_clip(1280))
    )


def refiner() -> Shapes:
    return (
        below(UNET, ldm_unet(1280, 4, 2560, 2, 4))
        | below(VAE, ldm_vae())
        | below("conditioner.embedders.0.model.", open_clip(1280))
    )


def flux(guided: bool = True, enters: int = 64, double: int = 19, single: int = 38) -> Shapes:
    """A Flux transformer with the names of its own code, one tensor for each kind of layer."""
    found: Shapes = {
        "img_in.weight": (3072, enters),
        "txt_in.weight": (3072, 4096),
        "vector_in.in_layer.weight": (3072, 768),
    }
    if guided:
        found |= {"guidance_in.in_layer.weight": (3072, 256), "guidance_in.in_layer.bias": (3072,)}
    for block in range(double):
        found[f"double_blocks.{block}.img_attn.qkv.weight"] = (9216, 3072)
        found[f"double_blocks.{block}.img_attn.norm.key_norm.scale"] = (128,)
        found[f"double_blocks.{block}.txt_attn.proj.weight"] = (3072, 3072)
    for block in range(single):
        found[f"single_blocks.{block}.linear1.weight"] = (21504, 3072)
    return found


def sd3(blocks: int = 24, twice: bool = False) -> Shapes:
    width = 64 * blocks
    found: Shapes = {
        "pos_embed": (1, 147456 if twice else 36864, width), "x_embedder.proj.weight": (width, 16, 2, 2),
        "context_embedder.weight": (width, 4096),
    }  # fmt: skip
    for block in range(blocks):
        at = f"joint_blocks.{block}"
        found[f"{at}.context_block.adaLN_modulation.1.bias"] = (6 * width,)
        found[f"{at}.context_block.adaLN_modulation.1.weight"] = (6 * width, width)
        found[f"{at}.x_block.mlp.fc1.weight"] = (4 * width, width)
        if twice and block < 13:
            found[f"{at}.x_block.attn2.qkv.weight"] = (3 * width, width)
    return found


def kohya(shapes: Shapes, prefix: str = "lora_unet_", rank: int = 16, of: str = "to_") -> Shapes:
    """A LoRA of every weight matrix whose name has `of` in it, with the names of kohya's sd-scripts."""
    found: Shapes = {}
    for name, shape in shapes.items():
        if len(shape) == 2 and of in name and name.endswith(".weight"):
            at = prefix + name.removesuffix(".weight").replace(".", "_")
            found |= {f"{at}.lora_down.weight": (rank, shape[1]), f"{at}.lora_up.weight": (shape[0], rank)}
            found[f"{at}.alpha"] = ()
    return found


def peft(shapes: Shapes, prefix: str = "transformer.", rank: int = 8, of: str = "to_") -> Shapes:
    """The same with the names of diffusers and PEFT."""
    found: Shapes = {}
    for name, shape in shapes.items():
        if len(shape) == 2 and of in name and name.endswith(".weight"):
            at = prefix + name.removesuffix(".weight")
            found |= {f"{at}.lora_A.weight": (rank, shape[1]), f"{at}.lora_B.weight": (shape[0], rank)}
    return found
