"""VQ-VAE (van den Oord, Vinyals and Kavukcuoglu 2017): a picture as a grid of codes out of a codebook, and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from models.protocol import BadInput, Card, Emit, Input, Match, Parameter, Progress, Request

_CONFIG, _STEM = "config.json", "diffusion_pytorch_model"
_EDIT = "edit-codes"
_TASKS = ("reconstruct", _EDIT)
_GROWN, _RANDOM, _SHUFFLED, _MIRRORED = "grown from around", "random codes", "shuffled", "mirrored"
_PICTURE, _CODES, _BOTH = "picture", "codes", "both"


def _parameters(native: int, factor: int, codes: int) -> tuple[Parameter, ...]:
    """The settings of a model of that many codes, each for a square of `factor` pixels, at home at `native` pixels."""
    return (
        Parameter(
            name="side",
            type="int",
            default=native,
            minimum=factor * 4,
            maximum=max(min(4 * native, 1024), native),
            multiple_of=factor,
            unit="px",
            suggested=tuple(dict.fromkeys((native, min(2 * native, 1024)))),
            label="Longer side",
            help=f"How large the picture is made before it is put into codes: one code stands for {factor} × {factor} "
            "pixels.",
        ),
        Parameter(
            name="codes_kept",
            type="int",
            default=codes,
            minimum=1,
            maximum=codes,
            label="Codes kept",
            help="How many different codes the picture may have. The commonest stay, and every other place takes the "
            "most similar of these.",
            suggested=tuple(n for n in (8, 32, codes) if n <= codes),
            tasks=("reconstruct",),
        ),
        Parameter(
            name="edit",
            type="choice",
            default=_GROWN,
            choices=(_GROWN, _RANDOM, _SHUFFLED, _MIRRORED),
            label="New codes",
            help="What the codes under the mask become: those around them grow in, which takes things away, or random "
            "ones, the same ones in another order, or those from the other half of the picture.",
            tasks=(_EDIT,),
        ),
        Parameter(
            name="code",
            type="int",
            default=-1,
            minimum=-1,
            maximum=codes - 1,
            label="One code",
            help="Fill the mask with this code of the codebook alone; -1 leaves it to the setting above.",
            advanced=True,
            tasks=(_EDIT,),
        ),
        Parameter(
            name="show",
            type="choice",
            default=_PICTURE,
            choices=(_PICTURE, _CODES, _BOTH),
            label="Show",
            help="The picture, the grid of its codes (a colour for each, alike where codes are alike), or both.",
        ),
    )


CARD = Card(
    architecture="vqvae",
    name="VQ-VAE",
    family="vae",
    medium="picture",
    tasks=_TASKS,
    parameters=_parameters(128, 8, 512),
    inputs=(
        Input(
            name="picture",
            medium="picture",
            label="Picture",
            help="The picture to put into codes. It keeps its shape.",
            tasks=_TASKS,
        ),
        Input(
            name="mask",
            medium="picture",
            label="Mask",
            help="A picture of the same shape: where it is white, the codes are changed.",
            tasks=(_EDIT,),
        ),
    ),
    process="Into codes and back",
    guide="resources/guides/vqvae.md",
    seedless=("reconstruct",),
)


def recognise(files: Any) -> Match | None:
    """A folder of diffusers' VQModel. Raises BadInput where its config makes no sense."""
    config = _config(files)
    if config is None:
        return None
    return Match(_card(config), missing="" if _variant(files) is not None else f"its weights ({_STEM}.safetensors)")


def _config(files: Any) -> Mapping[str, Any] | None:
    if not files.path.is_dir() or not files.exists(_CONFIG):
        return None
    config = files.value(_CONFIG)
    return config if isinstance(config, dict) and config.get("_class_name") == "VQModel" else None


def _variant(files: Any) -> str | None:
    """ "" for plain weights, "fp16" for those alone, None for none."""
    return next((v for v in ("", "fp16") if files.exists(f"{_STEM}{'.' if v else ''}{v}.safetensors")), None)


def _card(config: Mapping[str, Any]) -> Card:
    """The card with this model's sizes in it. Raises BadInput."""
    try:
        factor = 2 ** (len(config.get("block_out_channels", (64,))) - 1)
        codes, native = int(config.get("num_vq_embeddings", 256)), int(config.get("sample_size", 32))
    except (TypeError, ValueError) as error:
        raise BadInput("The model's config.json holds values that make no sense: get it again.") from error
    if codes < 2 or native < 1 or factor > 64:
        raise BadInput("The model's config.json describes no codebook that can be used: get it again.")
    # Many public folders leave the size at diffusers' own 32, whatever they learned on.
    native = native if native >= 64 else 256
    native = max(round(native / factor), 4) * factor
    return replace(CARD, parameters=_parameters(native, factor, codes))


def load(path: str, plan: Any) -> Any:
    """The model in that folder, as `plan` (models.runtime.fitting.plan.Plan) says. Raises BadInput."""
    from models.store.files import Files

    files = Files(path)
    config = _config(files)
    variant = _variant(files)
    if config is None or variant is None:
        raise BadInput(f"{path} is no VQModel with weights: choose a folder of that kind, with all its parts.")
    import torch
    from diffusers import VQModel

    try:
        model = VQModel.from_pretrained(
            path, torch_dtype=getattr(torch, plan.dtype), local_files_only=True, use_safetensors=True,
            variant=variant or None, low_cpu_mem_usage=False,
        )  # fmt: skip
    except (TypeError, ValueError, RuntimeError, OSError) as error:
        raise BadInput("The model's weights are not those that its config.json describes: get it again.") from error
    return Codes(model.to(plan.device).eval().requires_grad_(False), _card(config))


def tiny() -> Any:
    """A random miniature: sixteen codes, each for a square of four pixels."""
    import torch

    from models.networks import miniature

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(3)
        model = miniature.vq_model()
    return Codes(model.requires_grad_(False), _card(model.config))


class Codes:
    """One loaded model. `model` is a VQModel, for use, on its device."""

    def __init__(self, model: Any, card: Card) -> None:
        from models.runtime.pictures import codes

        self.card = card
        self._model = model
        self._palette = codes.palette(model)
        self._factor = codes.factor(model.config)

    def generate(self, request: Request, emit: Emit) -> Any:
        """The picture made of the codes, or the codes as one. Raises BadInput for inputs that cannot be used."""
        import torch

        from models.outputs.media import Picture
        from models.runtime import pixels, whole_picture
        from models.runtime.pictures import codes as coding

        model, settings = self._model, request.settings
        weight = model.quantize.embedding.weight
        with torch.inference_mode():
            real = whole_picture.read(request.inputs["picture"], int(settings["side"]), self._factor)
            total = 2 + coding.levels(model)
            emit(Progress(0, total))
            found = coding.encode(model, real.to(weight))[0]
            emit(Progress(1, total))
            self._show(emit, found, 1)
            if request.task == _EDIT:
                changed = self._edited(request, found, real.shape[-1], real.shape[-2], emit)
                facts = {"codes changed": f"{int((changed != found).sum())} of {found.numel()}"}
            else:
                changed = coding.commonest(found, weight, int(settings["codes_kept"]))
                facts = {"codes": f"{len(changed.unique())} different ones in {changed.numel()} places"}
            emit(Progress(2, total))
            self._show(emit, changed, 2)
            step = 2

            def watch(features: Any) -> None:
                nonlocal step
                step += 1
                emit(Progress(step, total))
                if step < total:
                    pixels.show(emit, pixels.features_as_picture(features[0]), step)

            made = coding.decode(model, changed[None], watch)[0].float().cpu()
        if request.task == "reconstruct":
            facts["likeness to the picture (PSNR)"] = whole_picture.psnr(made[None], real)
        grid = coding.as_picture(changed, self._palette, self._factor)
        shown = {_PICTURE: [made], _CODES: [grid], _BOTH: [made, grid]}[str(settings["show"])]
        result = pixels.in_a_row(shown, gap=4)
        pixels.show(emit, result, total)
        return Picture(pixels.to_image(result), facts)

    def _show(self, emit: Emit, found: Any, step: int) -> None:
        from models.runtime import pixels
        from models.runtime.pictures import codes

        if emit.wants_preview():
            emit(pixels.preview(codes.as_picture(found, self._palette, self._factor), step))

    def _edited(self, request: Request, found: Any, width: int, height: int, emit: Emit) -> Any:
        """The codes (h, w) with those under the mask changed. Raises BadInput."""
        import torch
        from torch.nn.functional import max_pool2d

        from models.runtime import pixels
        from models.runtime.pictures import codes as coding

        mask = pixels.read_mask(request.inputs["mask"], width, height)
        hole = max_pool2d(mask, self._factor)[0, 0].bool().to(found.device)
        draw = torch.Generator("cpu").manual_seed(request.seed)
        code, edit = int(request.settings["code"]), request.settings["edit"]
        changed = found.clone()
        places = int(hole.sum())
        if code >= 0:
            changed[hole] = code
        elif edit == _RANDOM:
            changed[hole] = torch.randint(0, coding.count(self._model), (places,), generator=draw).to(found)
        elif edit == _SHUFFLED:
            changed[hole] = found[hole][torch.randperm(places, generator=draw).to(found.device)]
        elif edit == _MIRRORED:
            changed[hole] = found.flip(1)[hole]
        else:
            if hole.all():
                raise BadInput("The mask is white all over: leave a part of the picture for the codes to grow from.")
            for changed in coding.grown(found, hole, draw):
                self._show(emit, changed, 1)
        return changed
