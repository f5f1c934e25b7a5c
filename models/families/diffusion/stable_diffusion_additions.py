"""What may lie in or beside a Stable Diffusion folder and adds to it: control networks for sketches, and styles."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from models.protocol import BadInput, Card, Input, Parameter
from models.store.files import PART_OF, SIDECAR, Files

SKETCH = "sketch-to-picture"
NO_STYLE = "none"
_CONTROL_WEIGHTS = ("diffusion_pytorch_model.safetensors", "diffusion_pytorch_model.fp16.safetensors")
_STYLE_WEIGHTS = "pytorch_lora_weights.safetensors"  # diffusers' name; others name the file after the style
_MUST_AGREE = ("cross_attention_dim", "block_out_channels", "layers_per_block", "down_block_types", "in_channels")


@dataclass(frozen=True)
class Additions:
    """By name: folders of ControlNets (Zhang et al. 2023), and files of LoRA weights (Hu et al. 2021)."""

    controls: Mapping[str, Path] = field(default_factory=dict)
    styles: Mapping[str, Path] = field(default_factory=dict)


def found(files: Files) -> Additions:
    """All that fits the model in this folder: inside it, in `controlnet/` and `loras/`, and in folders beside it whose
    sidecar says that they are a part of it. What fits another model, or is broken, is left out.
    """
    if files.path.is_file():
        return Additions()
    unet = files.json("unet/config.json")
    controls: dict[str, Path] = {}
    styles: dict[str, Path] = {}
    for name in files.names:
        folder, _, file = name.rpartition("/")
        if name.startswith("controlnet/") and file == "config.json":
            called = folder.removeprefix("controlnet").strip("/") or "control"
            if _controls(files, f"{folder}/", unet):
                controls[called] = files.full(name).parent
        elif name.startswith("loras/") and file.endswith(".safetensors") and _styles(files, name, unet):
            called = folder.removeprefix("loras").strip("/") if file == _STYLE_WEIGHTS else Path(file).stem
            styles[called or "style"] = files.full(name)
    for part in _beside(files.path):
        called = str(part.json(SIDECAR).get("name") or part.path.name).lower()
        if part.exists("config.json") and _controls(part, "", unet):
            controls[called] = part.path
        elif part.exists(_STYLE_WEIGHTS) and _styles(part, _STYLE_WEIGHTS, unet):
            styles[called] = part.full(_STYLE_WEIGHTS)
    styles.pop(NO_STYLE, None)
    return Additions(controls, styles)


def _beside(path: Path) -> Iterator[Files]:
    """Folders beside a model's that are parts of it."""
    whole = path.expanduser().absolute()
    try:
        sidecars = sorted(whole.parent.glob(f"*/{SIDECAR}"))
    except OSError:
        return
    for sidecar in sidecars:
        try:
            files = Files(sidecar.parent)
            if files.json(SIDECAR).get(PART_OF) == whole.name:
                yield files
        except BadInput:  # broken or hostile: it adds nothing
            continue


def _controls(files: Files, folder: str, unet: Mapping[str, Any]) -> bool:
    """Whether a control network lies there that was made for a U-Net of these very shapes."""
    config = files.json(f"{folder}config.json")
    if config.get("_class_name") != "ControlNetModel" or not any(files.exists(folder + w) for w in _CONTROL_WEIGHTS):
        return False
    return all(config.get(name) == unet.get(name) for name in _MUST_AGREE)


def _styles(files: Files, name: str, unet: Mapping[str, Any]) -> bool:
    """Whether it holds low-rank changes to a U-Net that reads texts as wide as this one's."""
    tensors = files.tensors(name)
    if not any("lora" in tensor for tensor in tensors):
        return False
    for tensor, (_, shape) in tensors.items():
        reads = "attn2" in tensor and tensor.replace("_", ".").find("to.k.lora") > 0
        if reads and tensor.endswith(("lora_A.weight", "lora.down.weight", "lora_down.weight")):
            return shape[1] == unet.get("cross_attention_dim")
    return True


# ── on the card ───────────────────────────────────────────────────────────────


def extended(card: Card, additions: Additions) -> Card:
    """The card with the task and the settings that these additions bring."""
    controls, styles = tuple(sorted(additions.controls)), tuple(sorted(additions.styles))
    if controls and "text-to-picture" in card.tasks:
        card = replace(
            card,
            tasks=(*card.tasks, SKETCH),
            inputs=(*card.inputs, _INPUT),
            parameters=(*card.parameters, *_control_settings(controls)),
        )
    if styles:
        card = replace(card, parameters=(*card.parameters, *_style_settings(styles)))
    return card


_INPUT = Input(
    name="sketch",
    medium="picture",
    label="Sketch",
    help="Lines that say what lies where, dark on white or white on black. It is scaled to cover the size chosen, and "
    "what hangs over is cut off.",
    tasks=(SKETCH,),
)


def _control_settings(controls: tuple[str, ...]) -> Iterator[Parameter]:
    yield Parameter(
        name="control_strength",
        type="float",
        default=1.0,
        minimum=0,
        maximum=2,
        label="Control",
        help="How strictly the picture follows the sketch: 0 does not look at it, above 1 the lines become hard.",
        suggested=(0.5, 1.0, 1.5),
        tasks=(SKETCH,),
    )
    if len(controls) > 1:
        yield Parameter(
            name="control",
            type="choice",
            default=controls[0],
            choices=controls,
            label="Control network",
            help="Which network reads the sketch; each was taught its own kind of drawing.",
            tasks=(SKETCH,),
        )


def _style_settings(styles: tuple[str, ...]) -> Iterator[Parameter]:
    yield Parameter(
        name="style",
        type="choice",
        default=NO_STYLE,
        choices=(NO_STYLE, *styles),
        label="Style",
        help="A look that the model was taught afterwards (a LoRA); none leaves it as it is.",
    )
    yield Parameter(
        name="style_strength",
        type="float",
        default=1.0,
        minimum=0,
        maximum=2,
        label="Style strength",
        help="How much of the style is seen, its LoRA weight: 0 is none of it, above 1 it is overdone.",
        suggested=(0.5, 1.0, 1.3),
    )
