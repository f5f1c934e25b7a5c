"""What a model weighs, from configs and heads alone: folders, single files, GGUF, and several networks in one file."""

from __future__ import annotations

import json
import random
import shutil
import struct
from pathlib import Path
from typing import Any

import pytest

from models.planning.choice import decide
from models.planning.parts import Part, Size, from_rows, to_rows
from models.planning.weigh import part, weigh
from models.planning.wish import Wish
from models.protocol import BadInput
from models.store.files import Files
from tests.models.planning.machines import KNOWN, card, processor


def safetensors(path: Path, tensors: dict[str, tuple[str, tuple[int, ...]]]) -> None:
    """A file of zeros with that head."""
    width = {"F32": 4, "F16": 2, "BF16": 2}
    at, head = 0, {}
    for name, (dtype, shape) in tensors.items():
        size = width[dtype]
        for n in shape:
            size *= n
        head[name] = {"dtype": dtype, "shape": list(shape), "data_offsets": [at, at + size]}
        at += size
    text = json.dumps(head).encode()
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        file.truncate(8 + len(text) + at)


def by_name(path: Path) -> dict[str, Part]:
    return {one.name: one for one in weigh(Files(path))}


def test_a_pipelines_folder(tiny_stable_diffusion: Path) -> None:
    import torch
    from diffusers import StableDiffusionPipeline

    found = by_name(tiny_stable_diffusion)
    whole: Any = StableDiffusionPipeline.from_pretrained(tiny_stable_diffusion, local_files_only=True)
    for name in ("unet", "vae", "text_encoder"):
        network = getattr(whole, name)
        assert found[name].parameters == sum(p.numel() for p in network.parameters())
        linear = [m.weight for m in network.modules() if isinstance(m, torch.nn.Linear) and min(m.weight.shape) >= 64]
        assert found[name].linear == sum(w.numel() for w in linear)
        assert found[name].stored == "float32"
        assert found[name].bytes >= 4 * found[name].parameters
    assert [found[name].role for name in ("unet", "vae", "text_encoder")] == ["denoiser", "autoencoder", "text"]
    assert found["unet"].work.channels == tuple(whole.unet.config.block_out_channels)
    assert found["unet"].work.side == found["vae"].work.side == whole.vae_scale_factor
    assert found["text_encoder"].work.width == whole.text_encoder.config.hidden_size


@pytest.mark.parametrize("name", ["SD 1.5", "Flux dev"])
def test_the_known_models_are_as_the_library_makes_them(name: str) -> None:
    """The table's figures, made again from the classes' own defaults: SD 1.5's U-Net and Flux's transformer."""
    import accelerate
    import diffusers

    kept = next(one for one in KNOWN[name] if one.role == "denoiser")
    with accelerate.init_empty_weights():
        if name == "SD 1.5":
            network: Any = diffusers.UNet2DConditionModel(sample_size=64, cross_attention_dim=768, attention_head_dim=8)
        else:
            network = diffusers.FluxTransformer2DModel(guidance_embeds=True)
    heads = {n: ("F16", tuple(p.shape)) for n, p in network.state_dict().items()}
    vae = {"block_out_channels": [128, 256, 512, 512], "latent_channels": 4 if name == "SD 1.5" else 16}
    made = part(kept.name, "denoiser", kept.kind, "diffusers", heads, kept.bytes, dict(network.config), vae)
    assert (made.parameters, made.linear, made.narrow, made.block) == (
        kept.parameters, kept.linear, kept.narrow, kept.block,
    )  # fmt: skip
    assert made.work == kept.work


def test_layers_that_are_narrowed_are_those_that_the_library_narrows() -> None:
    import accelerate
    import diffusers
    import torch

    with accelerate.init_empty_weights():
        network: Any = diffusers.SD3Transformer2DModel(num_layers=2, num_attention_heads=4, caption_projection_dim=256)
    heads = {n: ("F16", tuple(p.shape)) for n, p in network.state_dict().items()}
    told = part("transformer", "denoiser", "SD3Transformer2DModel", "diffusers", heads, 0, dict(network.config))
    network.enable_layerwise_casting(storage_dtype=torch.float8_e4m3fn, compute_dtype=torch.bfloat16)
    narrowed = sum(p.numel() for p in network.parameters() if p.dtype == torch.float8_e4m3fn and p.ndim > 1)
    assert told.narrow == narrowed


def test_several_networks_in_one_file(tmp_path: Path) -> None:
    config = {
        "model_type": "musicgen", "architectures": ["MusicgenForConditionalGeneration"],
        "text_encoder": {"model_type": "t5", "d_model": 64, "d_ff": 128, "num_layers": 2, "num_heads": 2},
        "audio_encoder": {"model_type": "encodec", "sampling_rate": 32000, "num_filters": 16},
        "decoder": {"model_type": "musicgen_decoder", "hidden_size": 64, "num_hidden_layers": 2, "ffn_dim": 128,
                    "num_attention_heads": 2, "vocab_size": 100},
    }  # fmt: skip
    safetensors(
        tmp_path / "music" / "model.safetensors",
        {
            "text_encoder.shared.weight": ("F32", (100, 64)),
            "text_encoder.block.0.wi.weight": ("F32", (128, 64)),
            "audio_encoder.decoder.layers.0.weight": ("F32", (16, 16, 7)),
            "decoder.model.layers.0.fc1.weight": ("F32", (128, 64)),
            "decoder.lm_head.weight": ("F32", (100, 64)),
        },
    )
    (tmp_path / "music" / "config.json").write_text(json.dumps(config), "utf-8")
    found = by_name(tmp_path / "music")
    assert {name: one.role for name, one in found.items()} == {
        "text_encoder": "text", "audio_encoder": "codec", "decoder": "language",
    }  # fmt: skip
    assert found["text_encoder"].rows == 6400 and found["text_encoder"].linear == 128 * 64
    assert found["audio_encoder"].work.rate == 32000
    assert found["decoder"].work.kv == 128


def test_a_checkpoint_of_one_file(tmp_path: Path) -> None:
    path = tmp_path / "old.safetensors"
    safetensors(
        path,
        {
            "model.diffusion_model.input_blocks.0.0.weight": ("F16", (32, 4, 3, 3)),
            "model.diffusion_model.out.2.weight": ("F16", (4, 32, 3, 3)),
            "first_stage_model.decoder.conv_in.weight": ("F16", (64, 4, 3, 3)),
            "cond_stage_model.transformer.text_model.final_layer_norm.weight": ("F16", (64,)),
        },
    )
    found = by_name(path)
    assert set(found) == {"unet", "vae", "text_encoder"}
    assert found["unet"].work.channels == (32, 64, 128, 128)
    assert sum(one.bytes for one in found.values()) == pytest.approx(path.stat().st_size, abs=600)


def test_a_variant_counts_once_and_the_plain_one_is_read(tmp_path: Path) -> None:
    folder = tmp_path / "net"
    safetensors(folder / "diffusion_pytorch_model.safetensors", {"a.weight": ("F32", (64, 64))})
    safetensors(folder / "diffusion_pytorch_model.fp16.safetensors", {"a.weight": ("F16", (64, 64))})
    for shard in (1, 2):
        safetensors(tmp_path / "cut" / f"model-0000{shard}-of-00002.safetensors", {f"{shard}": ("BF16", (10, 10))})
    (found,) = weigh(Files(folder))
    assert (found.parameters, found.stored) == (64 * 64, "float32")
    (cut,) = weigh(Files(tmp_path / "cut"))
    assert (cut.parameters, cut.stored) == (200, "bfloat16")


def test_a_gguf_file(tmp_path: Path) -> None:
    gguf = pytest.importorskip("gguf")
    import numpy as np

    path = tmp_path / "tiny.gguf"
    writer = gguf.GGUFWriter(path, "llama")
    for key, value in (("context_length", 512), ("embedding_length", 64), ("block_count", 2),
                       ("feed_forward_length", 128), ("head_count", 4), ("head_count_kv", 2)):  # fmt: skip
        getattr(writer, f"add_{key}")(value)
    for name in ("token_embd.weight", "blk.0.ffn_up.weight"):
        data = np.random.default_rng(0).standard_normal((128, 64)).astype(np.float32)
        quantized = gguf.quants.quantize(data, gguf.GGMLQuantizationType.Q8_0)
        writer.add_tensor(name, quantized, raw_dtype=gguf.GGMLQuantizationType.Q8_0)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    (found,) = weigh(Files(path))
    assert (found.role, found.library, found.stored, found.parameters) == ("language", "gguf", "q8_0", 2 * 128 * 64)
    assert (found.work.layers, found.work.width, found.work.kv, found.work.context) == (2, 64, 64, 512)


@pytest.mark.parametrize("name", KNOWN)
def test_parts_cross_as_plain_rows(name: str) -> None:
    assert from_rows(json.loads(json.dumps(to_rows(KNOWN[name])))) == KNOWN[name]


@pytest.mark.parametrize("rows", [[{}], [{"name": 1}], [{"name": "a", "role": "text", "parameters": "x"}], ["a"]])
def test_rows_that_are_no_parts_are_refused(rows: Any) -> None:
    with pytest.raises(ValueError):
        from_rows(rows)


def test_the_size_of_what_is_asked_for() -> None:
    size = Size.of({"width": 640, "height": 480, "guidance_scale": 7.0, "frames": 25, "steps": 20})
    assert (size.width, size.height, size.frames, size.batch) == (640, 480, 25, 2)
    assert Size.of({"size": 128, "guidance_scale": 1.0}) == Size(128, 128)
    assert Size.of({"max_new_tokens": 900, "seconds": 4.5}) == Size(tokens=900, seconds=4.5)


def test_a_config_that_holds_anything_stops_nobody(tmp_path: Path, tiny_stable_diffusion: Path) -> None:
    """Odd values make the prediction poorer, never the weighing or the plan fail."""
    chance = random.Random(4)
    odd: list[Any] = [None, -1, 0, "x", [], {}, [None], [[1]], True, 1e308, 10**30, -5.5, "8", {"a": 1}]
    folder = Path(shutil.copytree(tiny_stable_diffusion, tmp_path / "odd"))
    configs = [folder / part / "config.json" for part in ("unet", "vae", "text_encoder")]
    sound = [json.loads(path.read_text("utf-8")) for path in configs]
    for _ in range(150):
        for path, config in zip(configs, sound, strict=True):
            changed = {n: chance.choice(odd) if chance.random() < 0.4 else v for n, v in config.items() if n[0] != "_"}
            path.write_text(json.dumps({**changed, "_class_name": config.get("_class_name", "X")}), "utf-8")
        parts = weigh(Files(folder))
        assert sum(one.parameters for one in parts) > 100_000
        try:
            decide(parts, card(24), Wish(plan="small"), Size(512, 512, frames=3))
        except BadInput as refused:
            assert "too large" in str(refused)


def test_a_gguf_model_is_unpacked_where_nothing_runs_it_as_it_is() -> None:
    packed = Part("", "language", 8_000_000_000, 4_900_000_000, "q4_k", library="gguf")
    with_it = decide((packed,), processor(64, libraries=("llama_cpp",)))
    without = decide((packed,), processor(128, libraries=()))
    assert (with_it.quantization, without.quantization) == ("gguf", "none")
    assert with_it.peak.ram.weights < 5e9 < 3e10 < without.peak.ram.weights
