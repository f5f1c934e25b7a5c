"""Random miniature models as folders on disk: what the tests load instead of a download."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def stable_diffusion_folder(path: str | Path, *, size: int = 128, latent_channels: int = 4, seed: int = 0) -> Path:
    """A StableDiffusionPipeline folder of random weights; `size` (pixels) is its own picture size."""
    from models.networks import miniature

    path = Path(path)
    miniature.stable_diffusion(size=size, latent_channels=latent_channels, seed=seed).save_pretrained(path)
    return path


def name_it(path: str | Path, **sidecar: Any) -> Path:
    """Lay an `everyform.json` beside a model: name, licence, defaults, and so on."""
    path = Path(path)
    (path / "everyform.json").write_text(json.dumps(sidecar), encoding="utf-8")
    return path
