"""Weights at work in a text encoder: 1 changes nothing, 0 takes a word away, the rest is a straight line."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from models.networks import miniature
from models.sampling import prompts


@pytest.fixture(scope="module")
def pipeline() -> Any:
    return miniature.stable_diffusion()


def states(pipeline: Any, prompt: str, negative: str = "") -> tuple[Tensor, Tensor]:
    made = prompts.encode(pipeline, prompt, negative, guided=True)
    return made["prompt_embeds"][0], made["negative_prompt_embeds"][0]


def test_a_weight_of_one_and_escaped_signs_change_nothing(pipeline: Any) -> None:
    theirs, _ = pipeline.encode_prompt("a red boat (1)", "cpu", 1, False)
    assert torch.equal(prompts.encode(pipeline, r"a red boat \(1\)", "", guided=False)["prompt_embeds"], theirs)
    assert torch.equal(states(pipeline, "a (red:1.0) boat")[0], states(pipeline, "a red boat")[0])


def test_a_weight_goes_along_the_way_from_without_the_word_to_with_it(pipeline: Any) -> None:
    plain, none = states(pipeline, "a red boat")
    gone, _ = states(pipeline, "a red (boat:0)")
    less, still = states(pipeline, "a red (boat:0.5)")
    more, _ = states(pipeline, "a red (boat:1.5)")
    changed = (less - plain).abs().amax(-1) > 1e-5
    first = int(changed.nonzero()[0])
    assert first >= 3, "what stands before a word has not heard of it"
    assert bool(changed[-1]), "all that follows has"
    torch.testing.assert_close(gone[first], none[first], atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(less, (gone + plain) / 2, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(more, plain + (plain - less), atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(still, none)


def test_a_weight_in_what_is_avoided_acts_there_alone(pipeline: Any) -> None:
    plain, avoided = states(pipeline, "a boat", "fog")
    same, moved = states(pipeline, "a boat", "(fog:1.4)")
    torch.testing.assert_close(plain, same)
    assert not torch.allclose(avoided, moved, atol=1e-3)


def test_what_finds_no_room_is_told_without_signs(pipeline: Any) -> None:
    long = "(boat:1.2) " * 100 + "house"
    assert prompts.left_out(pipeline, long).endswith("house")
    assert "(" not in prompts.left_out(pipeline, long)
