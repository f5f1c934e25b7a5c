"""ImageGPT (Chen et al. 2020): a language model whose words are 512 colours, one pixel after another."""

from __future__ import annotations

from typing import Any

from models.protocol import BadInput, Card, Input, Match, Parameter

_SAMPLE, _COMPLETE = "sample", "complete"

CARD = Card(
    architecture="imagegpt",
    name="ImageGPT",
    family="autoregressive",
    medium="picture",
    tasks=(_SAMPLE, _COMPLETE),
    parameters=(
        Parameter(
            "temperature", "float", 1.0, "Temperature",
            "How boldly each pixel is drawn. 1 is what was learned; below it pictures get plainer.",
            0.1, 1.5, suggested=(0.8, 1.0),
        ),
        Parameter(
            "top_k", "int", 40, "Top k", "How many of the likeliest colours may be drawn; 1 takes the likeliest.",
            1, 512, suggested=(10, 40, 512),
        ),
        Parameter(
            "keep", "float", 0.5, "Kept",
            "What share of the picture stays, from the top down; the rows below it are drawn anew.",
            0.1, 0.9, suggested=(0.25, 0.5, 0.75), tasks=(_COMPLETE,),
        ),
        Parameter(
            "enlarge", "int", 4, "Enlarged",
            "How many pixels wide each pixel of the result is, so that it can be seen; 1 leaves it as it is.",
            1, 8, suggested=(1, 4, 8),
        ),
    ),
    inputs=(
        Input(
            "picture", "picture", "Picture",
            "It is scaled to the model's own small square, and what hangs over is cut off.", (_COMPLETE,),
        ),
    ),
    process="Pixel by pixel, row after row",
    guide="resources/guides/imagegpt.md",
)  # fmt: skip


def recognise(files: Any) -> Match | None:
    """A folder of transformers' with ImageGPT."""
    if not files.exists("config.json"):
        return None
    config = files.json("config.json")
    kinds = config.get("architectures")
    kind = kinds[0] if isinstance(kinds, list) and kinds else ""
    if kind not in ("ImageGPTForCausalImageModeling", "ImageGPTModel"):
        return None
    lacks = []
    if not _colours(files):
        lacks.append("its colours (preprocessor_config.json)")
    if not any(n.endswith(".safetensors") and "/" not in n for n in files.names):
        lacks.append("its weights (safetensors)")
    return Match(CARD, base="ImageGPT", missing=", and ".join(lacks))


def load(path: str, plan: Any) -> Any:
    """The model in that folder, as the plan has it. Raises BadInput."""
    from models.runtime.pictures import code_pictures
    from models.store.files import Files

    files = Files(path)
    colours = _colours(files)
    if not colours:
        raise BadInput(f"{path} lacks the colours of its ImageGPT (preprocessor_config.json): get the model again.")
    return code_pictures.load_imagegpt(files.path, CARD, colours, plan)


def prepare() -> None:
    """Import what `load` needs, while nobody waits for it."""
    from models.runtime.pictures import code_pictures  # noqa: F401


def tiny() -> Any:
    """A random miniature: 8 × 8 pixels in sixteen colours."""
    from models.networks import miniature_pictures
    from models.runtime.pictures.code_pictures import ImageGpt

    return ImageGpt(CARD, *miniature_pictures.imagegpt())


def _colours(files: Any) -> list[list[float]]:
    """Red, green and blue of each word, from -1 to 1; nothing where they are not told, or wrongly."""
    name = "preprocessor_config.json"
    told = files.json(name).get("clusters") if files.exists(name) else None
    if not isinstance(told, list) or not told:
        return []
    sound = all(
        isinstance(c, list) and len(c) == 3 and all(type(v) in (int, float) and -2 < v < 2 for v in c) for c in told
    )
    return told if sound else []
