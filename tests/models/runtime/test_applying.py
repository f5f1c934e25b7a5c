"""Plans put on a real, tiny pipeline: each way of taking less memory still makes the picture, or nearly."""

from __future__ import annotations

import gc
import importlib.util
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from models import folders
from models.protocol import BadInput
from models.runtime.fitting import applying, narrow, reading
from models.runtime.fitting.plan import Plan
from models.runtime.pipelines import stable_diffusion_load

PARTS = ("text_encoder", "unet")
ACCELERATOR = next((name for name in ("cuda", "xpu") if getattr(torch, name).is_available()), "")


def made(path: Path, plan: Plan, prompts: tuple[str, ...] = ("a boat",)) -> tuple[Any, list[np.ndarray]]:
    """The pipeline, and a small picture for each prompt."""
    pipeline = stable_diffusion_load.pipeline(str(path), plan, variant=None)
    pipeline.set_progress_bar_config(disable=True)
    found = []
    for prompt in prompts:
        seed = torch.Generator("cpu").manual_seed(1)
        with torch.inference_mode():
            picture = pipeline(
                prompt, num_inference_steps=2, width=64, height=64, generator=seed, output_type="np"
            ).images[0]
        found.append(picture)
        pipeline.maybe_free_model_hooks()
    return pipeline, found


@pytest.fixture(scope="module")
def plain(tiny_stable_diffusion: Path) -> np.ndarray:
    return made(tiny_stable_diffusion, Plan())[1][0]


@pytest.fixture(scope="module")
def half(tiny_stable_diffusion: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same model as most are saved: in float16."""
    from diffusers import StableDiffusionPipeline

    folder = tmp_path_factory.mktemp("half") / "model"
    whole: Any = StableDiffusionPipeline.from_pretrained(
        tiny_stable_diffusion, torch_dtype=torch.float16, local_files_only=True
    )
    whole.save_pretrained(folder)
    return folder


@pytest.mark.parametrize(
    ("plan", "off"),
    [
        (Plan(offload="disk"), 0.0),
        (Plan(free_encoder=True), 0.0),
        (Plan(dtype="bfloat16"), 0.02),
        (Plan(quantization="layerwise-16", quantized=PARTS), 0.01),
        (Plan(quantization="layerwise-fp8", quantized=("unet",)), 0.05),
        (Plan(quantization="layerwise-fp8", quantized=("unet",), offload="disk"), 0.05),
        (Plan(dtype="bfloat16", quantization="layerwise-fp8", quantized=("unet",), free_encoder=True), 0.05),
        (Plan(channels_last=True), 0.001),
        (Plan(attention="sliced"), 0.001),
    ],
    ids=lambda value: value.in_words() or value.dtype if isinstance(value, Plan) else "",
)
def test_each_way_makes_the_picture(tiny_stable_diffusion: Path, plain: np.ndarray, plan: Plan, off: float) -> None:
    pipeline, (picture,) = made(tiny_stable_diffusion, plan)
    assert float(np.abs(picture - plain).mean()) <= off
    assert (picture.std() > 0) and np.isfinite(picture).all()
    kinds = {parameter.dtype for parameter in pipeline.unet.parameters()}
    if plan.quantization == "layerwise-fp8":
        assert torch.float8_e4m3fn in kinds
    if plan.quantization == "layerwise-16":
        assert torch.bfloat16 in kinds


def test_what_is_kept_in_16_bits_as_it_lies_is_exact(half: Path) -> None:
    """A file of float16 computes in float32 on a processor, whether it is widened at once or layer by layer."""
    _, (whole,) = made(half, Plan())
    pipeline, (kept,) = made(half, Plan(quantization="layerwise-16", quantized=PARTS))
    assert float(np.abs(kept - whole).max()) < 1e-4
    assert {p.dtype for p in pipeline.unet.conv_in.parameters()} == {torch.float16}


def test_encoders_leave_and_come_back(tiny_stable_diffusion: Path) -> None:
    prompts = ("a boat", "a house", "a boat")
    _, expected = made(tiny_stable_diffusion, Plan(), prompts)
    pipeline, found = made(tiny_stable_diffusion, Plan(free_encoder=True), prompts)
    assert all((a == b).all() for a, b in zip(found, expected, strict=True))
    assert not (found[0] == found[1]).all()
    assert pipeline.encoders.gone == {"text_encoder"}
    held = {p.untyped_storage().data_ptr(): p.untyped_storage().nbytes() for p in pipeline.text_encoder.parameters()}
    assert sum(held.values()) < 4096


def test_blocks_on_the_disk_go_when_the_model_goes(tiny_stable_diffusion: Path) -> None:
    stale = folders.data() / "offload" / "999999999-1"  # of an engine that was killed
    stale.mkdir(parents=True)
    pipeline, _ = made(tiny_stable_diffusion, Plan(offload="disk"))
    (folder,) = (folders.data() / "offload").iterdir()
    assert folder != stale
    on_disk = sum(file.stat().st_size for file in folder.rglob("*.safetensors"))
    weights = sum(p.numel() * 4 for part in (pipeline.unet, pipeline.vae, pipeline.text_encoder)
                  for p in part.parameters())  # fmt: skip
    assert on_disk > 0.9 * weights
    del pipeline
    gc.collect()
    assert not list((folders.data() / "offload").iterdir())


def test_a_network_is_read_as_the_library_reads_it(half: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also in many pieces: the same numbers, and each cast on the way."""
    from diffusers import AutoencoderKL, UNet2DConditionModel

    monkeypatch.setattr(reading, "CHUNK", 50_000)
    for kind, folder in ((UNet2DConditionModel, half / "unet"), (AutoencoderKL, half / "vae")):
        theirs: Any = kind.from_pretrained(str(folder), torch_dtype=torch.float32, local_files_only=True)
        ours = reading.network(kind, folder, torch.float32)
        expected = theirs.state_dict()
        assert set(ours.state_dict()) == set(expected)
        assert all(torch.equal(value, expected[name]) for name, value in ours.state_dict().items())
        assert not ours.training and ours.config == theirs.config


def test_a_layer_that_was_widened_goes_back_to_what_it_was(half: Path) -> None:
    from diffusers import UNet2DConditionModel

    network = reading.network(UNet2DConditionModel, half / "unet", torch.float32, kept_in=torch.float16)
    before = {name: (p.data_ptr(), p.clone()) for name, p in network.named_parameters()}
    assert {p.dtype for _, p in before.values()} == {torch.float16, torch.float32}
    words = torch.randn(1, 7, network.config.cross_attention_dim)
    with torch.inference_mode():
        made = network(torch.randn(1, 4, 8, 8), torch.tensor(5), words).sample
    assert made.dtype == torch.float32 and made.isfinite().all()
    for name, now in network.named_parameters():
        place, was = before[name]
        assert now.data_ptr() == place and torch.equal(now, was)


def test_a_layer_whose_call_failed_is_narrow_after_the_next() -> None:
    from diffusers.hooks import apply_layerwise_casting

    layer = torch.nn.Linear(8, 8).half()
    network = torch.nn.Sequential(layer)
    apply_layerwise_casting(network, torch.float16, torch.float32, skip_modules_pattern=("norm",))
    narrow.keep(network)
    place = layer.weight.data_ptr()
    with torch.inference_mode():
        with pytest.raises(RuntimeError):
            network(torch.randn(2, 9))
        network(torch.randn(2, 8))
    assert layer.weight.dtype == torch.float16 and layer.weight.data_ptr() == place


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not tell a process's mappings")
def test_a_network_leaves_its_file_unmapped_unless_all_of_it_is_the_file(half: Path) -> None:
    """What is cast holds no file in memory beside it."""
    from diffusers import UNet2DConditionModel

    folder = half / "unet"
    file = str((folder / "diffusion_pytorch_model.safetensors").resolve())

    def mapped(dtype: torch.dtype, kept_in: torch.dtype | None = None) -> bool:
        gc.collect()  # the networks before this one
        network = reading.network(UNet2DConditionModel, folder, dtype, kept_in=kept_in)
        found = file in Path("/proc/self/maps").read_text("utf-8")
        del network
        return found

    assert mapped(torch.float16) and mapped(torch.float32, torch.float16)
    assert not mapped(torch.float32) and not mapped(torch.float32, torch.bfloat16)


def test_a_network_that_lacks_a_tensor_is_refused(half: Path, tmp_path: Path) -> None:
    import shutil

    from diffusers import UNet2DConditionModel
    from safetensors.torch import load_file, save_file

    broken = Path(shutil.copytree(half / "unet", tmp_path / "unet"))
    file = broken / "diffusion_pytorch_model.safetensors"
    tensors = load_file(file)
    del tensors["conv_out.weight"]
    save_file(tensors, file)
    with pytest.raises(BadInput, match="conv_out"):
        reading.network(UNet2DConditionModel, broken, torch.float32)


def test_a_transformers_model_settles_as_planned(tmp_path: Path) -> None:
    from transformers import LlamaConfig, LlamaForCausalLM

    config = LlamaConfig(
        vocab_size=64, hidden_size=64, intermediate_size=128, num_hidden_layers=2, num_attention_heads=4,
        num_key_value_heads=2,
    )  # fmt: skip
    torch.manual_seed(0)
    LlamaForCausalLM(config).to(torch.float16).save_pretrained(tmp_path / "m")
    words = torch.arange(10)[None]

    def answer(plan: Plan) -> tuple[Any, torch.Tensor]:
        options = applying.model_options(plan)
        model = LlamaForCausalLM.from_pretrained(tmp_path / "m", local_files_only=True, **options)
        model = applying.settle(model.eval(), plan)
        with torch.inference_mode():
            return model, model(words).logits.float()

    _, whole = answer(Plan())
    kept, found = answer(Plan(quantization="layerwise-16", quantized=("",)))
    assert torch.allclose(found, whole, atol=1e-4)
    assert kept.model.layers[0].mlp.up_proj.weight.dtype == torch.float16
    assert kept.dtype == torch.float32
    _, found = answer(Plan(offload="disk"))
    assert torch.equal(found, whole)


@pytest.mark.skipif(importlib.util.find_spec("torchao") is None, reason="the extra `quantize` is not installed")
@pytest.mark.parametrize(("how", "off"), [("int8", 0.01), ("float8", 0.05)])
def test_torchao_shortens(tiny_stable_diffusion: Path, plain: np.ndarray, how: Any, off: float) -> None:
    pipeline, (picture,) = made(tiny_stable_diffusion, Plan(quantization=how, quantized=PARTS))
    assert 0 < float(np.abs(picture - plain).mean()) <= off
    kinds = {type(parameter.data).__name__ for parameter in pipeline.unet.parameters()}
    assert any("Int8" in kind or "Float8" in kind for kind in kinds)


@pytest.mark.skipif(not ACCELERATOR, reason="there is no accelerator here")
@pytest.mark.parametrize("offload", ["none", "model", "group", "sequential", "disk"])
def test_an_accelerator_offloads(tiny_stable_diffusion: Path, plain: np.ndarray, offload: Any) -> None:
    plan = Plan(ACCELERATOR, "float32", offload, stream=offload == "group")
    _, pictures = made(tiny_stable_diffusion, plan, ("a boat", "a boat"))
    assert float(np.abs(pictures[1] - plain).mean()) < 0.01


@pytest.mark.skipif(not ACCELERATOR or importlib.util.find_spec("bitsandbytes") is None, reason="no accelerator here")
@pytest.mark.parametrize("how", ["bnb-int8", "bnb-nf4"])
def test_bitsandbytes_shortens(tiny_stable_diffusion: Path, plain: np.ndarray, how: Any) -> None:
    plan = Plan(ACCELERATOR, "bfloat16", quantization=how, quantized=PARTS)
    _, (picture,) = made(tiny_stable_diffusion, plan)
    assert float(np.abs(picture - plain).mean()) < 0.2


def test_a_step_cache_is_enabled_on_a_transformer_that_has_it() -> None:
    from types import SimpleNamespace

    from diffusers import FluxTransformer2DModel, UNet2DConditionModel

    flux = FluxTransformer2DModel(
        num_layers=1, num_single_layers=1, attention_head_dim=16, num_attention_heads=2, joint_attention_dim=32,
        pooled_projection_dim=32, axes_dims_rope=(4, 4, 8),
    )  # fmt: skip
    for cache in ("first-block", "pyramid", "taylor"):
        pipeline = SimpleNamespace(transformer=flux, components={}, current_timestep=1)
        applying.place(pipeline, Plan(cache=cache))
        assert flux.is_cache_enabled
        flux.disable_cache()
    plain = UNet2DConditionModel(
        sample_size=8, block_out_channels=(32, 32), down_block_types=("DownBlock2D",) * 2,
        up_block_types=("UpBlock2D",) * 2, cross_attention_dim=32, layers_per_block=1,
    )  # fmt: skip
    applying.place(
        SimpleNamespace(unet=plain, components={}), Plan(cache="first-block")
    )  # it has none: nothing happens


def test_attention_that_is_not_there_is_refused_in_a_sentence(tiny_stable_diffusion: Path) -> None:
    with pytest.raises(BadInput, match="choose native"):
        made(tiny_stable_diffusion, Plan(attention="sage"))
