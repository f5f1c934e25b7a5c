"""The clips recipe: it begins as the scenes' U-Net, hears longer sentences alike, and its figures tell clips apart."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from diffusers.models.embeddings import SinusoidalPositionalEmbedding

from models.reader.network import Reader
from models.training import directing, distill, moving, watched
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
    director, base = directing.director(lab).eval(), distill.network(lab)
    noisy, times = torch.randn(1, 3, 8, 16, 16), torch.tensor([300])
    ids = as_ids(_words(), ["a red sailboat by the sea; the boat sails to the left"])
    states = director.text_encoder(ids).last_hidden_state.expand(3, -1, -1)
    alone = base(noisy[0], times.expand(3), states).sample
    assert torch.allclose(director(noisy, times, ids)[0], alone, atol=1e-4)


@torch.no_grad()
def test_longer_sentences_are_heard_and_short_ones_as_before(lab: Lab) -> None:
    words, before = shipped_words(), shipped_text_encoder(lab)
    short = words(["a castle at dusk"], padding="max_length", max_length=48, return_tensors="pt").input_ids
    after = directing.longer(shipped_text_encoder(lab)).eval()
    assert torch.allclose(after(short).last_hidden_state, before(short).last_hidden_state, atol=1e-5)
    long = as_ids(_words(), ["a castle at dusk, " * 12])
    assert long.shape == (1, moving.TOKENS)
    assert after(long).last_hidden_state.shape[1] == moving.TOKENS


@torch.no_grad()
def test_a_moment_has_its_place_however_many_are_seen(lab: Lab) -> None:
    director = directing.director(lab).eval()
    tables = [part for part in director.unet.modules() if isinstance(part, SinusoidalPositionalEmbedding)]
    whole, seen = tables[-1].pe, []
    tables[-1].register_forward_hook(lambda part, given, made: seen.append(made[0] - given[0][0]))
    director(torch.randn(1, 3, 8, 16, 16), torch.tensor([300]), torch.zeros(1, 4, dtype=torch.long), 2)
    assert torch.allclose(seen[0], whole[0, [0, 2, 4]], atol=1e-5)
    assert tables[-1].pe is whole


def test_what_is_given_is_not_asked_for(lab: Lab) -> None:
    seen = {}

    class Stub(directing.Director):
        def __init__(self) -> None:
            torch.nn.Module.__init__(self)

        def forward(self, noisy: torch.Tensor, times: torch.Tensor, ids: torch.Tensor, every: int = 1) -> torch.Tensor:
            seen["noisy"] = noisy
            return torch.zeros_like(noisy)

    clean = torch.randn(2, 2, 8, 4, 4)
    losses = []
    for share in (1.0, 0.0):
        draw, ids = torch.Generator().manual_seed(1), torch.zeros(2, 4)
        losses.append(recipe.clip_loss(Stub(), recipe.schedule(), clean, ids, draw, started=share).item())
        assert torch.equal(seen["noisy"][:, 0], clean[:, 0]) is bool(share)
    assert losses[0] < losses[1]


def test_a_pair_differs_in_where_things_go_alone() -> None:
    filmed = moving.clips(range(64))
    assert filmed == [*moving.clips(range(10)), *moving.clips(range(10, 64))]
    for one, other in zip(filmed[::2], filmed[1::2], strict=True):
        assert one.scene == other.scene and one.until == other.until and moving.opposite(other) == one
        assert (one == other) is not any((*one.moves, one.clouds))
    words, silence = _words(), as_ids(_words(), [""])
    said, draw = moving.sentences(filmed, words), torch.Generator().manual_seed(0)
    ids = recipe.said_alike(said, silence, torch.arange(64), draw)
    apart = (ids[::2] != ids[1::2]).sum(1)
    assert 40 < (apart > 0).sum() * 2 < 64 and apart.max() < 8, "they are said alike, but for the ways"


def test_both_of_a_pair_have_the_same_noise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recipe, "STARTED", 0.0)
    heard = []

    def silent(noisy: torch.Tensor, times: torch.Tensor, ids: torch.Tensor, every: int) -> torch.Tensor:
        heard.append((noisy, times))
        return torch.zeros_like(noisy)

    clean = torch.zeros(4, 2, 8, 4, 4)
    recipe.clip_loss(silent, recipe.schedule(), clean, torch.zeros(4, 4), torch.Generator().manual_seed(1))
    noisy, times = heard[0]
    assert torch.equal(noisy[::2], noisy[1::2]) and torch.equal(times[::2], times[1::2])
    assert not torch.equal(noisy[0], noisy[2])


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
    words, director = _words(), directing.director(lab)
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


def test_where_things_are_on_their_way_is_told_for_every_frame(lab: Lab) -> None:
    clip = next(c for c in moving.clips(range(0, 200, 2)) if "left" in c.moves and not c.clouds)
    steps = moving.steps(moving.ways([clip, moving.opposite(clip)]))
    assert steps.shape == (2, len(moving.MOVERS), 2) and torch.equal(steps[0], -steps[1])
    assert steps[0].abs().sum() == sum(map(bool, clip.moves))
    assert moving.gone(16)[[0, -1]].tolist() == [-1, 1]
    assert torch.equal(moving.gone(4), moving.gone(16)[::4])

    director = directing.director(lab)
    torch.nn.init.normal_(director.gone.weight)
    director(torch.randn(2, 4, 8, 16, 16), torch.tensor([900, 900]), torch.zeros(2, moving.TOKENS, dtype=torch.long), 4)
    lost = director.lost(steps)
    assert lost.shape == (2,)
    lost.mean().backward()
    heard = [name for name, p in director.named_parameters() if p.grad is not None and p.grad.abs().sum() > 0]
    assert {"gone.weight"} < set(heard) and any("text_encoder" in name for name in heard)
    assert any("motion_modules" in name for name in heard)


def test_nothing_shows_through_the_loudest_noise() -> None:
    assert recipe.schedule().alphas_cumprod[-1] < 1e-5
