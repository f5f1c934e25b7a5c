"""SD 3 and Flux under the names that their papers' own code gives the tensors: what a checkpoint in one file holds."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from tests import ldm_layout

_SD3_ENDS = {
    "pos_embed.pos_embed": "pos_embed", "pos_embed.proj.": "x_embedder.proj.",
    "time_text_embed.timestep_embedder.linear_1.": "t_embedder.mlp.0.",
    "time_text_embed.timestep_embedder.linear_2.": "t_embedder.mlp.2.",
    "time_text_embed.text_embedder.linear_1.": "y_embedder.mlp.0.",
    "time_text_embed.text_embedder.linear_2.": "y_embedder.mlp.2.",
    "norm_out.linear.": "final_layer.adaLN_modulation.1.", "proj_out.": "final_layer.linear.",
}  # fmt: skip
_SD3_BLOCK = {
    "attn.norm_q.": "x_block.attn.ln_q.", "attn.norm_k.": "x_block.attn.ln_k.",
    "attn.norm_added_q.": "context_block.attn.ln_q.", "attn.norm_added_k.": "context_block.attn.ln_k.",
    "attn.to_out.0.": "x_block.attn.proj.", "attn.to_add_out.": "context_block.attn.proj.",
    "norm1.linear.": "x_block.adaLN_modulation.1.", "norm1_context.linear.": "context_block.adaLN_modulation.1.",
    "ff.net.0.proj.": "x_block.mlp.fc1.", "ff.net.2.": "x_block.mlp.fc2.",
    "ff_context.net.0.proj.": "context_block.mlp.fc1.", "ff_context.net.2.": "context_block.mlp.fc2.",
}  # fmt: skip
_FLUX_ENDS = {
    "time_text_embed.timestep_embedder.linear_1.": "time_in.in_layer.",
    "time_text_embed.timestep_embedder.linear_2.": "time_in.out_layer.",
    "time_text_embed.text_embedder.linear_1.": "vector_in.in_layer.",
    "time_text_embed.text_embedder.linear_2.": "vector_in.out_layer.",
    "time_text_embed.guidance_embedder.linear_1.": "guidance_in.in_layer.",
    "time_text_embed.guidance_embedder.linear_2.": "guidance_in.out_layer.",
    "context_embedder.": "txt_in.", "x_embedder.": "img_in.",
    "norm_out.linear.": "final_layer.adaLN_modulation.1.", "proj_out.": "final_layer.linear.",
}  # fmt: skip
_FLUX_BLOCK = {
    "norm1.linear.": "img_mod.lin.", "norm1_context.linear.": "txt_mod.lin.",
    "attn.norm_q.weight": "img_attn.norm.query_norm.scale", "attn.norm_k.weight": "img_attn.norm.key_norm.scale",
    "attn.norm_added_q.weight": "txt_attn.norm.query_norm.scale",
    "attn.norm_added_k.weight": "txt_attn.norm.key_norm.scale",
    "attn.to_out.0.": "img_attn.proj.", "attn.to_add_out.": "txt_attn.proj.",
    "ff.net.0.proj.": "img_mlp.0.", "ff.net.2.": "img_mlp.2.",
    "ff_context.net.0.proj.": "txt_mlp.0.", "ff_context.net.2.": "txt_mlp.2.",
}  # fmt: skip
_FLUX_SINGLE = {
    "norm.linear.": "modulation.lin.", "proj_out.": "linear2.",
    "attn.norm_q.weight": "norm.query_norm.scale", "attn.norm_k.weight": "norm.key_norm.scale",
}  # fmt: skip
_STREAMS = {"to_q": ("x_block.attn", "img_attn"), "add_q_proj": ("context_block.attn", "txt_attn")}


def checkpoint(pipeline: Any) -> dict[str, Tensor]:
    """Every tensor of an SD 3 or Flux pipeline by its name in a file with all the parts (Stability's, ComfyUI's)."""
    flux = type(pipeline).__name__.startswith("Flux")
    found = {f"model.diffusion_model.{n}": t for n, t in transformer(pipeline.transformer).items()}
    home = "vae." if flux else "first_stage_model."
    found |= {home + name: tensor for name, tensor in ldm_layout.autoencoder(pipeline.vae).items()}
    t5 = pipeline.text_encoder_2 if flux else pipeline.text_encoder_3
    encoders = [("clip_l", pipeline.text_encoder)] + ([] if flux else [("clip_g", pipeline.text_encoder_2)])
    for name, encoder in encoders:
        found |= {f"text_encoders.{name}.transformer.{n}": t for n, t in ldm_layout.clip(encoder).items()}
    if t5 is not None:
        found |= {f"text_encoders.t5xxl.transformer.{n}": t for n, t in t5_names(t5).items()}
    return {name: tensor.clone().contiguous() for name, tensor in found.items()}


def t5_names(encoder: Any) -> dict[str, Tensor]:
    """A T5 encoder's tensors, its table of words once."""
    return {name: tensor for name, tensor in encoder.state_dict().items() if not name.endswith("embed_tokens.weight")}


def transformer(network: Any) -> dict[str, Tensor]:
    """A transformer's tensors by their names in Stability's or Black Forest Labs' files."""
    return _flux(network.state_dict()) if "Flux" in type(network).__name__ else _sd3(network.state_dict())


def _sd3(given: Mapping[str, Tensor]) -> dict[str, Tensor]:
    last = max(int(name.split(".")[1]) for name in given if name.startswith("transformer_blocks."))
    found: dict[str, Tensor] = {}
    for name, tensor in given.items():
        block = re.fullmatch(r"transformer_blocks\.(\d+)\.(.+)", name)
        if block is None:
            told = _renamed(name, _SD3_ENDS)
            found[told] = _halves_swapped(tensor) if name.startswith("norm_out.") else tensor
        elif not _joined(found, given, f"joint_blocks.{block[1]}.", block[2], name, 0):
            swapped = block[2].startswith("norm1_context.") and int(block[1]) == last
            told = f"joint_blocks.{block[1]}.{_renamed(block[2], _SD3_BLOCK)}"
            found[told] = _halves_swapped(tensor) if swapped else tensor
    return found


def _flux(given: Mapping[str, Tensor]) -> dict[str, Tensor]:
    found: dict[str, Tensor] = {}
    for name, tensor in given.items():
        block = re.fullmatch(r"(single_|)transformer_blocks\.(\d+)\.(.+)", name)
        kind, number, rest = block.groups() if block else ("", "", "")
        if not rest:
            told = _renamed(name, _FLUX_ENDS)
            found[told] = _halves_swapped(tensor) if name.startswith("norm_out.") else tensor
        elif not kind:
            if not _joined(found, given, f"double_blocks.{number}.", rest, name, 1):
                found[f"double_blocks.{number}.{_renamed(rest, _FLUX_BLOCK)}"] = tensor
        elif asked := re.fullmatch(r"attn\.to_q\.(weight|bias)", rest):
            parts = ("attn.to_q", "attn.to_k", "attn.to_v", "proj_mlp")
            whole = torch.cat([given[name.replace("attn.to_q", part)] for part in parts])
            found[f"single_blocks.{number}.linear1.{asked[1]}"] = whole
        elif not re.match(r"attn\.to_[kv]\.|proj_mlp\.", rest):
            found[f"single_blocks.{number}.{_renamed(rest, _FLUX_SINGLE)}"] = tensor
    return found


def _joined(found: dict[str, Tensor], given: Mapping[str, Tensor], home: str, rest: str, name: str, which: int) -> bool:
    """Whether it is one of the three matrices of an attention that are one there; the first of them stands for all."""
    part = re.fullmatch(r"attn\.(to_[qkv]|add_[qkv]_proj)\.(weight|bias)", rest)
    if part is None:
        return False
    if part[1] in _STREAMS:
        letters = [re.sub(r"_q", f"_{letter}", part[1]) for letter in "qkv"]
        whole = torch.cat([given[name.replace(part[1], letter)] for letter in letters])
        found[f"{home}{_STREAMS[part[1]][which]}.qkv.{part[2]}"] = whole
    return True


def _renamed(name: str, table: Mapping[str, str]) -> str:
    for ours, theirs in table.items():
        if name.startswith(ours):
            return name.replace(ours, theirs, 1)
    return name


def _halves_swapped(tensor: Tensor) -> Tensor:
    """Shift and scale stand the other way round there."""
    return torch.cat(tensor.chunk(2)[::-1])
