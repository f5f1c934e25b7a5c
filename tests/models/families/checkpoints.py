"""Random miniatures of the public kinds of checkpoint, as one file in the papers' layout and as a diffusers folder.

What tells the kinds apart is as in the public ones (how wide the texts are, which names there are); all else is tiny.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file

from models.networks import miniature, miniature_flow
from tests import ldm_layout, transformer_layout

_WIDTHS = {"SD 1.x": (768,), "SD 2.x": (1024,), "SDXL": (768, 1280), "SDXL refiner": (0, 1280)}


def pipeline(base: str, prediction_type: str = "epsilon", seed: int = 0) -> Any:
    """A random pipeline of diffusers of that kind."""
    import diffusers
    from transformers import CLIPTextModel, CLIPTextModelWithProjection

    if base not in _WIDTHS:
        return flow(base, seed=seed)
    words, widths = miniature.clip_tokenizer(), _WIDTHS[base]
    xl, refines = base.startswith("SDXL"), base == "SDXL refiner"
    plain = miniature.stable_diffusion(xl=xl, prediction_type=prediction_type, seed=seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        config = dict(plain.unet.config) | {"cross_attention_dim": sum(widths)}
        if refines:  # five numbers beside the pooled text: size, crop, and how good it should look
            config["projection_class_embeddings_input_dim"] = 5 * 8 + 16
        parts = dict(plain.components) | {"unet": diffusers.UNet2DConditionModel.from_config(config).eval()}
        for name, kind, width in zip(
            ("text_encoder", "text_encoder_2"), (CLIPTextModel, CLIPTextModelWithProjection), widths, strict=False
        ):
            parts[name] = kind(one_layer(words, width)).eval() if width else None
        parts["tokenizer"] = words
        if xl:
            parts["tokenizer_2"] = words
    if refines:
        return diffusers.StableDiffusionXLImg2ImgPipeline(
            **parts | {"tokenizer": None}, requires_aesthetics_score=True, force_zeros_for_empty_prompt=False
        )
    more = {} if xl else {"requires_safety_checker": False}
    return type(plain)(**parts, **more)


def flow(base: str, *, t5: bool = False, guided: bool = False, seed: int = 0) -> Any:
    """SD 3, with two CLIPs of different widths, or Flux; latents of sixteen channels as theirs."""
    import diffusers
    from transformers import CLIPTextModelWithProjection

    kind = "sd3" if base == "SD 3" else "flux"
    made = miniature_flow.flow_matching(kind, size=64, guidance_embeds=guided, t5=t5, seed=seed)
    parts = dict(made.components)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed + 1)
        vae = dict(made.vae.config) | {"latent_channels": 16, "use_quant_conv": False, "use_post_quant_conv": False}
        parts["vae"] = diffusers.AutoencoderKL.from_config(vae).eval()
        enters = {"in_channels": 16 if kind == "sd3" else 64}
        if kind == "sd3":
            parts["tokenizer_2"] = parts["tokenizer"]  # two that were learnt apart may number words otherwise
            enters |= {"out_channels": 16, "joint_attention_dim": 64}
            parts["text_encoder"] = CLIPTextModelWithProjection(one_layer(parts["tokenizer"], 24, 24)).eval()
            parts["text_encoder_2"] = CLIPTextModelWithProjection(one_layer(parts["tokenizer"], 32, 8)).eval()
            # Files have no such matrix for the first one, which passes its states on as they are.
            parts["text_encoder"].text_projection.weight.data = torch.eye(24)
        network = type(made.transformer).from_config(dict(made.transformer.config) | enters).eval()
        for weights in network.parameters():  # some begin as nothing at all
            if not weights.any():
                torch.nn.init.normal_(weights, std=0.05)
        parts["transformer"] = network
    return type(made)(**parts)


def flux_by_public_widths(guided: bool = False) -> Any:
    """Flux whose parts are told apart by their widths where each lies in a file of its own."""
    import diffusers
    from transformers import CLIPTextModel

    made = flow("Flux", guided=guided)
    parts = dict(made.components)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(2)
        parts["text_encoder"] = CLIPTextModel(one_layer(parts["tokenizer"], 768)).eval()
        parts["tokenizer_2"], parts["text_encoder_2"] = miniature_flow._t5(4096)
        wide = dict(made.transformer.config) | {"joint_attention_dim": 4096, "pooled_projection_dim": 768}
        parts["transformer"] = diffusers.FluxTransformer2DModel.from_config(wide).eval()
    return diffusers.FluxPipeline(**parts)


def loose(made: Any, folder: Path) -> Path:
    """Flux as people keep it for ComfyUI: the transformer, the autoencoder and each encoder in a file of its own."""
    files = {
        "diffusion_models/flux1-schnell": transformer_layout.transformer(made.transformer),
        "vae/ae": ldm_layout.autoencoder(made.vae),
        "text_encoders/clip_l": ldm_layout.clip(made.text_encoder),
        "text_encoders/t5xxl_fp16": transformer_layout.t5_names(made.text_encoder_2),
    }
    for name, tensors in files.items():
        path = folder / f"{name}.safetensors"
        path.parent.mkdir(parents=True, exist_ok=True)
        save_file({n: tensor.clone().contiguous() for n, tensor in tensors.items()}, path)
    return folder / "diffusion_models" / "flux1-schnell.safetensors"


def as_gguf(file: Path, path: Path) -> Path:
    """The same transformer with its matrices in eight bits, as city96's converter names things."""
    from gguf import GGMLQuantizationType, GGUFWriter, quants
    from safetensors.torch import load_file

    writer = GGUFWriter(path, "flux")
    for name, tensor in load_file(file).items():
        values = tensor.float().numpy()
        if values.ndim == 2 and values.shape[1] % 32 == 0:
            short = quants.quantize(values, GGMLQuantizationType.Q8_0)
            writer.add_tensor(name, short, raw_dtype=GGMLQuantizationType.Q8_0)
        else:
            writer.add_tensor(name, values)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def kohya(style: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """The same weights under the names that kohya's trainer gives them."""
    found: dict[str, torch.Tensor] = {}
    for name, value in style.items():
        layer, _, which = name.removeprefix("unet.").rpartition(".lora_")
        base = "lora_unet_" + layer.replace(".", "_")
        found[f"{base}.lora_{'down' if which.startswith('A') else 'up'}.weight"] = value
        found[f"{base}.alpha"] = torch.tensor(float(len(value) if which.startswith("A") else value.shape[1]))
    return found


def one_layer(words: Any, width: int, projected: int = 16) -> Any:
    config = miniature._text_config(words, width, projected)
    config.num_hidden_layers = 1 if width >= 768 else 2
    return config


def one_file(made: Any, base: str, path: Path) -> Path:
    layout = transformer_layout.checkpoint(made) if base not in _WIDTHS else ldm_layout.checkpoint(made, base)
    save_file(layout, path)
    return path


def only_configs(folder: Path, to: Path) -> Path:
    """A folder's configs without weights and words: what ships for a public kind."""
    for file in folder.rglob("*.json"):
        if not file.parent.name.startswith("tokenizer") and "index" not in file.name.removeprefix("model_index"):
            target = to / file.relative_to(folder)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(file.read_bytes())
    return to


def shipped(monkeypatch: pytest.MonkeyPatch, made: Any, folder: Path, to: Path) -> None:
    """Let these configs and word lists stand where the public kinds' ship."""
    from models.runtime.pipelines import single_file

    where = only_configs(folder, to)
    words = getattr(made, "tokenizer", None) or made.tokenizer_2
    monkeypatch.setattr(single_file, "configs", lambda _base: where)
    monkeypatch.setattr(single_file, "clip_words", lambda *_: words)
