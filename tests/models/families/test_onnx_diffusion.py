"""Stable Diffusion as ONNX graphs: recognised by their heads, and the same pictures as diffusers' pipeline makes."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from models.networks import miniature, miniature_onnx
from models.protocol import BadInput, JobCancelled, Preview
from models.registry import Registry
from models.sampling import schedulers
from tests.models.families import making

REGISTRY = Registry()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As diffusers' export script lays it out."""
    place = tmp_path_factory.mktemp("onnx") / "boats"
    place.mkdir()
    parts = miniature.stable_diffusion()
    parts.tokenizer.save_pretrained(place / "tokenizer")
    parts.scheduler.save_pretrained(place / "scheduler")
    graphs = miniature_onnx.stable_diffusion(len(parts.tokenizer))
    for part, graph in graphs.items():
        (place / part).mkdir()
        (place / part / "model.onnx").write_bytes(graph)
    index = {
        "_class_name": "OnnxStableDiffusionPipeline",
        **{part: ["diffusers", "OnnxRuntimeModel"] for part in graphs},
    }
    (place / "model_index.json").write_text(json.dumps(index))
    return place


def test_it_is_recognised_by_its_graphs(folder: Path) -> None:
    architecture, match = REGISTRY.recognise(folder)
    assert (architecture, match.name, match.missing) == ("onnx-diffusion", "boats", "")
    assert match.card.tasks == ("text-to-picture", "picture-to-picture", "inpaint")


def test_the_picture_is_diffusers_own(folder: Path, tmp_path: Path) -> None:
    import diffusers

    asked = {"steps": 3, "width": 128, "height": 192, "guidance_scale": 4.0, "scheduler": _ddim()}
    heard, made = making.make(folder, tmp_path / "out", "a red boat", seed=5, **asked)
    assert made is not None and any(isinstance(event, Preview) for event in heard)
    noise = torch.randn((1, 4, 24, 16), generator=torch.Generator().manual_seed(5))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = diffusers.OnnxStableDiffusionPipeline(
            vae_encoder=_graph(folder, "vae_encoder"), vae_decoder=_graph(folder, "vae_decoder"),
            text_encoder=_graph(folder, "text_encoder"), unet=_graph(folder, "unet"),
            tokenizer=_tokenizer(folder), scheduler=_scheduler(folder),
            safety_checker=None, feature_extractor=None, requires_safety_checker=False,
        )  # fmt: skip
        theirs.set_progress_bar_config(disable=True)
        expected = theirs(
            "a red boat", height=192, width=128, num_inference_steps=3, guidance_scale=4.0, negative_prompt="",
            latents=noise.numpy(),
        ).images[0]  # fmt: skip
    ours = np.asarray(Image.open(made.path)).astype(int)
    assert ours.shape == (192, 128, 3) and np.abs(ours - np.asarray(expected)).max() <= 1


def test_it_starts_from_a_picture_and_stops_where_asked(folder: Path, tmp_path: Path) -> None:
    Image.new("RGB", (128, 128), (200, 60, 20)).save(tmp_path / "red.png")
    _, made = making.make(
        folder, tmp_path / "out", "a boat", tmp_path / "red.png", steps=4, strength=0.5, width=128, height=128
    )
    assert made is not None and made.settings["task"] == "picture-to-picture"
    with pytest.raises(JobCancelled):
        making.make(folder, tmp_path / "out", "a boat", stop_after=4, steps=8, width=128, height=128)


def test_what_is_incomplete_or_strange_says_why(folder: Path, tmp_path: Path) -> None:
    import shutil

    copy = tmp_path / "copy"
    shutil.copytree(folder, copy)
    (copy / "vae_decoder" / "model.onnx").unlink()
    with pytest.raises(BadInput, match="vae_decoder"):
        REGISTRY.recognise(copy)
    shutil.copy(folder / "vae_encoder" / "model.onnx", copy / "vae_decoder" / "model.onnx")
    with pytest.raises(BadInput, match="no plain Stable Diffusion"):
        REGISTRY.recognise(copy)
    shutil.copytree(folder / "text_encoder", copy / "text_encoder_2")
    with pytest.raises(BadInput, match="SDXL"):
        REGISTRY.recognise(copy)


def _ddim() -> str:
    return next(name for name in schedulers.NAMES if "DDIM" in name)


def _graph(folder: Path, part: str) -> Any:
    from diffusers import OnnxRuntimeModel
    from onnxruntime import InferenceSession

    path = str(folder / part / "model.onnx")
    return OnnxRuntimeModel(model=InferenceSession(path, providers=["CPUExecutionProvider"]))


def _tokenizer(folder: Path) -> Any:
    from transformers import CLIPTokenizer

    return CLIPTokenizer.from_pretrained(folder / "tokenizer")


def _scheduler(folder: Path) -> Any:
    from diffusers import DDIMScheduler

    return DDIMScheduler.from_pretrained(folder / "scheduler")
