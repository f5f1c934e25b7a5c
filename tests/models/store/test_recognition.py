"""Recognition without loading: every kind of file that people have, by its head alone."""

# ruff: noqa: E501 - tables are read line by line
from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from models.store.files import Files
from models.store.recognising import kinds, lora
from models.store.recognising.identity import Identity, reason
from models.store.recognising.recognition import identify
from tests.models.store import heads
from tests.models.store.heads import Shapes, below, kohya, peft, sparse

SD1_UNET, SDXL_UNET = heads.ldm_unet(768), heads.ldm_unet(2048, 4, 2816, 2, 3)
BLOCK = "down_blocks.1.attentions.0.transformer_blocks.0"
DIFFUSERS_UNET = {f"{BLOCK}.attn1.to_q.weight": (640, 640), f"{BLOCK}.attn2.to_k.weight": (640, 2048)}
FLUX_LINEAR = {n: s for n, s in heads.flux().items() if "qkv" in n or "proj" in n or "linear1" in n}
FLUX_DIFFUSERS: Shapes = {
    f"{kind}.{block}.attn.to_q.weight": (3072, 3072)
    for kind, count in (("transformer_blocks", 19), ("single_transformer_blocks", 38))
    for block in range(count)
}
WAN = {
    f"blocks.{b}.{part}.{k}.weight": (5120, 5120)
    for b in (0, 1)
    for part in ("self_attn", "cross_attn")
    for k in "qkvo"
}
QWEN = {
    f"transformer_blocks.{b}.{layer}.weight": (3072, 3072)
    for b in range(60)
    for layer in ("attn.to_q", "attn.add_q_proj")
}


def renamed(shapes: Shapes, **endings: str) -> Shapes:
    """The names with other endings: `_` stands for a dot in the given ones."""
    found = {}
    for name, shape in shapes.items():
        for old, new in endings.items():
            dotted = "." + old.replace("__", ".")
            name = name.removesuffix(dotted) + "." + new if name.endswith(dotted) else name
        found[name] = shape
    return found


def decomposed(shapes: Shapes, how: str, rank: int = 4) -> Shapes:
    found: Shapes = {}
    for name, (out, enters) in shapes.items():
        at = "lora_unet_" + name.removesuffix(".weight").replace(".", "_")
        if how == "loha":
            found |= {
                f"{at}.hada_w{n}_{side}": (out, rank) if side == "a" else (rank, enters)
                for n in (1, 2)
                for side in "ab"
            }
        else:
            found |= {
                f"{at}.lokr_w1": (16, 16),
                f"{at}.lokr_w2_a": (out // 16, rank),
                f"{at}.lokr_w2_b": (rank, enters // 16),
            }
    return found


LORAS: dict[str, tuple[Shapes, str, str, str]] = {
    "kohya, SD 1.5": (kohya(SD1_UNET) | kohya(heads.clip(768), "lora_te_", of="proj"), "LoRA", "SD 1.x", "rank 16"),
    "kohya, SD 2": (kohya(heads.ldm_unet(1024)), "LoRA", "SD 2.x", "rank 16"),
    "kohya, SDXL": (kohya(SDXL_UNET, rank=32), "LoRA", "SDXL", "rank 32"),
    "kohya, SDXL, both text encoders alone": (
        kohya(heads.clip(768), "lora_te1_", of="proj") | kohya(heads.clip(1280), "lora_te2_", of="proj"),
        "LoRA", "SDXL", "rank 16",
    ),
    "kohya, Flux": (kohya(FLUX_LINEAR, of="."), "LoRA", "Flux", "rank 16"),
    "kohya, SD 3": (kohya(heads.sd3(), of="mlp"), "LoRA", "SD 3", "rank 16"),
    "kohya, Wan": (kohya(WAN, of="attn"), "LoRA", "Wan", "rank 16"),
    "ComfyUI's names, Wan": (peft(WAN, "diffusion_model.", of="attn"), "LoRA", "Wan", "rank 8"),
    "diffusers, SDXL": (peft(DIFFUSERS_UNET, "unet."), "LoRA", "SDXL", "rank 8"),
    "old diffusers, SDXL": (
        renamed(peft(DIFFUSERS_UNET, "unet."), lora_A__weight="lora.down.weight", lora_B__weight="lora.up.weight"),
        "LoRA", "SDXL", "rank 8",
    ),
    "oldest diffusers, SD 1.5": (
        {f"{BLOCK}.attn2.processor.to_k_lora.down.weight": (4, 768), f"{BLOCK}.attn2.processor.to_k_lora.up.weight": (640, 4)},
        "LoRA", "SD 1.x", "rank 4",
    ),
    "diffusers, Flux": (peft(FLUX_DIFFUSERS), "LoRA", "Flux", "rank 8"),
    "OneTrainer, Flux": (kohya(FLUX_DIFFUSERS, "lora_transformer_"), "LoRA", "Flux", "rank 16"),
    "X-Labs, Flux": (
        {"double_blocks.0.processor.qkv_lora1.down.weight": (16, 3072), "double_blocks.0.processor.qkv_lora1.up.weight": (9216, 16)},
        "LoRA", "Flux", "rank 16",
    ),
    "diffusers, SD 3": (
        peft({f"transformer_blocks.{b}.attn.{k}.weight": (1536, 1536) for b in range(24) for k in ("to_q", "add_q_proj")}, of="attn"),
        "LoRA", "SD 3", "rank 8",
    ),
    "diffusers, SD 3.5 large": (
        peft({f"transformer_blocks.{b}.attn.to_q.weight": (2432, 2432) for b in range(38)}), "LoRA", "SD 3", "rank 8"
    ),
    "diffusers, Qwen-Image": (peft(QWEN, of="attn"), "LoRA", "Qwen-Image", "rank 8"),
    "diffusers, HunyuanVideo": (
        peft(FLUX_DIFFUSERS | {f"single_transformer_blocks.{b}.attn.to_q.weight": (3072, 3072) for b in (38, 39)}),
        "LoRA", "HunyuanVideo", "rank 8",
    ),
    "diffusers, LTX": (peft({"transformer_blocks.0.attn1.to_q.weight": (2048, 2048)}), "LoRA", "LTX-Video", "rank 8"),
    "diffusers, CogVideoX": (peft({"transformer_blocks.0.attn1.to_q.weight": (1920, 1920)}), "LoRA", "CogVideoX", "rank 8"),
    "diffusers, Z-Image": (peft({"layers.0.attention.to_q.weight": (3840, 3840)}), "LoRA", "Z-Image", "rank 8"),
    "PEFT, a language model": (
        peft({"model.layers.0.self_attn.q_proj.weight": (4096, 4096)}, "base_model.model.", of="proj"),
        "LoRA", "a language model", "rank 8",
    ),
    "DoRA": (kohya(SD1_UNET) | {"lora_unet_x.dora_scale": (1, 320)}, "LoRA", "SD 1.x", "DoRA, rank 16"),
    "LoHa": (decomposed({f"{BLOCK}.attn1.to_q.weight": (640, 640)}, "loha"), "LyCORIS", "", "LoHa, rank 4"),
    "LoKr, Flux": (decomposed(FLUX_LINEAR, "lokr"), "LyCORIS", "Flux", "LoKr, rank 4"),
}  # fmt: skip


@pytest.mark.parametrize("name", LORAS)
def test_loras(tmp_path: Path, name: str) -> None:
    shapes, kind, base, detail = LORAS[name]
    found = identify(Files(sparse(tmp_path / "x.safetensors", shapes)))
    assert found is not None and found.role == "addition"
    assert (found.kind, found.base, found.detail) == (kind, base, detail)


def test_a_trainers_notes_tell_what_the_names_leave_open(tmp_path: Path) -> None:
    shapes = decomposed({f"{BLOCK}.attn1.to_q.weight": (640, 640)}, "loha")
    notes = {"ss_base_model_version": "sdxl_base_v1-0"}
    found = identify(Files(sparse(tmp_path / "x.safetensors", shapes, **notes)))
    assert found is not None and found.words() == "LyCORIS for SDXL (LoHa, rank 4)"
    lying = {"ss_base_model_version": "flux1"}  # what the widths say is so
    found = identify(Files(sparse(tmp_path / "y.safetensors", kohya(SDXL_UNET), **lying)))
    assert found is not None and found.base == "SDXL"


def test_a_lora_that_peft_wrote(tmp_path: Path) -> None:
    """Not our idea of the names, but the library's own."""
    from peft import LoraConfig, get_peft_model_state_dict
    from safetensors.torch import save_file

    from models.networks import miniature

    unet = miniature.stable_diffusion().unet
    unet.add_adapter(LoraConfig(r=4, target_modules=["to_q", "to_k"]))
    weights = {f"unet.{n}": v.contiguous() for n, v in get_peft_model_state_dict(unet).items()}
    save_file(weights, tmp_path / "x.safetensors")
    found = identify(Files(tmp_path / "x.safetensors"))
    assert found is not None and (found.kind, found.role, found.detail) == ("LoRA", "addition", "rank 4")


# ── checkpoints of one file ───────────────────────────────────────────────────

FULL_FLUX = below("model.diffusion_model.", heads.flux()) | below("vae.", heads.ldm_vae(16)) | {
    "text_encoders.t5xxl.transformer.shared.weight": (32128, 4096)
}  # fmt: skip
FULL_SD3 = below("model.diffusion_model.", heads.sd3()) | below("first_stage_model.", heads.ldm_vae(16)) | {
    "text_encoders.clip_l.transformer.text_model.embeddings.token_embedding.weight": (49408, 768)
}  # fmt: skip
# Each with what diffusers takes it for, where that library can tell.
CHECKPOINTS: dict[str, tuple[Shapes, str, str, str, tuple[str, ...], str]] = {
    "SD 1.5": (heads.sd1(), "Checkpoint", "SD 1.x", "", (), "v1"),
    "SD 1.5 inpainting": (heads.sd1(9), "Checkpoint", "SD 1.x", "inpainting", (), "inpainting"),
    "InstructPix2Pix": (heads.sd1(8), "Checkpoint", "SD 1.x", "edits by instruction", (), "instruct-pix2pix"),
    "SD 2": (heads.sd2(), "Checkpoint", "SD 2.x", "", (), "v2"),
    "SD 2 inpainting": (heads.sd2(9), "Checkpoint", "SD 2.x", "inpainting", (), "inpainting_v2"),
    "SD 2 depth": (heads.sd2(5), "Checkpoint", "SD 2.x", "with depth", (), "v2"),
    "SDXL": (heads.sdxl(), "Checkpoint", "SDXL", "", (), "xl_base"),
    "SDXL inpainting": (heads.sdxl(9), "Checkpoint", "SDXL", "inpainting", (), "xl_inpaint"),
    "SDXL refiner": (heads.refiner(), "Checkpoint", "SDXL refiner", "", (), "xl_refiner"),
    "SDXL U-Net alone": (SDXL_UNET, "U-Net", "SDXL", "", ("a VAE", "CLIP-L and CLIP-G"), ""),
    "SD 3": (FULL_SD3, "Checkpoint", "SD 3", "medium", (), "sd3"),
    "SD 3.5 medium": (heads.sd3(twice=True), "Transformer", "SD 3", "3.5 medium", ("a VAE", "CLIP-L, CLIP-G and T5-XXL"), "sd35_medium"),
    "SD 3.5 large": (heads.sd3(38), "Transformer", "SD 3", "3.5 large", ("a VAE", "CLIP-L, CLIP-G and T5-XXL"), "sd35_large"),
    "Flux, all of it": (FULL_FLUX, "Checkpoint", "Flux", "dev", (), "flux-dev"),
    "Flux, transformer alone": (heads.flux(), "Transformer", "Flux", "dev", ("a VAE", "CLIP-L and T5-XXL"), "flux-dev"),
    "Flux schnell": (heads.flux(guided=False), "Transformer", "Flux", "schnell", ("a VAE", "CLIP-L and T5-XXL"), "flux-schnell"),
    "Flux Fill": (heads.flux(enters=384), "Transformer", "Flux", "inpainting", ("a VAE", "CLIP-L and T5-XXL"), "flux-fill"),
    "Flux Depth": (heads.flux(enters=128), "Transformer", "Flux", "with a control picture", ("a VAE", "CLIP-L and T5-XXL"), "flux-depth"),
    "ComfyUI's diffusion_models": (below("diffusion_model.", heads.flux()), "Transformer", "Flux", "dev", ("a VAE", "CLIP-L and T5-XXL"), ""),
}  # fmt: skip


@pytest.mark.parametrize("name", CHECKPOINTS)
def test_checkpoints(tmp_path: Path, name: str) -> None:
    from diffusers.loaders.single_file_utils import infer_diffusers_model_type

    shapes, kind, base, detail, needs, theirs = CHECKPOINTS[name]
    found = identify(Files(sparse(tmp_path / "x.safetensors", shapes)))
    assert found is not None and found.role == "model" and found.medium == "picture"
    assert (found.kind, found.base, found.detail, found.needs) == (kind, base, detail, needs)
    if theirs:
        assert infer_diffusers_model_type({n: SimpleNamespace(shape=s) for n, s in shapes.items()}) == theirs


# ── parts, as the libraries themselves build them ─────────────────────────────


def part(name: str, library: str = "diffusers", **config: Any) -> Any:
    import importlib

    made = importlib.import_module(library)
    with torch.device("meta"):
        kind = getattr(made, name)
        return kind(getattr(made, config.pop("config"))(**config)) if "config" in config else kind(**config)


SMALL = {"layers_per_block": 1}
UNET_1 = {"cross_attention_dim": 768, "layers_per_block": 1, "attention_head_dim": 8}
CLIP_L = {
    "config": "CLIPTextConfig",
    "hidden_size": 768,
    "intermediate_size": 3072,
    "num_hidden_layers": 1,
    "num_attention_heads": 12,
}
CLIP_G = CLIP_L | {"hidden_size": 1280, "num_attention_heads": 20, "projection_dim": 1280}
T5 = {"config": "T5Config", "d_model": 4096, "d_ff": 64, "num_layers": 1, "num_heads": 64}
FOUR = "SD 1.x, SD 2.x or SDXL"
VIDEO = {"num_layers": 1}
PARTS: dict[str, tuple[str, str, dict[str, Any], str, str]] = {
    "VAE of SD": ("AutoencoderKL", "diffusers", {"latent_channels": 4, "block_out_channels": (32, 64)}, "VAE", FOUR),
    "VAE of Flux": ("AutoencoderKL", "diffusers", {"latent_channels": 16, "block_out_channels": (32, 64)}, "VAE", "Flux or SD 3"),
    "VAE of Flux 2": ("AutoencoderKLFlux2", "diffusers", {}, "VAE", "Flux 2"),
    "VAE of Wan": ("AutoencoderKLWan", "diffusers", {}, "VAE", "Wan or Qwen-Image"),
    "VAE of HunyuanVideo": ("AutoencoderKLHunyuanVideo", "diffusers", {}, "VAE", "HunyuanVideo or CogVideoX"),
    "VAE of LTX": ("AutoencoderKLLTXVideo", "diffusers", {}, "VAE", "LTX-Video"),
    "VAE of Sana": ("AutoencoderDC", "diffusers", {}, "VAE", "Sana"),
    "VAE of Stable Audio": ("AutoencoderOobleck", "diffusers", {}, "VAE", "Stable Audio"),
    "TAESD": ("AutoencoderTiny", "diffusers", {}, "TAESD", FOUR),
    "TAEF1": ("AutoencoderTiny", "diffusers", {"latent_channels": 16}, "TAESD", "Flux or SD 3"),
    "T2I-Adapter": ("T2IAdapter", "diffusers", {}, "T2I-Adapter", "SD 1.x"),
    "T2I-Adapter, SDXL": (
        "T2IAdapter", "diffusers",
        {"adapter_type": "full_adapter_xl", "channels": [320, 640, 1280, 1280], "downscale_factor": 16},
        "T2I-Adapter", "SDXL",
    ),
    "AnimateDiff": ("MotionAdapter", "diffusers", {}, "Motion module", "SD 1.x"),
    "ControlNet": ("ControlNetModel", "diffusers", {"cross_attention_dim": 768} | SMALL, "ControlNet", "SD 1.x"),
    "ControlNet, SDXL": (
        "ControlNetModel", "diffusers",
        {
            "cross_attention_dim": 2048, "layers_per_block": 1, "block_out_channels": (320, 640, 1280),
            "down_block_types": ("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
            "addition_embed_type": "text_time", "addition_time_embed_dim": 256,
            "projection_class_embeddings_input_dim": 2816,
        },
        "ControlNet", "SDXL",
    ),
    "ControlNet, Flux": ("FluxControlNetModel", "diffusers", {"num_layers": 1, "num_single_layers": 1}, "ControlNet", "Flux"),
    "ControlNet, SD 3": ("SD3ControlNetModel", "diffusers", {"num_layers": 1}, "ControlNet", "SD 3"),
    "ControlNet, Qwen": ("QwenImageControlNetModel", "diffusers", {"num_layers": 1}, "ControlNet", "Qwen-Image"),
    "CLIP-L": ("CLIPTextModel", "transformers", CLIP_L, "Text encoder", "SD 1.x, SDXL, SD 3 or Flux"),
    "CLIP-G": ("CLIPTextModelWithProjection", "transformers", CLIP_G, "Text encoder", "SDXL or SD 3"),
    "T5-XXL": ("T5EncoderModel", "transformers", T5, "Text encoder", "SD 3, Flux, PixArt or LTX-Video"),
    "UMT5-XXL": ("UMT5EncoderModel", "transformers", T5 | {"config": "UMT5Config", "vocab_size": 256384}, "Text encoder", "Wan"),
    "U-Net of SD 1.5": ("UNet2DConditionModel", "diffusers", UNET_1, "U-Net", "SD 1.x"),
    "U-Net of SD 2": ("UNet2DConditionModel", "diffusers", UNET_1 | {"cross_attention_dim": 1024}, "U-Net", "SD 2.x"),
    "Flux": ("FluxTransformer2DModel", "diffusers", {"num_layers": 1, "num_single_layers": 1}, "Transformer", "Flux"),
    "Flux 2": ("Flux2Transformer2DModel", "diffusers", {"num_layers": 1, "num_single_layers": 1}, "Transformer", "Flux 2"),
    "Chroma": ("ChromaTransformer2DModel", "diffusers", {"num_layers": 1, "num_single_layers": 1}, "Transformer", "Chroma"),
    "SD 3": ("SD3Transformer2DModel", "diffusers", {"num_layers": 2}, "Transformer", "SD 3"),
    "Qwen-Image": ("QwenImageTransformer2DModel", "diffusers", VIDEO, "Transformer", "Qwen-Image"),
    "Lumina 2": ("Lumina2Transformer2DModel", "diffusers", VIDEO, "Transformer", "Lumina 2"),
    "AuraFlow": ("AuraFlowTransformer2DModel", "diffusers", {"num_mmdit_layers": 1, "num_single_dit_layers": 1}, "Transformer", "AuraFlow"),
    "Wan": ("WanTransformer3DModel", "diffusers", VIDEO, "Transformer", "Wan"),
    "LTX-Video": ("LTXVideoTransformer3DModel", "diffusers", VIDEO, "Transformer", "LTX-Video"),
    "HunyuanVideo": ("HunyuanVideoTransformer3DModel", "diffusers", {"num_layers": 1, "num_single_layers": 1}, "Transformer", "HunyuanVideo"),
    "CogVideoX": ("CogVideoXTransformer3DModel", "diffusers", VIDEO, "Transformer", "CogVideoX"),
    "Mochi": ("MochiTransformer3DModel", "diffusers", {"num_layers": 2}, "Transformer", "Mochi"),
    "PixArt": ("PixArtTransformer2DModel", "diffusers", VIDEO, "Transformer", "PixArt"),
    "Sana": ("SanaTransformer2DModel", "diffusers", VIDEO, "Transformer", "Sana"),
    "Cosmos": ("CosmosTransformer3DModel", "diffusers", VIDEO, "Transformer", "Cosmos"),
    "Stable Audio": ("StableAudioDiTModel", "diffusers", VIDEO, "Transformer", "Stable Audio"),
    "Stable Cascade": ("StableCascadeUNet", "diffusers", {}, "Transformer", "Stable Cascade"),
}  # fmt: skip


@pytest.mark.parametrize("name", PARTS)
def test_parts_that_the_libraries_build(name: str) -> None:
    kind, library, config, expected, base = PARTS[name]
    shapes = heads.of(part(kind, library, **config))
    found = lora.find(shapes, {}) or kinds.find(shapes)
    assert found is not None and (found.kind, found.base) == (expected, base)
    # In a file of ComfyUI's the denoisers lie deeper.
    if found.role == "model":
        assert kinds.find(below("model.diffusion_model.", shapes)) == found


OTHER_PARTS: dict[str, tuple[Shapes, str, str]] = {
    "VAE, first names": (heads.ldm_vae(), "VAE for SD 1.x, SD 2.x or SDXL", "4 channels"),
    "VAE in a file of a checkpoint's": (below("first_stage_model.", heads.ldm_vae()), "VAE for SD 1.x, SD 2.x or SDXL", "4 channels"),
    "VAE of Flux, first names": (heads.ldm_vae(16), "VAE for Flux or SD 3", "16 channels"),
    "TAESD's first decoder": ({"1.weight": (64, 4, 3, 3), "3.conv.0.weight": (64, 64, 3, 3), "18.weight": (3, 64, 3, 3)}, "TAESD for SD 1.x, SD 2.x or SDXL", "decoder alone"),
    "TAESD's first encoder": ({"0.weight": (64, 3, 3, 3), "1.conv.0.weight": (64, 64, 3, 3), "14.weight": (4, 64, 3, 3)}, "TAESD for SD 1.x, SD 2.x or SDXL", "encoder alone"),
    "ControlNet, first names": (below("control_model.", {"input_hint_block.0.weight": (16, 3, 3, 3), **SD1_UNET}), "ControlNet for SD 1.x", ""),
    "T2I-Adapter, first names": ({"conv_in.weight": (320, 192, 3, 3), "body.0.block1.weight": (320, 320, 3, 3)}, "T2I-Adapter for SD 1.x", ""),
    "IP-Adapter": ({"image_proj.proj.weight": (3072, 1024), "ip_adapter.1.to_k_ip.weight": (320, 768)}, "IP-Adapter for SD 1.x", ""),
    "IP-Adapter, SDXL": ({"ip_adapter.1.to_k_ip.weight": (640, 2048)}, "IP-Adapter for SDXL", ""),
    "Redux": ({"redux_up.weight": (12288, 1152), "redux_down.weight": (4096, 12288)}, "Style model for Flux", ""),
    "OpenCLIP-H": (heads.open_clip(1024), "Text encoder for SD 2.x", "OpenCLIP-H"),
    "embedding, A1111": ({"emb_params": (3, 768)}, "Textual inversion for SD 1.x", "3 words"),
    "embedding, SDXL": ({"clip_l": (2, 768), "clip_g": (2, 1280)}, "Textual inversion for SDXL", "2 words"),
    "embedding, diffusers": ({"<cat-toy>": (768,)}, "Textual inversion for SD 1.x", "1 word"),
}  # fmt: skip


@pytest.mark.parametrize("name", OTHER_PARTS)
def test_parts_as_their_first_files_have_them(tmp_path: Path, name: str) -> None:
    shapes, words, detail = OTHER_PARTS[name]
    found = identify(Files(sparse(tmp_path / "x.safetensors", shapes)))
    assert found is not None and found.role == "addition"
    assert found.words() == words + (f" ({detail})" if detail else "")


def test_what_nobody_knows_is_nothing(tmp_path: Path) -> None:
    assert identify(Files(sparse(tmp_path / "x.safetensors", {"layers.0.weight": (9, 9), "head.bias": (9,)}))) is None


def test_an_old_embedding_in_a_checkpoint(tmp_path: Path) -> None:
    torch.save({"string_to_token": {"*": 265}, "string_to_param": {"*": torch.zeros(2, 768)}}, tmp_path / "cat.pt")
    found = identify(Files(tmp_path / "cat.pt"))
    assert found is not None and found.words() == "Textual inversion for SD 1.x (2 words)"


# ── folders ───────────────────────────────────────────────────────────────────


def folder(path: Path, config: dict[str, Any], shapes: Shapes | None = None, name: str = "config.json") -> Path:
    path.mkdir(parents=True, exist_ok=True)
    (path / name).write_text(json.dumps(config))
    if shapes:
        sparse(path / "model.safetensors", shapes)
    return path


FOLDERS: dict[str, tuple[str, dict[str, Any], Shapes | None, str]] = {
    "Llama": (
        "config.json",
        {"model_type": "llama", "architectures": ["LlamaForCausalLM"], "max_position_embeddings": 8192},
        {"model.layers.0.self_attn.q_proj.weight": (64, 64), "model.embed_tokens.weight": (99, 64)},
        "Language model of Llama (8,192 tokens of context)",
    ),
    "one that is new": ("config.json", {"model_type": "zeta9", "architectures": ["Zeta9ForCausalLM"]}, None, "Language model of Zeta9"),
    "MusicGen": ("config.json", {"model_type": "musicgen"}, None, "Transformers model of MusicGen"),
    "CLIP": ("config.json", {"model_type": "clip_text_model", "architectures": ["CLIPTextModel"]}, heads.clip(768), "Text encoder for SD 1.x, SDXL, SD 3 or Flux (CLIP-L)"),
    "T5": ("config.json", {"model_type": "t5", "architectures": ["T5EncoderModel"]}, None, "Text encoder"),
    "VAE by its scale": ("config.json", {"_class_name": "AutoencoderKL", "scaling_factor": 0.13025}, None, "VAE for SDXL"),
    "VAE of Wan": ("config.json", {"_class_name": "AutoencoderKLWan"}, None, "VAE for Wan"),
    "a ControlNet": ("config.json", {"_class_name": "FluxControlNetModel"}, None, "ControlNet for Flux"),
    "Flux": ("model_index.json", {"_class_name": "FluxPipeline"}, None, "Pipeline of Flux (Flux)"),
    "SDXL": ("model_index.json", {"_class_name": "StableDiffusionXLPipeline"}, None, "Pipeline of SDXL (StableDiffusionXL)"),
    "a LoRA of PEFT's": ("adapter_config.json", {"peft_type": "LORA", "r": 16, "base_model_name_or_path": "meta/Llama-3"}, None, "LoRA for Llama-3 (rank 16)"),
    "one with its weights": ("adapter_config.json", {"r": 8, "base_model_name_or_path": "meta/Llama-3"}, LORAS["PEFT, a language model"][0], "LoRA for Llama-3 (rank 8)"),
    "one for pictures": ("adapter_config.json", {"r": 8, "base_model_name_or_path": "x/FLUX.1-dev"}, peft(FLUX_DIFFUSERS), "LoRA for Flux (rank 8)"),
}  # fmt: skip


@pytest.mark.parametrize("name", FOLDERS)
def test_folders(tmp_path: Path, name: str) -> None:
    file, config, shapes, words = FOLDERS[name]
    found = identify(Files(folder(tmp_path / "x", config, shapes, file)))
    assert found is not None and found.words() == words


def test_a_hint_decides_only_what_is_open(tmp_path: Path) -> None:
    language = {"model.layers.0.self_attn.q_proj.weight": (64, 64), "model.embed_tokens.weight": (99, 64)}
    files = Files(sparse(tmp_path / "qwen.safetensors", language))
    assert identify(files) == Identity(
        "Language model", "model", (), "", "text", "autoregressive", ("its config.json and tokenizer",)
    )
    assert identify(files, "Text encoder") == Identity("Text encoder", "addition")
    files = Files(sparse(tmp_path / "lora.safetensors", kohya(SD1_UNET)))
    assert identify(files, "Checkpoint") == identify(files)


def test_a_reason_says_what_it_is_and_what_to_do() -> None:
    whole = Identity("LoRA", "addition", ("SDXL",), "rank 16")
    assert reason("x", whole) == "x is a LoRA for SDXL (rank 16): it adds to a model and makes nothing by itself."
    alone = Identity("Transformer", "model", ("Flux",), "dev", needs=("a VAE", "CLIP-L and T5-XXL"))
    assert reason("x", alone) == (
        "x is a Transformer of Flux (dev) without a VAE or CLIP-L and T5-XXL, which does not run alone: "
        "put these near it, each in a file of its own, or get the whole model's folder."
    )


def test_animatediff_of_another_u_net_is_no_stable_diffusion(tmp_path: Path) -> None:
    (tmp_path / "unet").mkdir()
    (tmp_path / "model_index.json").write_text(json.dumps({"_class_name": "AnimateDiffPipeline"}))
    for width, bases in ((768, ("SD 1.x",)), (128, ())):
        (tmp_path / "unet" / "config.json").write_text(json.dumps({"cross_attention_dim": width}))
        found = identify(Files(tmp_path))
        assert found and found.bases == bases
