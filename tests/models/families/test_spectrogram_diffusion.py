"""Spectrogram diffusion: folders of sound pipelines are its own; their length, what is heard and seen on the way."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import torch

from models.families.diffusion import spectrogram_diffusion as family
from models.families.diffusion.spectrogram_lengths import lengths
from models.networks import miniature_spectrogram
from models.protocol import BadInput, JobCancelled, Preview, Progress, Request, SoundPreview
from models.registry import Registry
from models.runtime import pace
from models.runtime.pipelines.sound_look import picture
from tests.models.families.making import make
from tests.models.families.watch import Watch

TASK = "text-to-sound"


def made(model: Any, emit: Watch, prompt: str = "light rain", seed: int = 3, **settings: Any) -> np.ndarray:
    checked = model.card.check({"steps": 3, "seconds": 0.5, **settings}, TASK)
    asked = Request("m", "m", "spectrogram-diffusion", TASK, prompt, seed=seed, settings=checked)
    return model.generate(asked, emit).waveform[0]


def test_its_folder_is_its_own_and_makes_a_file_of_that_length(tmp_path: Path) -> None:
    path = tmp_path / "rain"
    miniature_spectrogram.audioldm().save_pretrained(path, safe_serialization=True)
    architecture, match = Registry().recognise(path)
    assert (architecture, match.card.medium, match.base, match.missing) == (
        "spectrogram-diffusion", "sound", "AudioLDM", "",
    )  # fmt: skip
    seconds = next(p for p in match.card.parameters if p.name == "seconds")
    assert (seconds.default, seconds.minimum, seconds.maximum, seconds.unit) == (0.64, 0.5, 2.56, "s")
    with pytest.raises(BadInput, match=r"from 0\.5 to 2\.56"):
        match.card.check({"seconds": 3}, TASK)
    _, output = make(path, tmp_path / "out", "light rain", seconds=0.77, steps=2)
    assert output is not None
    wave, rate = soundfile.read(output.path)
    assert (len(wave), rate) == (round(0.77 * 8000), 8000) and np.abs(wave).max() > 0
    (path / "everyform.json").write_text(json.dumps({"defaults": {"seconds": 1.28, "steps": 24, "guidance_scale": 3}}))
    usual = {p.name: p.default for p in Registry().recognise(path)[1].card.parameters}
    assert (usual["seconds"], usual["steps"], usual["guidance_scale"]) == (1.28, 24, 3)


def test_the_recipes_folder_runs(tmp_path: Path) -> None:
    """As the recipe lays it down, in half precision but for what it computes in."""
    from diffusers import AudioLDMPipeline

    from models.training.recipes import sounds_autoencoder, sounds_vocoder, soundscapes

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        words = soundscapes.vocabulary()
        painter = soundscapes.Painter(words).eval()
        for weight in painter.unet.conv_out.parameters():  # untaught, it says nothing
            weight.data = 0.1 * torch.randn_like(weight)
        vae, vocoder = sounds_autoencoder.network().eval(), sounds_vocoder.network().eval()
    pipe = AudioLDMPipeline(vae, painter.text_encoder, words, painter.unet, soundscapes.schedule(), vocoder)
    path = tmp_path / "soundscapes"
    pipe.to(torch.float16).save_pretrained(path)
    for part in (pipe.text_encoder, pipe.vocoder):
        part.config.dtype = "float32"
    pipe.text_encoder.config.save_pretrained(path / "text_encoder")
    pipe.vocoder.config.save_pretrained(path / "vocoder")
    match = Registry().recognise(path)[1]
    seconds = next(p for p in match.card.parameters if p.name == "seconds")
    assert (seconds.default, seconds.maximum, match.missing) == (5.12, 20.48, "")
    _, output = make(path, tmp_path / "out", "heavy rain close by", seconds=0.64, steps=2)
    assert output is not None
    wave, rate = soundfile.read(output.path)
    assert (len(wave), rate) == (10_240, 16_000) and np.isfinite(wave).all() and np.abs(wave).max() > 0


def test_it_is_heard_and_seen_while_it_comes_out_of_the_noise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pace, "REST_S", 0.0)
    monkeypatch.setattr(pace, "SHARE", 1e9)
    model, emit = family.tiny(), Watch()
    wave = made(model, emit, steps=4)
    heard = [np.frombuffer(e.samples, "<i2") / 32767 for e in emit.of(SoundPreview)]
    assert len(heard) == 4 and len({e.samples for e in emit.of(SoundPreview)}) == 4
    # What the last step expects is what is made, but for what is cut off at the end.
    assert np.abs(heard[-1][: len(wave)] - wave.clip(-1, 1)).max() < 1e-3
    assert (wave == made(model, Watch(wants=False), steps=4)).all(), "looking on changes nothing"
    # Where hearing would take too much of the time, it is seen.
    monkeypatch.setattr(pace, "REST_S", 3600.0)
    rare = family.tiny()
    made(rare, emit := Watch(), steps=4)
    assert [type(e) for e in emit.events if isinstance(e, SoundPreview | Preview)] == [SoundPreview, Preview]
    seen = emit.of(Preview)[0]
    assert (seen.width, seen.height) == (56, 16), "a frame a hundredth of a second, in whole latents, and 16 bands"
    assert len(seen.rgb) == 56 * 16 * 3


def test_low_tones_lie_below_and_time_runs_to_the_right() -> None:
    mel = torch.zeros(5, 3)
    mel[4, 0] = 1  # at the end, the lowest
    seen = np.frombuffer(picture(mel).rgb, np.uint8).reshape(3, 5, 3)
    assert seen[2, 4].tolist() == [255, 255, 255] and seen.sum() == 3 * 255


def test_it_counts_stops_and_hears_words() -> None:
    model, emit = family.tiny(), Watch()
    rain = made(model, emit)
    assert [(e.step, e.total) for e in emit.of(Progress)] == [(0, 3), (1, 3), (2, 3), (3, 3)]
    with pytest.raises(JobCancelled):
        made(model, Watch(stop=1))
    assert (made(model, Watch()) == rain).all()
    assert (made(model, Watch(), seed=4) != rain).any()
    assert (made(model, Watch(), "a slow bell") != rain).any()


def test_lengths_are_read_from_the_configs() -> None:
    audioldm = {
        "unet": {"sample_size": 128}, "vae": {"block_out_channels": [128, 256, 512]},
        "vocoder": {"upsample_rates": [5, 4, 2, 2, 2], "sampling_rate": 16_000},
    }  # fmt: skip
    assert lengths(audioldm) == (5.12, 20.48)
    stable = {
        "transformer": {"sample_size": 1024},
        "vae": {"downsampling_ratios": [2, 4, 4, 8, 8], "sampling_rate": 44_100},
    }
    assert lengths(stable) == (47.55, 47.55), "47.554 seconds are all that it has places for"
    assert lengths({"unet": {"sample_size": 65_536, "sample_rate": 16_000}}) == (4.1, 16.38)
    assert lengths({"transformer": {}, "vae": {"sampling_rate": 48_000}}) is None
    assert lengths({"unet": {"sample_size": "many"}, "vae": {}, "vocoder": {}}) is None
