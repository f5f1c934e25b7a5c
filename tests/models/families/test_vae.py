"""VAEs: ladders of ours and folders of diffusers' AutoencoderKL, recognised, loaded, and their spaces walked."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from diffusers import AutoencoderKL
from PIL import Image

from models.families.vae import vae
from models.networks import weights
from models.networks.ladder_vae import LadderVAE
from models.protocol import BadInput, Preview, Request
from models.runtime.fitting.plan import Plan
from models.runtime.pictures.ladder import arc, by_way_of
from models.store.files import Files

CONFIG: dict[str, Any] = {
    "channels": 4, "size": 8, "whole": 8, "widths": [8, 16], "rungs": [1, 1], "latents": [2, 3], "deep": 1,
    "attributes": ["night", "snow", "fog"],
}  # fmt: skip


class Heard(list):  # type: ignore[type-arg]
    """An `emit` that keeps what it hears."""

    def __call__(self, event: Any) -> None:
        self.append(event)

    def wants_preview(self) -> bool:
        return True


def autoencoder(**options: Any) -> AutoencoderKL:
    torch.manual_seed(1)
    return AutoencoderKL(
        down_block_types=("DownEncoderBlock2D",) * 2, up_block_types=("UpDecoderBlock2D",) * 2,
        block_out_channels=(8, 16), latent_channels=4, norm_num_groups=4, sample_size=16, **options,
    )  # fmt: skip


def lively(**config: Any) -> LadderVAE:
    """A ladder in which every level and direction has an effect, as after a training."""
    torch.manual_seed(2)
    network = LadderVAE(**config)
    for part in network.parameters():
        torch.nn.init.normal_(part, std=0.2)
    torch.nn.init.normal_(network.attributes)
    return network


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ladder that shares its autoencoder with a model beside it, and two autoencoders alone."""
    root = tmp_path_factory.mktemp("models")
    autoencoder().save_pretrained(root / "scenes" / "vae")
    weights.save(lively(**CONFIG), root / "ladder", "vae", **CONFIG)
    (root / "ladder" / "everyform.json").write_text(json.dumps({"name": "Mine", "shares": {"vae": "scenes"}}), "utf-8")
    autoencoder().save_pretrained(root / "plain")
    # As FLUX has it, and in half precision alone.
    autoencoder(use_quant_conv=False, use_post_quant_conv=False).save_pretrained(root / "flux", variant="fp16")
    return root


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("drawn")
    Image.linear_gradient("L").resize((96, 48)).convert("RGB").save(folder / "one.png")
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (48, 48, 3), np.uint8)).save(folder / "two.png")
    return {name: str(folder / f"{name}.png") for name in ("one", "two")}


def make(model: Any, task: str, drawn: dict[str, str], seed: int = 5, said: Any = None, **settings: Any) -> Any:
    names = [given.name for given in model.card.inputs_for(task)]
    inputs = dict(zip(names, drawn.values(), strict=False))
    request = Request("m", "m", "vae", task, seed=seed, settings=model.card.check(settings, task), inputs=inputs)
    return model.generate(request, Heard() if said is None else said)


def pixels(picture: Any) -> np.ndarray:
    return np.asarray(picture.image).astype(int)


# ── recognised and loaded ─────────────────────────────────────────────────────


def test_a_ladder_runs_with_anothers_autoencoder(root: Path, drawn: dict[str, str]) -> None:
    match = vae.recognise(Files(root / "ladder"))
    assert match is not None and not match.missing
    assert {p.name: p.choices for p in match.card.parameters}["attribute"] == ("night", "snow", "fog")
    assert {p.name: p.maximum for p in match.card.parameters}["levels"] == 3
    model = vae.load(str(root / "ladder"), Plan())
    sizes = {task: make(model, task, drawn).size for task in model.card.tasks}
    assert sizes == {"sample": (16, 16), "reconstruct": (16, 16), "interpolate": (80, 16), "walk": (80, 80),
                     "change": (16, 16)}  # fmt: skip


def test_a_ladder_without_attributes_changes_nothing(root: Path, tmp_path: Path) -> None:
    config = CONFIG | {"attributes": []}
    weights.save(LadderVAE(**config), tmp_path / "bare", "vae", **config)
    autoencoder().save_pretrained(tmp_path / "bare" / "vae")
    match = vae.recognise(Files(tmp_path / "bare"))
    assert match is not None and "change" not in match.card.tasks and not match.missing


@pytest.mark.parametrize("name", ["plain", "flux"])
def test_public_autoencoders_run_at_any_shape(name: str, root: Path, drawn: dict[str, str]) -> None:
    match = vae.recognise(Files(root / name))
    assert match is not None and not match.missing and match.card.tasks == ("reconstruct", "interpolate")
    model = vae.load(str(root / name), Plan())
    made = make(model, "reconstruct", drawn, side=64)
    assert made.size == (64, 32)
    assert made.facts["latents"] == "2,048 numbers for 6,144"
    assert make(model, "interpolate", drawn, side=64, pictures=3).size == (192, 32)


def test_a_large_picture_is_made_in_tiles(root: Path, drawn: dict[str, str]) -> None:
    whole, tiled = (
        pixels(make(vae.load(str(root / "plain"), Plan(tile_above=above)), "reconstruct", drawn, side=64))
        for above in (64 * 64, 24 * 24)
    )
    assert whole.shape == tiled.shape and (whole != tiled).any()


def test_an_autoencoder_in_a_pipeline_is_not_taken_from_it(root: Path) -> None:
    assert vae.recognise(Files(root / "scenes")) is None


def test_what_is_missing_is_said(root: Path, tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text((root / "plain" / "config.json").read_text("utf-8"), "utf-8")
    match = vae.recognise(Files(tmp_path))
    assert match is not None and "weights" in match.missing
    weights.save(LadderVAE(**CONFIG), tmp_path / "alone", "vae", **CONFIG)
    match = vae.recognise(Files(tmp_path / "alone"))
    assert match is not None and "autoencoder" in match.missing
    with pytest.raises(BadInput, match="with all its parts"):
        vae.load(str(tmp_path / "alone"), Plan())


def test_a_ladder_for_other_latents_is_refused(root: Path, tmp_path: Path) -> None:
    config = CONFIG | {"channels": 8}
    weights.save(LadderVAE(**config), tmp_path / "eight", "vae", **config)
    autoencoder().save_pretrained(tmp_path / "eight" / "vae")
    with pytest.raises(BadInput, match="8 channels"):
        vae.load(str(tmp_path / "eight"), Plan())


# ── its own controls ──────────────────────────────────────────────────────────


def test_without_temperature_all_seeds_are_one_picture(root: Path, drawn: dict[str, str]) -> None:
    model = vae.load(str(root / "ladder"), Plan())
    cold = {"temperature": 0, "detail_temperature": 0}
    assert (pixels(make(model, "sample", drawn, 1, **cold)) == pixels(make(model, "sample", drawn, 2, **cold))).all()
    # The whole is the same and the detail is not.
    half = [pixels(make(model, "sample", drawn, seed, temperature=0)) for seed in (1, 2)]
    assert (half[0] != half[1]).any()


def test_levels_left_out_are_what_a_preview_showed(root: Path, drawn: dict[str, str]) -> None:
    model = vae.load(str(root / "ladder"), Plan())
    heard = Heard()
    make(model, "reconstruct", drawn, said=heard)
    previews = [event for event in heard if isinstance(event, Preview)]
    for level in (1, 2, 3):
        kept = pixels(make(model, "reconstruct", drawn, levels=level))
        seen = np.frombuffer(previews[level - 1].rgb, np.uint8).reshape(128, 128, 3)[::8, ::8]
        assert (kept == seen).all()
    told = make(model, "reconstruct", drawn, levels=1).facts["told"]
    assert told.endswith("bits in the whole")


def test_a_row_begins_and_ends_with_its_pictures(root: Path, drawn: dict[str, str]) -> None:
    model = vae.load(str(root / "ladder"), Plan())
    request = Request("m", "m", "vae", "reconstruct", settings=model.card.check({}, "reconstruct"))
    alone = [
        pixels(model.generate(Request(**{**vars(request), "inputs": {"picture": path}}), Heard()))
        for path in drawn.values()
    ]
    for detail in ("drawn anew", "blended"):
        row = pixels(make(model, "interpolate", drawn, detail=detail, pictures=4))
        assert np.abs(row[:, :16] - alone[0]).max() <= 1
        assert np.abs(row[:, -16:] - alone[1]).max() <= 1
    # Without pictures, from this seed's to the next one's.
    settings = model.card.check({"pictures": 2}, "interpolate")
    row = pixels(model.generate(Request("m", "m", "vae", "interpolate", seed=5, settings=settings), Heard()))
    one = pixels(make(model, "sample", drawn, 6, temperature=1, detail_temperature=1))
    assert np.abs(row[:, 16:] - one).max() <= 1


def test_the_middle_of_a_walk_is_the_seeds_picture(root: Path, drawn: dict[str, str]) -> None:
    model = vae.load(str(root / "ladder"), Plan())
    square = pixels(make(model, "walk", drawn, squares=3))
    assert np.abs(square[16:32, 16:32] - pixels(make(model, "sample", drawn))).max() <= 1
    assert (square[:16] != square[32:]).any() and (square[:, :16] != square[:, 32:]).any()


def test_a_change_by_nothing_is_there_and_back(root: Path, drawn: dict[str, str]) -> None:
    model = vae.load(str(root / "ladder"), Plan())
    still = pixels(make(model, "reconstruct", drawn))
    assert (pixels(make(model, "change", drawn, amount=0)) == still).all()
    moved = [pixels(make(model, "change", drawn, attribute=name)) for name in ("night", "snow")]
    assert (moved[0] != moved[1]).any() and (moved[0] != still).any()


def test_ways_between_keep_their_length() -> None:
    draw = torch.Generator().manual_seed(0)
    one, other, fresh = (torch.randn(1, 4096, generator=draw) for _ in range(3))
    for share in (0.0, 0.3, 0.5, 0.8, 1.0):
        assert arc(one, other, share).norm() == pytest.approx(64, rel=0.03)
        assert by_way_of(one, other, fresh, share).norm() == pytest.approx(64, rel=0.03)
    assert torch.equal(by_way_of(one, other, fresh, 0), one) and torch.equal(by_way_of(one, other, fresh, 1), other)
    assert torch.allclose(by_way_of(one, other, fresh, 0.5), fresh)
    assert torch.allclose(arc(one, one, 0.5), one)
