"""Stable Diffusion as a folder of ONNX graphs, as diffusers and optimum export it: the same loop, other networks."""

from __future__ import annotations

from dataclasses import dataclass, replace
from importlib.util import find_spec
from typing import Any

from models.families.diffusion import latent_diffusion
from models.families.diffusion import stable_diffusion_card as shared
from models.protocol import BadInput, Card, Match, Parameter
from models.store.heads import onnx as heads

_FACTOR = 8
_PARTS = ("text_encoder", "unet", "vae_decoder")
_ENCODER = "vae_encoder"
_TAKES = {"unet": {"sample", "timestep", "encoder_hidden_states"}, "vae_decoder": {"latent_sample"}}

CARD = replace(
    latent_diffusion.CARD,
    architecture="onnx-diffusion",
    name="Latent diffusion in ONNX",
    guide="resources/guides/onnx-diffusion.md",
)


@dataclass(frozen=True)
class Folder:
    """`native` in pixels; `fixed` where the graphs take no other size. `parts` by name: the graph's file."""

    parts: dict[str, str]
    native: int
    fixed: bool
    channels: int
    scale: float


def recognise(files: Any) -> Match | None:
    """A folder with model_index.json whose networks are ONNX graphs, from their heads. Raises BadInput."""
    folder = read(files)
    if folder is None:
        return None
    lacks = [] if find_spec("onnxruntime") is not None else ["onnxruntime (install Everyform with its extra `onnx`)"]
    if not any(files.exists(f"tokenizer/{name}") for name in ("tokenizer.json", "vocab.json")):
        lacks.append("the words of its tokenizer (tokenizer/)")
    if not files.exists("scheduler/scheduler_config.json"):
        lacks.append("its noise schedule (scheduler/scheduler_config.json)")
    return Match(card(folder), base=str(files.sidecar.get("base") or "SD 1.x"), missing=", ".join(lacks))


def read(files: Any) -> Folder | None:
    """The folder's facts; None where it is another kind of model. Raises BadInput where it cannot be used."""
    if not files.exists("model_index.json") or not files.exists("unet/model.onnx"):
        return None
    if any(name.endswith(".safetensors") for name in files.names):
        return None
    if files.exists("text_encoder_2/model.onnx"):
        raise BadInput(
            f"{files.path.name} is an SDXL of ONNX graphs, which is not run here: choose the version with safetensors."
        )
    parts = {part: f"{part}/model.onnx" for part in (*_PARTS, _ENCODER) if files.exists(f"{part}/model.onnx")}
    if missing := [part for part in _PARTS if part not in parts]:
        raise BadInput(f"The model is not complete, {missing[0]}/model.onnx is not there: get it again.")
    graphs = {part: files.graph(name) for part, name in parts.items()}
    for part, name in parts.items():
        heads.beside(files.full(name), graphs[part])
    for part, takes in _TAKES.items():
        found = {port.name for port in graphs[part].inputs}
        if not found >= takes or len(found - takes - {"timestep_cond"}):
            raise BadInput(
                f"{files.path.name}'s {part} takes {', '.join(sorted(found))}, as no plain Stable Diffusion does: "
                "choose the version with safetensors."
            )
    told = next(port.shape for port in graphs["unet"].inputs if port.name == "sample")
    sample: tuple[int | str | None, ...] = () if told is None else told
    if len(sample) != 4 or (isinstance(sample[1], int) and sample[1] not in (4, 16)):
        raise BadInput(f"{files.path.name}'s U-Net needs more inputs than noise: choose a plain text-to-picture model.")
    fixed = isinstance(sample[2], int) and isinstance(sample[3], int)
    side = sample[2] if fixed else _config(files, "unet").get("sample_size", 64)
    scale = _config(files, "vae_decoder").get("scaling_factor", 0.18215)
    if type(side) is not int or not 0 < side <= 1024 or type(scale) is not float or not 0 < scale < 10:
        raise BadInput("The model's config.json files hold values that make no sense: get it again.")
    channels = sample[1] if isinstance(sample[1], int) else 4
    return Folder(parts, side * _FACTOR, fixed, channels, scale)


def load(path: str, plan: Any) -> Any:
    """The model in that folder, on the best that onnxruntime has for `plan`'s device. Raises BadInput."""
    from models.store.files import Files

    files = Files(path)
    folder = read(files)
    if folder is None:
        raise BadInput(f"{path} is no Stable Diffusion of ONNX graphs: choose a folder with a model_index.json.")
    import diffusers
    from transformers import CLIPTokenizer

    from models.runtime.onnx import stand_ins
    from models.runtime.onnx.session import Session
    from models.runtime.pipelines.stable_diffusion import StableDiffusion

    diffusers.utils.logging.set_verbosity_error()  # on settings of other schedulers
    tokenizer = CLIPTokenizer.from_pretrained(files.path / "tokenizer", local_files_only=True)
    scheduler = diffusers.DDIMScheduler.from_pretrained(files.path / "scheduler", local_files_only=True)
    sessions = {part: Session(files.full(name), plan) for part, name in folder.parts.items()}
    pipeline = stand_ins.pipeline(
        sessions, tokenizer, scheduler, native=folder.native, channels=folder.channels, factor=_FACTOR,
        scale=folder.scale,
    )  # fmt: skip
    return StableDiffusion(pipeline, card(folder), replace(plan, device="cpu", dtype="float32"))


def tiny() -> Any:
    """A random miniature of 64² pictures."""
    from models.networks import miniature, miniature_onnx
    from models.runtime.fitting.plan import Plan
    from models.runtime.onnx import stand_ins
    from models.runtime.onnx.session import Session
    from models.runtime.pipelines.stable_diffusion import StableDiffusion

    parts = miniature.stable_diffusion()
    graphs = miniature_onnx.stable_diffusion(len(parts.tokenizer))
    sessions = {part: Session(graph, Plan()) for part, graph in graphs.items()}
    folder = Folder(dict.fromkeys(graphs, ""), 64, False, 4, 0.18215)
    pipeline = stand_ins.pipeline(sessions, parts.tokenizer, parts.scheduler, native=64, channels=4, factor=_FACTOR)
    return StableDiffusion(pipeline, card(folder), Plan())


def card(folder: Folder) -> Card:
    """The card with the folder's sizes in it; pictures to start from need the encoder's graph."""
    parameters = tuple(_sized(p, folder) for p in CARD.parameters if p.name not in ("width", "height"))
    sides = tuple(_sized(p, folder) for p in shared.sides(folder.native, _FACTOR))
    tasks = CARD.tasks if _ENCODER in folder.parts else CARD.tasks[:1]
    inputs = CARD.inputs if _ENCODER in folder.parts else ()
    return replace(CARD, tasks=tasks, inputs=inputs, parameters=(*sides, *parameters))


def _sized(parameter: Parameter, folder: Folder) -> Parameter:
    if parameter.name not in ("width", "height") or not folder.fixed:
        return parameter
    return replace(parameter, minimum=folder.native, maximum=folder.native, suggested=())


def _config(files: Any, part: str) -> dict[str, Any]:
    return files.json(f"{part}/config.json") if files.exists(f"{part}/config.json") else {}
