"""Which tokens may be drawn, and how often they are."""

from __future__ import annotations

import pytest
import torch

from models.sampling.tokens import allowed, bits, draw, guided

LOGITS = torch.tensor([[0.5, 0.3, 0.15, 0.05]]).log()


def drawn(count: int = 4000, **how: float) -> torch.Tensor:
    lots = torch.Generator().manual_seed(1)
    found = draw(LOGITS.expand(count, -1), lots, **how)  # type: ignore[arg-type]
    return torch.bincount(found, minlength=4) / count


def test_they_come_as_often_as_the_model_says() -> None:
    assert torch.allclose(drawn(), LOGITS.exp()[0], atol=0.03)


def test_temperature_sharpens_and_flattens() -> None:
    assert torch.allclose(drawn(temperature=0.5), (LOGITS.exp()[0] ** 2) / (LOGITS.exp()[0] ** 2).sum(), atol=0.03)
    assert drawn(temperature=0.0)[0] == 1
    assert drawn(temperature=10.0).min() > 0.18


@pytest.mark.parametrize(("top_k", "top_p", "stay"), [(2, 1.0, 2), (0, 0.5, 1), (0, 0.51, 2), (0, 0.8, 2), (0, 0.81, 3),
                                                      (1, 1.0, 1), (9, 1.0, 4), (0, 0.01, 1), (3, 0.6, 2)])  # fmt: skip
def test_what_is_left_out(top_k: int, top_p: float, stay: int) -> None:
    found = allowed(LOGITS, top_k, top_p)
    assert found.isfinite().sum() == stay
    assert found[0, :stay].isfinite().all()


def test_the_order_of_the_logits_does_not_matter() -> None:
    shuffled = LOGITS[:, [2, 0, 3, 1]]
    assert allowed(shuffled, 0, 0.6)[0].isfinite().tolist() == [False, True, False, True]


def test_guidance_goes_from_the_silent_answer_through_the_spoken_one() -> None:
    said, silent = torch.tensor([2.0, 1.0]), torch.tensor([1.0, 1.0])
    assert torch.equal(guided(said, silent, 1.0), said)
    assert torch.equal(guided(said, silent, 3.0), torch.tensor([4.0, 1.0]))


def test_surprise_is_in_bits() -> None:
    assert bits(LOGITS, torch.tensor([0])).item() == pytest.approx(1.0)
    assert bits(torch.zeros(1, 8), torch.tensor([5])).item() == pytest.approx(3.0)
