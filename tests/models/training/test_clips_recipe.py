"""The clips recipe: it begins as the scenes' U-Net, hears longer sentences alike, and its figures tell clips apart."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from diffusers.models.embeddings import SinusoidalPositionalEmbedding

from models.reader.network import Reader
from models.training import distill, moving, watched
from models.training.encoded import shipped_text_encoder, shipped_words
from models.training.faithful import READER
from models.training.lab import Budget, Lab
from models.training.recipes import clips as recipe
from models.training.recipes.scenes_text import as_ids


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    return Lab(recipe.RECIPE, tmp_path, tmp_path, torch.device("cpu"), Budget(2, 1, 1))


@torch.no_grad()
def test_it_begins_as_the_scenes_u_net_that_sees_each_frame_alone(lab: Lab) -> None:
    director, base = recipe.director(lab).eval(), distill.network(lab)
    noisy, times = torch.randn(1, 3, 8, 16, 16), torch.tensor([300])
    ids = as_ids(_words(), ["a red sailboat by the sea; the boat sails to the left"])
    states = director.text_encoder(ids).last_hidden_state.expand(3, -1, -1)
    alone = base(noisy[0], times.expand(3), states).sample
    assert torch.allclose(director(noisy, times, ids)[0], alone, atol=1e-4)


@torch.no_grad()
def test_longer_sentences_are_heard_and_short_ones_as_before(lab: Lab) -> None:
    words, before = shipped_words(), shipped_text_encoder(lab)
    short = words(["a castle at dusk"], padding="max_length", max_length=48, return_tensors="pt").input_ids
    after = recipe.longer(shipped_text_encoder(lab)).eval()
    assert torch.allclose(after(short).last_hidden_state, before(short).last_hidden_state, atol=1e-5)
    long = as_ids(_words(), ["a castle at dusk, " * 12])
    assert long.shape == (1, moving.TOKENS)
    assert after(long).last_hidden_state.shape[1] == moving.TOKENS


@torch.no_grad()
def test_a_moment_has_its_place_however_many_are_seen(lab: Lab) -> None:
    director = recipe.director(lab).eval()
    tables = [part for part in director.unet.modules() if isinstance(part, SinusoidalPositionalEmbedding)]
    whole, seen = tables[-1].pe, []
    tables[-1].register_forward_hook(lambda part, given, made: seen.append(made[0] - given[0][0]))
    director(torch.randn(1, 3, 8, 16, 16), torch.tensor([300]), torch.zeros(1, 4, dtype=torch.long), 2)
    assert torch.allclose(seen[0], whole[0, [0, 2, 4]], atol=1e-5)
    assert tables[-1].pe is whole


def test_what_is_given_is_not_asked_for(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = {}

    class Stub(recipe.Director):
        def __init__(self) -> None:
            torch.nn.Module.__init__(self)

        def forward(self, noisy: torch.Tensor, times: torch.Tensor, ids: torch.Tensor, every: int = 1) -> torch.Tensor:
            seen["noisy"] = noisy
            return torch.zeros_like(noisy)

    clean = torch.randn(1, 2, 8, 4, 4)
    losses = []
    for share in (1.0, 0.0):
        monkeypatch.setattr(recipe, "STARTED", share)
        draw = torch.Generator().manual_seed(1)
        losses.append(recipe.clip_loss(Stub(), recipe.schedule(), clean, torch.zeros(1, 4), draw).item())
        assert torch.equal(seen["noisy"][0, 0], clean[0, 0]) is bool(share)
    assert losses[0] < losses[1]


def test_what_moves_counts_more() -> None:
    clean = torch.zeros(1, 4, 8, 16, 16)
    clean[0, 2:, :, 5, 5] = 3.0
    shown = moving.motion(clean)
    assert shown.shape == (1, 1, 1, 16, 16)
    assert shown[0, 0, 0, 5, 5] == 1 and shown[0, 0, 0, 4, 6] == 1 and shown[0, 0, 0, 10, 10] == 0


def test_the_worlds_own_clips_are_found_faithful_and_quiet() -> None:
    said, named, clips = watched.prompts(3)
    assert len(said) == 3
    own = watched.renders(clips, 64, 5)
    told = watched.score(Reader.load(READER), own, named)
    assert told["all"] > 80
    still = own[0][:1].expand(3, -1, -1, -1)
    noisy = (still + 0.1 * torch.randn(still.shape, generator=torch.Generator().manual_seed(0))).clamp(0, 1)
    assert watched.flicker(still) == 0 and watched.flicker(noisy) > 2 * told["flicker"]
    moved = torch.stack([own[0][0].roll(k, -1) for k in range(3)])
    assert watched.flicker(moved[..., 8:-8]) < 0.002, "what only moves does not flicker"


def _words() -> object:
    words = shipped_words()
    words.model_max_length = moving.TOKENS
    return words


def test_the_text_encoder_learns_who_goes_where(lab: Lab) -> None:
    torch.manual_seed(0)
    words, director = _words(), recipe.director(lab)
    filmed = moving.clips(range(384))
    said, ways = moving.sentences(filmed, words)[:, 0].long(), moving.ways(filmed)
    learned = [*director.text_encoder.parameters(), *director.understood.parameters()]
    optimizer = torch.optim.AdamW(learned, lr=1e-3)
    losses = []
    for step in range(30):
        part = slice(step % 6 * 64, step % 6 * 64 + 64)
        loss = director.misunderstood(said[part], ways[part])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.6 * losses[0]


def test_nothing_shows_through_the_loudest_noise() -> None:
    assert recipe.schedule().alphas_cumprod[-1] < 1e-5
