"""The files that diffusers' pipelines start from, and the tasks that follow from which of them they take."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from models.families.diffusion.diffusers_table import Signature
from models.protocol import Input, Medium
from models.runtime.pipelines.wiring import Form

_FIT = "It is scaled to cover the size chosen, and what hangs over is cut off."


@dataclass(frozen=True)
class _Kind:
    """One kind of file. `form` is what the argument wants of it."""

    name: str
    medium: Medium
    label: str
    help: str
    form: Form


_START = _Kind("picture", "picture", "Start picture", f"The picture to start from. {_FIT}", "picture")
_MASK = _Kind(
    "mask", "picture", "Mask", "A picture of the same shape: what is white in it is made again, the rest stays.", "mask"
)
_CONTROL = _Kind(
    "sketch", "picture", "Control picture",
    f"A sketch, depths, edges or whatever this model was taught to follow. {_FIT}", "picture",
)  # fmt: skip
_LAST = _Kind("last_picture", "picture", "Last picture", f"How the film ends. {_FIT}", "picture")
_REFERENCE = _Kind("reference", "picture", "Model picture", "A picture of the thing that is to be shown.", "whole")
_ORIGINAL = _Kind("original", "picture", "Large picture", "The start picture in the size that is wanted.", "picture")
_FILM = _Kind("video", "video", "Start film", f"The film to start from. {_FIT}", "film")
_CONTROL_FILM = _Kind("control_video", "video", "Control film", f"What it follows, frame by frame. {_FIT}", "film")
_POSES = _Kind("pose_video", "video", "Film of poses", f"Stick figures that show how to move. {_FIT}", "film")
_FACES = _Kind("face_video", "video", "Film of a face", f"The face whose play is taken over. {_FIT}", "film")
_SOUND = _Kind("sound", "sound", "Start sound", "The sound to start from.", "sound")

_BY_ARGUMENT: Mapping[str, _Kind] = {
    "image": _START,
    "images": _Kind(_START.name, "picture", _START.label, "The picture to change.", "list"),
    "mask_image": _MASK,
    "control_image": _CONTROL,
    "control_mask": _MASK,
    "condtioning_image": _CONTROL,  # diffusers' own spelling
    "last_image": _LAST,
    "image_reference": _REFERENCE,
    "reference_image": _REFERENCE,
    "example_image": _REFERENCE,
    "original_image": _ORIGINAL,
    "video": _FILM,
    "control_video": _CONTROL_FILM,
    "conditioning_frames": _CONTROL_FILM,
    "mask_video": _Kind("mask_video", "video", "Film of masks", "What is white in it is made again.", "film"),
    "pose_video": _POSES,
    "face_video": _FACES,
    "audio": _SOUND,
    "initial_audio_waveforms": _SOUND,
}
# They also make something where no file is given; all others with such an argument start from one.
_FREE: Mapping[str, tuple[str, ...]] = {
    "image": (
        "BriaFibo2Pipeline", "DreamLitePipeline", "DreamLiteMobilePipeline", "Flux2Pipeline", "Flux2KleinPipeline",
        "Flux2KleinKVPipeline", "FluxKontextPipeline", "GlmImagePipeline", "HeliosPipeline", "HeliosPyramidPipeline",
        "Kandinsky6TI2VAPipeline", "LTXConditionPipeline", "QwenImage21Pipeline", "ZImageOmniPipeline",
        "UniDiffuserPipeline", "DiffusionGemmaPipeline",
    ),
    "images": ("StableCascadeCombinedPipeline", "StableCascadePriorPipeline"),
    "video": (
        "AnyFlowPipeline", "AnyFlowFARPipeline", "HeliosPipeline", "HeliosPyramidPipeline", "LTXConditionPipeline",
        "WanVACEPipeline",
    ),
    "initial_audio_waveforms": ("StableAudioPipeline",),
    "last_image": (),
    "image_reference": (),
}  # fmt: skip
_NEVER_NEEDED = ("last_image", "image_reference")
# Their `image` is what they follow, not what they start from.
_FOLLOW = ("ControlNet", "Adapter")
# Pipelines, by the beginnings of their names, that want a file in another form than the others.
_FORMS: Mapping[tuple[str, str], Form] = {
    ("EasyAnimate", "video"): "clip",
    ("EasyAnimate", "mask_video"): "clip",
    ("QwenImageLayered", "image"): "clear",
    ("VisualCloze", "image"): "rows",
    ("StableDiffusionXLControlNetUnion", "control_image"): "list",
    ("StableDiffusionXLControlNetUnionImg2Img", "control_image"): "list",
}
# Their frames of control are one picture.
_ONE_FRAME = ("AnimateDiffSparseControlNetPipeline",)
_NO_FILE_OF_IT = {
    "DiffusionGemmaPipeline": ("image",),
    "UniDiffuserPipeline": ("image",),
    "WanAnimatePipeline": ("mask_video",),
}


@dataclass(frozen=True)
class Files:
    """The tasks of a pipeline, the usual one first; its inputs; and argument and form of each by the input's name."""

    tasks: tuple[str, ...]
    inputs: tuple[Input, ...]
    given: Mapping[str, tuple[str, Form]]


def files(signature: Signature) -> Files:
    """What that pipeline starts from."""
    kinds = {a: _kind(a, signature) for a in _BY_ARGUMENT if signature.has(a)}
    for argument in _NO_FILE_OF_IT.get(signature.name, ()):
        kinds.pop(argument, None)
    free = [a for a in kinds if signature.name in _FREE.get(a, ())]
    extra = [a for a in kinds if a in _NEVER_NEEDED]
    fixed = [a for a in kinds if a not in free and a not in extra]
    # Each file that may be left out is a task of its own beside the one that does without.
    ways = {_task(signature, {kinds[a] for a in fixed}): fixed}
    for argument in free:
        ways.setdefault(_task(signature, {kinds[a] for a in [*fixed, argument]}), [*fixed, argument])
    inputs = []
    for argument, kind in kinds.items():
        tasks = tuple(task for task, taken in ways.items() if argument in taken or argument in extra)
        inputs.append(Input(kind.name, kind.medium, kind.label, kind.help, tasks, required=argument not in extra))
    return Files(tuple(ways), tuple(inputs), {kind.name: (a, kind.form) for a, kind in kinds.items()})


def _kind(argument: str, signature: Signature) -> _Kind:
    """The kind of file that the argument is in this pipeline."""
    kind = _plain_kind(argument, signature)
    form = next(
        (f for (start, a), f in _FORMS.items() if signature.name.startswith(start) and a == argument), kind.form
    )
    return replace(kind, form=form)


def _plain_kind(argument: str, signature: Signature) -> _Kind:
    follows = any(word in signature.name for word in _FOLLOW) and not signature.has("control_image")
    if argument == "image" and follows and not signature.has("conditioning_frames"):
        return _CONTROL
    if signature.name in _ONE_FRAME:
        return _Kind("sketch", "picture", _CONTROL.label, _CONTROL.help, "list")
    return _BY_ARGUMENT[argument]


def _task(signature: Signature, kinds: set[_Kind]) -> str:
    """What is done with these files."""
    names = {kind.name for kind in kinds}
    wordless = not signature.has("prompt")
    if signature.medium == "text":
        return "chat"
    if signature.medium == "sound":
        return "sound-to-sound" if "sound" in names else "sample" if wordless else "text-to-sound"
    if signature.medium == "video":
        films = any(kind.medium == "video" for kind in kinds)
        still = "picture-to-video" if names else "sample" if wordless else "text-to-video"
        return "video-to-video" if films else still
    if "mask" in names:
        return "inpaint"
    if not names:
        return "sample" if wordless else "text-to-picture"
    if any(word in signature.name for word in ("Upscale", "SuperResolution")):
        return "upscale"
    if signature.name.startswith("Marigold"):
        return "translate"
    return "sketch-to-picture" if names == {"sketch"} else "picture-to-picture"
