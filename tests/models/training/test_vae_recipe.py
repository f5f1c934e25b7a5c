"""The vae recipe: what it is drawn from in the end is what it has found in pictures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from models.training.lab import Budget, Lab
from models.training.recipes import vae as recipe


def test_the_critic_is_shown_what_is_drawn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Nowhere:
        def __init__(self, *_: Any) -> None:
            self.scenes: list[Any] = []

    clean, made = torch.randn(32, 8, 16, 16).half() + 1, []
    small = {"whole": 8, "widths": [16, 16, 16], "rungs": [1, 1, 1], "latents": [2, 2, 2], "deep": 1}
    monkeypatch.setattr(recipe, "CONFIG", {**recipe.CONFIG, **small})
    monkeypatch.setattr(recipe, "shipped_vae", lambda _: None)
    monkeypatch.setattr(recipe, "Land", Nowhere)
    monkeypatch.setattr(recipe, "latents", lambda *_: clean)
    monkeypatch.setattr(recipe, "save", lambda lab, vae, model, *_: made.append(model))
    recipe.run(Lab(recipe.RECIPE, tmp_path, tmp_path, torch.device("cpu"), Budget(6, 4, 32)))
    untaught = recipe.LadderVAE(**recipe.CONFIG)
    assert untaught.settle(clean.float()) > 1, "it begins elsewhere"
    assert made[0].settle(clean.float()) < 0.5
