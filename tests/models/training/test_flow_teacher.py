"""The scenes' U-Net as a teacher of flows: what it says is the velocity, at every time that it knows."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch

from models.training.flow_teacher import FlowTeacher


@pytest.mark.parametrize("time", [0.1, 0.5, 0.9])
def test_a_unet_that_knows_the_picture_tells_the_straight_line(time: float) -> None:
    clean, noise = torch.randn(2, 1, 8, 4, 4).unbind()
    teacher = FlowTeacher(SimpleNamespace(device=torch.device("cpu")))  # type: ignore[arg-type]
    kept = 1 / (1 + teacher._noise**2)

    def unet(x: torch.Tensor, level: torch.Tensor, states: torch.Tensor) -> SimpleNamespace:
        """The velocity of its own kind (Salimans & Ho 2022), at the level that it is asked at."""
        share = (1 - time) / (time**2 + (1 - time) ** 2) ** 0.5
        assert kept[level].sqrt().item() == pytest.approx(share, abs=2e-3)
        return SimpleNamespace(sample=share * noise - (1 - share**2) ** 0.5 * clean)

    teacher._unet = unet  # type: ignore[assignment]
    made = teacher.velocity((1 - time) * clean + time * noise, torch.tensor([time]), torch.zeros(1, 1, 1))
    assert torch.allclose(made, noise - clean, atol=1e-4)


@pytest.mark.parametrize("time", [0.97, 1.0])
def test_beyond_its_last_level_it_is_asked_as_if_it_stood_there(time: float) -> None:
    clean, noise = torch.randn(2, 1, 8, 4, 4).unbind()
    teacher = FlowTeacher(SimpleNamespace(device=torch.device("cpu")))  # type: ignore[arg-type]

    def unet(x: torch.Tensor, level: torch.Tensor, states: torch.Tensor) -> SimpleNamespace:
        """One that takes what it is given for its own mixture, and knows the picture."""
        assert level.item() == len(teacher._noise) - 1
        picture = (1 / (1 + teacher._noise[level] ** 2)).sqrt()
        share = (1 - picture**2).sqrt()
        return SimpleNamespace(sample=picture * (x - picture * clean) / share - share * clean)

    teacher._unet = unet  # type: ignore[assignment]
    made = teacher.velocity((1 - time) * clean + time * noise, torch.tensor([time]), torch.zeros(1, 1, 1))
    assert torch.allclose(made, noise - clean, atol=1e-4)
