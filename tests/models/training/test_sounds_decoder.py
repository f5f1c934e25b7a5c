"""The decoder that makes spectrograms rough: it learns on from the autoencoder's, whose latents stay what they are."""

from __future__ import annotations

import json
from pathlib import Path

import torch
from diffusers import AutoencoderKL

from models.training.lab import Budget, Lab
from models.training.recipes import sounds_autoencoder
from models.training.recipes import sounds_decoder as recipe
from models.training.starter import STARTERS, ship


def test_the_encoder_stays_and_the_decoder_learns(tmp_path: Path) -> None:
    before = sounds_autoencoder.network()
    before.register_to_config(scaling_factor=0.5)
    before.save_pretrained(tmp_path / "sounds-autoencoder" / "result")
    lab = Lab(recipe.RECIPE, tmp_path, tmp_path, torch.device("cpu"), Budget(2, 2, 4), prompts=2)
    recipe.run(lab)
    after = AutoencoderKL.from_pretrained(lab.result("sounds-decoder"))
    assert after.config.scaling_factor == 0.5
    assert all(torch.equal(a, b) for a, b in zip(after.encoder.parameters(), before.encoder.parameters(), strict=True))
    assert not torch.equal(after.decoder.conv_in.weight, before.decoder.conv_in.weight)
    assert lab.told("sounds-decoder")["roughness, of the world's own"] > 0


def test_another_rain_of_the_same_strength_counts_less_than_a_louder_one() -> None:
    torch.manual_seed(0)
    rain, other = torch.randn(2, 1, 1, 32, 32)
    assert recipe.off(other, rain) < recipe.off(rain + 1, rain)
    assert recipe.roughness(rain) > 5 * recipe.roughness(torch.nn.functional.avg_pool2d(rain, 9, 1, 4))


def test_no_starter_says_where_its_networks_lay(tmp_path: Path) -> None:
    places = [path for path in STARTERS.rglob("*.json") if '"_name_or_path"' in path.read_text("utf-8")]
    assert not places
    (tmp_path / "vae").mkdir()
    config = tmp_path / "vae" / "config.json"
    part = {"_name_or_path": "/elsewhere", "sampling_rate": 16_000}
    config.write_text(json.dumps({"_name_or_path": "/somewhere", "scaling_factor": 0.5, "codec": part}))
    lab = Lab(recipe.RECIPE, tmp_path, tmp_path, torch.device("cpu"), Budget(1, 1, 1))
    lab.figures(samples=1)
    ship(lab, tmp_path, name="A", about="", makes="", parameters=1, figures={})
    assert json.loads(config.read_text()) == {"scaling_factor": 0.5, "codec": {"sampling_rate": 16_000}}
