"""Coarse to fine: structure in raster order, detail that follows it, both seen on the way, and folders on disk."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image

from models.families.hybrid import coarse_to_fine
from models.networks import weights
from models.networks.structure import Structure
from models.protocol import BadInput, JobCancelled, Notice, Preview, Progress, Request
from models.runtime.fitting.plan import Plan
from models.store.files import Files

PLACES, STEPS = 16, 3
NOT_YET = bytes([128, 128, 128])


class Heard(list):  # type: ignore[type-arg]
    def __init__(self, stop_at: int = -1) -> None:
        super().__init__()
        self._stop_at = stop_at

    def __call__(self, event: Any) -> None:
        self.append(event)
        if isinstance(event, Progress) and event.step == self._stop_at:
            raise JobCancelled

    def wants_preview(self) -> bool:
        return True

    def previews(self) -> list[Preview]:
        return [event for event in self if isinstance(event, Preview)]


@pytest.fixture(scope="module")
def model() -> Any:
    return coarse_to_fine.tiny()


def request(task: str = "text-to-picture", seed: int = 3, prompt: str = "a red sailboat", inputs: Any = None,
            **settings: Any) -> Request:  # fmt: skip
    card = coarse_to_fine.CARD
    checked = card.check({"steps": STEPS, **settings}, task)
    return Request("tiny", "tiny", card.architecture, task, prompt, seed=seed, settings=checked, inputs=inputs or {})


def made(model: Any, asked: Request) -> bytes:
    return model.generate(asked, Heard()).image.tobytes()


@pytest.fixture
def files(tmp_path: Path) -> dict[str, str]:
    """A picture, and a mask of its upper right quarter."""
    picture = Image.linear_gradient("L").resize((64, 64)).convert("RGB")
    mask = Image.new("L", (64, 64))
    mask.paste(255, (32, 0, 64, 32))
    picture.save(tmp_path / "picture.png")
    mask.save(tmp_path / "mask.png")
    return {name: str(tmp_path / f"{name}.png") for name in ("picture", "mask")}


# ── the structure ─────────────────────────────────────────────────────────────


def test_codes_stand_for_blocks_and_come_back() -> None:
    structure = Structure(channels=3, block=2, side=4, codes=9, text_width=8, width=8)
    codes = torch.randint(0, 9, (2, 16), generator=torch.Generator().manual_seed(0))
    latents = structure.decode(codes)
    assert latents.shape == (2, 3, 8, 8)
    assert torch.equal(structure.encode(latents), codes)
    assert torch.equal(structure.blocks(latents)[1, 6], structure.codebook.weight[codes[1, 6]])
    # Row 1, column 2 of the grid: its numbers lie in that corner of the latents.
    corner = latents[1, :, 2:4, 4:6].flatten(1)
    assert torch.equal(corner.flatten(), structure.codebook.weight[codes[1, 6]])


# ── the two stages ────────────────────────────────────────────────────────────


def known_blocks(preview: Preview) -> list[bool]:
    """For each block of the miniature in raster order, whether it is there."""
    image = Image.frombytes("RGB", (preview.width, preview.height), preview.rgb).resize(
        (8, 8), Image.Resampling.NEAREST
    )
    rows = image.tobytes()
    pixels = [[rows[(y * 8 + x) * 3 : (y * 8 + x) * 3 + 3] for x in range(8)] for y in range(8)]
    return [
        any(pixels[y + b][x + a] != NOT_YET for b in (0, 1) for a in (0, 1)) for y in (0, 2, 4, 6) for x in (0, 2, 4, 6)
    ]


def test_first_the_structure_block_after_block_then_the_detail(model: Any) -> None:
    heard = Heard()
    picture = model.generate(request(), heard).image
    previews = heard.previews()
    assert [p.step for p in previews] == [*range(1, PLACES + STEPS + 2)]
    for preview in previews[:PLACES]:
        assert known_blocks(preview) == [place < preview.step for place in range(PLACES)]
    detail = previews[PLACES - 1 :]
    assert len({p.rgb for p in detail}) == len(detail)
    assert previews[-1].level == 0 and (previews[-1].width, previews[-1].height) == (128, 128)
    assert Image.frombytes("RGB", (128, 128), previews[-1].rgb).resize((64, 64), 0).tobytes() == picture.tobytes()


def test_the_same_seed_is_the_same_picture_and_each_stage_has_a_say(model: Any) -> None:
    both = made(model, request(show="both"))
    assert made(model, request(show="both")) == both
    assert made(model, request(show="both", seed=4)) != both
    assert made(model, request(show="both", prompt="a white lighthouse in the fog")) != both


def test_a_variation_keeps_the_structure(model: Any) -> None:
    one, other = (model.generate(request(show="both", variation=k), Heard()).image for k in (0, 1))
    assert one.size == (64 + 4 + 64, 64)
    left = (0, 0, 64, 64)
    assert one.crop(left).tobytes() == other.crop(left).tobytes()
    assert one.crop((68, 0, 132, 64)).tobytes() != other.crop((68, 0, 132, 64)).tobytes()
    assert made(model, request(show="structure")) == one.crop(left).tobytes()


def test_detail_that_is_not_held_knows_nothing_of_the_structure(model: Any) -> None:
    """Two structures from two temperatures, the noise the same."""
    pairs = {
        hold: [made(model, request(temperature=t, structure_hold=hold)) for t in (0.0, 1.5)] for hold in (0.0, 1.0)
    }
    assert pairs[0.0][0] == pairs[0.0][1]
    assert pairs[1.0][0] != pairs[1.0][1]


def test_a_stop_comes_within_a_step_in_either_stage(model: Any) -> None:
    before = made(model, request())
    for at in (2, PLACES + 1):
        heard = Heard(stop_at=at)
        with pytest.raises(JobCancelled):
            model.generate(request(), heard)
        assert heard[-1].step == at
    assert made(model, request()) == before


def test_words_left_out_are_told(model: Any) -> None:
    heard = Heard()
    model.generate(request(prompt="sailboat " * 90, show="structure"), heard)
    (notice,) = (event for event in heard if isinstance(event, Notice))
    assert "left out" in notice.text
    assert not any(isinstance(event, Notice) for event in _heard(model, request(show="structure")))


def _heard(model: Any, asked: Request) -> Heard:
    heard = Heard()
    model.generate(asked, heard)
    return heard


# ── from a picture ────────────────────────────────────────────────────────────


def test_the_structure_of_a_picture_is_kept(model: Any, files: dict[str, str]) -> None:
    inputs = {"picture": files["picture"]}
    one, other = (
        model.generate(request("picture-to-picture", seed=k, inputs=inputs, show="both"), Heard()).image for k in (3, 4)
    )
    assert one.crop((0, 0, 64, 64)).tobytes() == other.crop((0, 0, 64, 64)).tobytes()
    assert one.tobytes() != other.tobytes()
    steps = [
        event.step
        for event in _heard(model, request("picture-to-picture", inputs=inputs))
        if isinstance(event, Progress)
    ]
    assert steps == [*range(STEPS + 2)]


def test_a_part_made_again_leaves_the_rest_as_it_was(model: Any, files: dict[str, str]) -> None:
    heard = Heard()
    made = model.generate(request("inpaint", inputs=files), heard).image
    before = Image.open(files["picture"])
    assert made.crop((0, 40, 64, 64)).tobytes() == before.crop((0, 40, 64, 64)).tobytes()
    assert made.crop((34, 0, 64, 30)).tobytes() != before.crop((34, 0, 64, 30)).tobytes()
    (total,) = {event.total for event in heard if isinstance(event, Progress)}
    assert total == 4 + STEPS + 1  # a quarter of the blocks


# ── on disk ───────────────────────────────────────────────────────────────────


@pytest.fixture
def folder(model: Any, tmp_path: Path) -> Path:
    """The miniature on disk; its autoencoder, text encoder and tokenizer are shared with a folder beside it."""
    path, beside = tmp_path / "hybrid", tmp_path / "scenes"
    weights.save(
        model._structure, path, "coarse-to-fine", channels=4, block=2, side=4, codes=16, text_width=32, width=32
    )
    model._writer._transformer.save_pretrained(path / "transformer")
    model._unet.save_pretrained(path / "unet")
    (path / "scheduler").mkdir()
    (path / "scheduler" / "scheduler_config.json").write_text(json.dumps(dict(model._schedule)))
    model._vae.save_pretrained(beside / "vae")
    model._writer.encoder.save_pretrained(beside / "text_encoder")
    model._writer.tokenizer.save_pretrained(beside / "tokenizer")
    sidecar = {"name": "Hybrid", "defaults": {"steps": 7},
               "shares": dict.fromkeys(("vae", "text_encoder", "tokenizer"), "scenes")}  # fmt: skip
    (path / "everyform.json").write_text(json.dumps(sidecar))
    return path


def test_a_folder_is_recognised_and_draws_as_before(model: Any, folder: Path) -> None:
    match = coarse_to_fine.recognise(Files(folder))
    assert match is not None and not match.missing
    assert {p.name: p.default for p in match.card.parameters}["steps"] == 7
    loaded = coarse_to_fine.load(str(folder), Plan())
    loaded._writer.tokenizer = model._writer.tokenizer
    fresh = coarse_to_fine.tiny()
    fresh._structure.half().float()  # as it lies on disk
    fresh._writer.tokenizer = model._writer.tokenizer
    assert made(loaded, request()) == made(fresh, request())


def test_what_it_lacks_is_told(folder: Path) -> None:
    (folder / "unet" / "diffusion_pytorch_model.safetensors").unlink()
    match = coarse_to_fine.recognise(Files(folder))
    assert match is not None and match.missing == "its U-Net"


def test_parts_that_do_not_belong_together_are_refused(model: Any, folder: Path) -> None:
    other = Structure(4, 2, 4, 15, 32, 32)  # a code fewer than the transformer writes
    weights.save(other, folder, "coarse-to-fine", channels=4, block=2, side=4, codes=15, text_width=32, width=32)
    with pytest.raises(BadInput, match="not of one model"):
        coarse_to_fine.load(str(folder), Plan())


def test_a_black_mask_is_refused(model: Any, files: dict[str, str], tmp_path: Path) -> None:
    Image.new("L", (64, 64)).save(tmp_path / "black.png")
    asked = request("inpaint", inputs={**files, "mask": str(tmp_path / "black.png")})
    with pytest.raises(BadInput, match="black all over"):
        model.generate(asked, Heard())
