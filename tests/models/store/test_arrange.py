"""Some models, in some order: what the listing and the window show."""

from __future__ import annotations

import pytest

from models.protocol import BadInput, Card, Found, ModelInfo
from models.store.arrange import Wish, arranged


def model(
    id: str, medium: str = "picture", family: str = "diffusion", size: int = 1, changed: float = 0, **more: str
) -> ModelInfo:
    card = Card(f"{family}-kind", f"{family} model", family, medium, ("text-to-picture",), ())  # type: ignore[arg-type]
    return ModelInfo(
        id,
        more.pop("name", id.title()),
        f"/shelf/{id}",
        size,
        more.pop("licence", ""),
        False,
        card,
        changed=changed,
        **more,
    )  # type: ignore[arg-type]


MODELS = (
    model("model-10", size=30, changed=1),
    model("model-2", size=20, changed=3, base="SDXL", licence="Apache-2.0"),
    model("talker", "text", "autoregressive", size=10, changed=2, base="Llama"),
    model("Änne", name="änne"),
)
LORA = Found("ink", "Ink", "/shelf/loras/ink.safetensors", 5, "", True, "LoRA", "It adds.", ("SDXL",), "rank 16")


def ids(wish: Wish) -> list[str]:
    return [one.id for one in arranged(MODELS, wish)]


@pytest.mark.parametrize(
    ("wish", "expected"),
    [
        (Wish(), ["model-10", "model-2", "talker", "Änne"]),
        (Wish(medium="text"), ["talker"]),
        (Wish(family="diffusion", order="size"), ["model-10", "model-2", "Änne"]),
        (Wish(architecture="Autoregressive-Kind"), ["talker"]),
        (Wish(base="sdxl"), ["model-2"]),
        (Wish(words="MODEL sdxl"), ["model-2"]),
        (Wish(words="apache"), ["model-2"]),
        (Wish(words="änne"), ["Änne"]),
        (Wish(words="model zebra"), []),
        (Wish(order="name"), ["model-2", "model-10", "talker", "Änne"]),
        (Wish(order="date"), ["model-2", "talker", "model-10", "Änne"]),
        (Wish(family="nothing"), []),
    ],
)
def test_wishes(wish: Wish, expected: list[str]) -> None:
    assert ids(wish) == expected


def test_additions_are_arranged_in_the_same_way() -> None:
    assert arranged([LORA], Wish(words="lora sdxl", base="SDXL", architecture="lora", order="size")) == (LORA,)
    assert arranged([LORA], Wish(medium="picture")) == ()


@pytest.mark.parametrize(
    ("wish", "words"), [(Wish(medium="smell"), "choose picture"), (Wish(order="luck"), "choose name")]
)
def test_what_cannot_be_is_said(wish: Wish, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        arranged(MODELS, wish)
