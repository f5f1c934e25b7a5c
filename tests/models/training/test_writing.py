"""How writers of picture codes learn: what each place is told, and lessons of a fourth of the places."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from models.networks.code_prompt import CodePrompt
from models.training import heard, writing
from models.training.lab import Budget, Lab, Recipe


@pytest.fixture
def model() -> writing.Writer:
    torch.manual_seed(0)
    return writing.Writer(writing.llama(5, 64, 2, 32), CodePrompt(8, 64, 16)).eval()


CODES = torch.arange(16)[None] % 5


@pytest.mark.parametrize("few", [False, True])
@torch.no_grad()
def test_a_writer_knows_nothing_of_what_it_is_to_write(model: writing.Writer, few: bool) -> None:
    at = writing.sparse(1, 16) if few else None
    codes = CODES if at is None else CODES[:, at]
    other = codes.clone()
    other[0, 2] = (other[0, 2] + 1) % 5
    states = torch.randn(1, 3, 8)
    one, two = model(states, codes, at), model(states, other, at)
    assert one.shape == (1, codes.shape[1], 5)
    assert torch.equal(one[:, :3], two[:, :3])
    assert all(not torch.equal(one[:, k], two[:, k]) for k in range(3, codes.shape[1]))


@torch.no_grad()
def test_what_is_said_reaches_every_place(model: writing.Writer) -> None:
    at = writing.sparse(2, 16)
    one, two = (model(torch.randn(1, 3, 8), CODES[:, at], at) for _ in range(2))
    assert not torch.isclose(one, two).all(2).any()


def test_four_lessons_of_a_fourth_of_the_places_are_all_places() -> None:
    lessons = [writing.sparse(step, 16) for step in range(4)]
    assert lessons[0].tolist() == [0, 2, 8, 10]
    assert sorted(torch.cat(lessons).tolist()) == list(range(16))
    assert torch.equal(writing.sparse(4, 16), lessons[0])


def test_what_knows_how_often_codes_come_and_no_more_has_the_loss_that_is_told() -> None:
    codes, shown = torch.tensor([[0, 0, 0, 1]]), torch.tensor([[0.0, 0.0, 1.0, 1.0]])
    # A thing counts four times: 0 has a weight of 1 + 1 + 4, 1 one of 4.
    logits = torch.tensor([0.6, 0.4]).log().expand(1, 4, 2)
    assert writing.commonness(codes, shown) == pytest.approx(writing.loss(logits, codes, shown).item())


def test_it_is_told_whether_words_are_heard(tmp_path: Path) -> None:
    budget = Budget(1, 1, 1)
    lab = Lab(Recipe("x", "", lambda lab: None, budget, budget), tmp_path, tmp_path, torch.device("cpu"), budget)
    for step in range(heard.EVERY):  # once in so many
        heard.tell(lab, step, lambda whose: (whose != torch.arange(4)).float().mean(), 4)
    told = json.loads((lab.state / "log.jsonl").read_text())
    assert (told["with_own_words"], told["with_another_s"]) == (0, 1)
