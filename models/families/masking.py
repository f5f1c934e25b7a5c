"""The input that every model takes which makes a part of a picture again."""

from __future__ import annotations

from models.protocol import Input

MASK = Input(
    name="mask",
    medium="picture",
    label="Mask",
    help="A picture of the same shape: what is white in it is made again, what is black stays as it is.",
    tasks=("inpaint",),
)
