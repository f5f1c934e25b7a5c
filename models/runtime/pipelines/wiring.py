"""How a request becomes the call of a diffusers pipeline: which setting and which file is given as which argument."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from models.protocol import Medium

# What an argument wants of a file: a picture as wide and high as what is made, one as it is, one that may be seen
# through, a list of one, rows of pictures of which the last is to be made; a mask; the pictures of a film, or the same
# as a tensor; a waveform.
Form = Literal["picture", "whole", "clear", "list", "rows", "mask", "film", "clip", "sound"]


@dataclass(frozen=True)
class Wiring:
    """One pipeline class as the runtime calls it.

    `settings` and `inputs` map the card's names to arguments, the latter with the form that is wanted. `fixed` are
    arguments that are the same each time. `prompt`, `negative_prompt`: whether these are arguments; where it
    `says_nothing`, an empty negative prompt is given too. `shown` is the field of the output that becomes the medium;
    `hook` is how the pipeline tells of its steps: "step" (callback_on_step_end), "legacy" (callback) or not at all.
    `seeded`: it takes the seed, too, instead of the generator, for some of what it draws. `moments` are arguments that
    are steps, as shares of all of them. `fps` of a film where no setting tells it; `factor`: a latent stands for so
    many pixels a side.
    """

    pipeline: str
    medium: Medium
    shown: str
    hook: str = ""
    settings: Mapping[str, str] = field(default_factory=dict)
    inputs: Mapping[str, tuple[str, Form]] = field(default_factory=dict)
    fixed: Mapping[str, Any] = field(default_factory=dict)
    prompt: bool = True
    negative_prompt: bool = False
    says_nothing: bool = False
    seeded: bool = False
    moments: Mapping[str, float] = field(default_factory=dict)
    fps: float = 8.0
    factor: int = 8
