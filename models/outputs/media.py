"""What a model hands back: one finished thing in memory, before it is a file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from models.protocol import Medium

if TYPE_CHECKING:
    from PIL.Image import Image


@dataclass(frozen=True)
class Picture:
    """A picture of any Pillow mode; it is written as RGB, or RGBA where it has transparency."""

    image: Image

    medium: Medium = "picture"

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.image.size


# Everything that `write.save` can write. Sound, video and text join when their first architecture does.
Media = Picture
