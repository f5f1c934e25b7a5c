"""VQ-VAE on folders of diffusers' VQModel: recognised from config and heads, loaded, and the codes really edited."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from diffusers import VQModel
from PIL import Image

from models.families.vae import vqvae
from models.protocol import BadInput, Preview, Request
from models.runtime.fitting.plan import Plan
from models.runtime.pictures import codes
from models.store.files import Files

KINDS: dict[str, dict[str, Any]] = {
    "plain": {},
    # As aMUSEd has it: codes are looked up in the codebook, and no middle attention.
    "lookup": {"lookup_from_codebook": True, "mid_block_add_attention": False},
    # As Kandinsky 2 has it: the codes' vectors also tune the norms of the decoder.
    "spatial": {"norm_type": "spatial", "vq_embed_dim": 4},
}
DRAW = torch.Generator().manual_seed(0)


def network(**options: Any) -> VQModel:
    torch.manual_seed(1)
    model = VQModel(
        down_block_types=("DownEncoderBlock2D",) * 2,
        up_block_types=("UpDecoderBlock2D",) * 2,
        # The library's spatial norms come in 32 groups.
        block_out_channels=(32, 32) if "norm_type" in options else (8, 16),
        latent_channels=4, num_vq_embeddings=12, norm_num_groups=4, sample_size=32, **options,
    )  # fmt: skip
    # A codebook of what the encoder says of noise, so that pictures have many different codes.
    with torch.no_grad():
        said = model.encode(torch.rand(1, 3, 32, 32) * 2 - 1).latents.permute(0, 2, 3, 1).flatten(0, 2)
        model.quantize.embedding.weight.copy_(said[torch.randperm(len(said))[:12]])
    return model


class Heard(list):  # type: ignore[type-arg]
    """An `emit` that keeps what it hears."""

    def __call__(self, event: Any) -> None:
        self.append(event)

    def wants_preview(self) -> bool:
        return True


@pytest.fixture(scope="module")
def folders_of(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    root = tmp_path_factory.mktemp("models")
    for kind, options in KINDS.items():
        network(**options).save_pretrained(root / kind, variant="fp16" if kind == "lookup" else None)
    return {kind: root / kind for kind in KINDS}


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """A picture twice as wide as high, a mask that is white on its right half, and one that is white all over."""
    folder = tmp_path_factory.mktemp("drawn")
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (32, 64, 3), np.uint8)).save(folder / "picture.png")
    mask = Image.new("L", (64, 32))
    mask.paste(255, (32, 0, 64, 32))
    mask.save(folder / "mask.png")
    Image.new("L", (64, 32), 255).save(folder / "white.png")
    return {name: str(folder / f"{name}.png") for name in ("picture", "mask", "white")}


def make(model: Any, task: str, drawn: dict[str, str], seed: int = 5, **settings: Any) -> Any:
    inputs = {"picture": drawn["picture"]} | ({"mask": settings.pop("mask", drawn["mask"])} if "edit" in task else {})
    checked = model.card.check({"side": 64, **settings}, task)
    return model.generate(Request("m", "m", "vqvae", task, seed=seed, settings=checked, inputs=inputs), Heard())


def grid(picture: Any) -> np.ndarray:
    """The shown codes, one pixel a code."""
    return np.asarray(picture.image)[::2, ::2].astype(int)


@pytest.mark.parametrize("kind", KINDS)
def test_public_kinds_are_recognised_and_run(kind: str, folders_of: dict[str, Path], drawn: dict[str, str]) -> None:
    match = vqvae.recognise(Files(folders_of[kind]))
    assert match is not None and not match.missing
    assert {p.name: p.maximum for p in match.card.parameters}["code"] == 11
    model = vqvae.load(str(folders_of[kind]), Plan())
    for task in model.card.tasks:
        assert make(model, task, drawn).size == (64, 32)


@pytest.mark.parametrize("kind", KINDS)
def test_there_and_back_is_the_librarys(kind: str, folders_of: dict[str, Path]) -> None:
    model = VQModel.from_pretrained(folders_of[kind], variant="fp16" if kind == "lookup" else None).eval()
    picture = torch.rand(1, 3, 32, 16, generator=DRAW) * 2 - 1
    with torch.no_grad():
        assert torch.allclose(codes.decode(model, codes.encode(model, picture)), model(picture).sample, atol=1e-5)


def test_what_lacks_weights_says_so(folders_of: dict[str, Path], tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text((folders_of["plain"] / "config.json").read_text("utf-8"), "utf-8")
    match = vqvae.recognise(Files(tmp_path))
    assert match is not None and "weights" in match.missing
    with pytest.raises(BadInput, match="with all its parts"):
        vqvae.load(str(tmp_path), Plan())


def test_weights_of_another_model_are_refused(folders_of: dict[str, Path], tmp_path: Path) -> None:
    config = json.loads((folders_of["plain"] / "config.json").read_text("utf-8"))
    (tmp_path / "config.json").write_text(json.dumps(config | {"num_vq_embeddings": 13}), "utf-8")
    weights = "diffusion_pytorch_model.safetensors"
    (tmp_path / weights).write_bytes((folders_of["plain"] / weights).read_bytes())
    with pytest.raises(BadInput, match="not those that its config"):
        vqvae.load(str(tmp_path), Plan())


def test_the_codes_can_be_looked_at(folders_of: dict[str, Path], drawn: dict[str, str]) -> None:
    model = vqvae.load(str(folders_of["plain"]), Plan())
    shown = make(model, "reconstruct", drawn, show="codes")
    squares = np.asarray(shown.image)
    assert (squares.reshape(16, 2, 32, 2, 3).std((1, 3)) == 0).all()
    both = make(model, "reconstruct", drawn, show="both")
    assert both.size == (64 + 4 + 64, 32)
    assert (np.asarray(both.image)[:, 68:] == squares).all()


def test_few_codes_are_kept(folders_of: dict[str, Path], drawn: dict[str, str]) -> None:
    model = vqvae.load(str(folders_of["plain"]), Plan())
    for keep in (1, 3):
        kept = make(model, "reconstruct", drawn, show="codes", codes_kept=keep)
        assert len(np.unique(grid(kept).reshape(-1, 3), axis=0)) == keep
        assert kept.facts["codes"].startswith(f"{keep} different")


@pytest.mark.parametrize("edit", ["grown from around", "random codes", "shuffled", "mirrored"])
def test_edits_change_the_codes_under_the_mask_alone(
    edit: str, folders_of: dict[str, Path], drawn: dict[str, str]
) -> None:
    model = vqvae.load(str(folders_of["plain"]), Plan())
    before = grid(make(model, "reconstruct", drawn, show="codes"))
    after = grid(make(model, "edit-codes", drawn, show="codes", edit=edit))
    assert (before[:, :16] == after[:, :16]).all()
    assert (before[:, 16:] != after[:, 16:]).any()
    if edit == "mirrored":
        assert (after[:, 16:] == before[:, :16][:, ::-1]).all()
    if edit == "shuffled":
        assert sorted(after[:, 16:].reshape(-1, 3).tolist()) == sorted(before[:, 16:].reshape(-1, 3).tolist())
    if edit == "grown from around":
        # All that grows in comes from the column beside the mask.
        assert {tuple(c) for c in after[:, 16:].reshape(-1, 3)} <= {tuple(c) for c in before[:, 15]}


def test_one_code_fills_the_mask(folders_of: dict[str, Path], drawn: dict[str, str]) -> None:
    model = vqvae.load(str(folders_of["plain"]), Plan())
    after = make(model, "edit-codes", drawn, show="codes", code=7)
    assert len(np.unique(grid(after)[:, 16:].reshape(-1, 3), axis=0)) == 1
    assert after.facts["codes changed"].endswith("of 512")


def test_nothing_to_grow_from_is_said(folders_of: dict[str, Path], drawn: dict[str, str]) -> None:
    model = vqvae.load(str(folders_of["plain"]), Plan())
    with pytest.raises(BadInput, match="white all over"):
        make(model, "edit-codes", drawn, mask=drawn["white"])


def test_previews_are_the_grid_and_then_the_decoder(folders_of: dict[str, Path], drawn: dict[str, str]) -> None:
    model = vqvae.load(str(folders_of["plain"]), Plan())
    heard = Heard()
    settings = model.card.check({"side": 64}, "reconstruct")
    made = model.generate(
        Request("m", "m", "vqvae", "reconstruct", settings=settings, inputs={"picture": drawn["picture"]}), heard
    )
    previews = [event for event in heard if isinstance(event, Preview)]
    assert previews[0].rgb != previews[-1].rgb
    times = previews[-1].height // 32
    last = Image.frombytes("RGB", (previews[-1].width, previews[-1].height), previews[-1].rgb)
    assert (np.asarray(last)[::times, ::times] == np.asarray(made.image)).all()
