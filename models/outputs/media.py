"""What a model hands back: one finished thing in memory, before it is a file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from models.protocol import Medium

if TYPE_CHECKING:
    from PIL.Image import Image


@dataclass(frozen=True)
class Picture:
    """A picture of any Pillow mode; it is written as RGB, or RGBA where it has transparency.

    `facts` are what the model knows of it, by name and in words for people ("critic's score": "0.83"); they
    lie in the file with the settings.
    """

    image: Image
    facts: Mapping[str, str] = field(default_factory=dict)

    medium: Medium = "picture"

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.image.size


# Everything that `write.save` can write. Sound, video and text join when their first architecture does.
Media = Picture
