"""WGAN (Arjovsky et al. 2017, with the gradient penalty of Gulrajani et al. 2017): a critic that tells distances."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from models.families.gan import dcgan
from models.protocol import Match

_BEST_OF = "So many pictures are made, and the one is kept that the critic puts nearest to real ones."

CARD = replace(
    dcgan.CARD,
    architecture="wgan",
    name="WGAN",
    parameters=tuple(replace(p, help=_BEST_OF) if p.name == "best_of" else p for p in dcgan.CARD.parameters),
    process="At a stroke, and told how far from real it is",
    guide="resources/guides/wgan.md",
)


def recognise(files: Any) -> Match | None:
    """Ours alone, by its config: in its weights, a public WGAN differs in nothing from a DCGAN, and runs as one."""
    return dcgan.match(files, CARD)


def load(path: str, plan: Any) -> Any:
    """The model in that folder, on `plan`'s device. Raises BadInput."""
    return dcgan.opened(path, plan, CARD)


def tiny() -> Any:
    """A random miniature: 16 numbers to 32² pictures, with a critic."""
    return dcgan.miniature(CARD)
