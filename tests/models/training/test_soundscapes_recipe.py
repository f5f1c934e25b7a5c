"""The soundscapes recipe: its parts make a pipeline of AudioLDM, which words tell on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from diffusers import AudioLDMPipeline

from models.reader.listener import shares
from models.reader.soundscape import Layer
from models.training import mel
from models.training.lab import Lab
from models.training.recipes import sounds_autoencoder, sounds_vocoder
from models.training.recipes import soundscapes as recipe


@pytest.mark.filterwarnings("ignore")
def test_its_parts_are_a_pipeline_that_runs_and_hears_words() -> None:
    torch.manual_seed(0)
    words = recipe.vocabulary()
    ids = words(["light rain close by and a slow bell far away", "the zebra"]).input_ids
    assert max(map(len, ids)) < recipe.TOKENS and words.decode(ids[1], skip_special_tokens=True) == "the zebra"
    painter = recipe.Painter(words).eval()
    for weight in painter.parameters():  # untaught, its blocks add nothing
        weight.data += 0.1 * torch.randn_like(weight)
    vae, vocoder = sounds_autoencoder.network().eval(), sounds_vocoder.network().eval()
    pipe = AudioLDMPipeline(vae, painter.text_encoder, words, painter.unet, recipe.schedule(), vocoder)
    pipe.set_progress_bar_config(disable=True)

    def made(text: str) -> np.ndarray:
        draw = torch.Generator().manual_seed(1)
        given = {"audio_length_in_s": 0.64, "num_inference_steps": 2, "guidance_scale": 3.0, "generator": draw}
        return pipe(text, negative_prompt="wind", **given).audios[0]

    rain = made("heavy rain")
    assert rain.shape == (round(0.64 * mel.RATE),) and np.isfinite(rain).all()
    assert not np.allclose(rain, made("a slow bell")) and np.allclose(rain, made("heavy rain"))


def test_the_loss_is_of_what_the_network_says() -> None:
    torch.manual_seed(0)
    words = recipe.vocabulary()
    painter = recipe.Painter(words)
    given = words(["rain", ""], padding="max_length", max_length=recipe.TOKENS, return_tensors="pt")
    clean = torch.randn(2, sounds_autoencoder.LATENTS, 16, 8)
    value = recipe.loss(painter, recipe.schedule(), clean, given, torch.Generator().manual_seed(0))
    value.backward()
    assert 0.1 < value.item() < 3
    assert painter.unet.conv_out.weight.grad is not None


def test_what_a_sentence_leaves_open_is_not_counted() -> None:
    told = [[Layer("rain", "", "far"), Layer("bells", "much", "")]]
    heard = [[Layer("rain", "little", "near"), Layer("bells", "much", "near")]]
    assert shares(told, heard) == {"sounds": 100.0, "amount": 100.0, "distance": 0.0, "whole": 100.0}


def test_words_are_understood_before_they_are_listened_to(tmp_path: Path) -> None:
    torch.manual_seed(0)
    words = recipe.vocabulary()
    encoder = recipe.Painter(words).text_encoder
    lab = Lab(recipe.RECIPE, tmp_path, tmp_path, torch.device("cpu"), recipe.RECIPE.cpu)
    before = encoder.text_projection.linear1.weight.clone()
    # Who says of every sound that it is not there is right in three of four.
    assert recipe.learn_words(lab, encoder, words, 60) > 0.85
    assert not torch.equal(encoder.text_projection.linear1.weight, before)


def test_lessons_leave_open_what_sentences_do() -> None:
    _, wanted = recipe.lessons(recipe.vocabulary(), range(64))
    assert set(wanted[..., 0].unique().tolist()) == {0, 1}
    there = wanted[..., 0] > 0
    assert set(wanted[there][:, 1:].unique().tolist()) == {-1, 0, 1} and (wanted[~there][:, 1:] == -1).all()
