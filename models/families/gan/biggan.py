"""BigGAN (Brock et al. 2019): pictures of a class, z and class felt at every resolution."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from models.families.gan.latent_space import FRAMES, INTERPOLATE, MIX, OTHER_SEED, SAMPLE
from models.protocol import BadInput, Card, Match, Parameter
from models.runtime import parts

ENDINGS = (".safetensors", ".pth", ".pt", ".ckpt")
ANY = "any"


def _parameters(labels: Sequence[str]) -> tuple[Parameter, ...]:
    """The settings of a model whose classes have these names."""
    other = labels[-1] if len(labels) > 1 else ANY
    return (
        Parameter(
            name="class_name",
            type="choice",
            default=ANY,
            choices=(ANY, *labels),
            label="Class",
            help="What the picture is of; any: the seed draws one.",
        ),
        Parameter(
            name="other_class",
            type="choice",
            default=other,
            choices=(ANY, *labels),
            label="Other class",
            help="What else the picture is of.",
            tasks=(MIX,),
        ),
        Parameter(
            name="mix",
            type="float",
            default=0.5,
            minimum=0,
            maximum=1,
            label="Mix",
            help="How much of the other class there is: 0 is the first class alone, 1 the other.",
            suggested=(0.25, 0.5, 0.75),
            tasks=(MIX,),
        ),
        Parameter(
            name="truncation",
            type="float",
            default=1.5,
            minimum=0.1,
            maximum=4,
            label="Truncation",
            help="Random numbers larger than this are drawn again: low gives safe and similar pictures, high varied "
            "and bolder ones.",
            suggested=(0.5, 1.0, 1.5, 2.0),
        ),
        OTHER_SEED,
        FRAMES,
    )


CARD = Card(
    architecture="biggan",
    name="BigGAN",
    family="gan",
    medium="picture",
    tasks=(SAMPLE, MIX, INTERPOLATE),
    parameters=_parameters(("one", "other")),
    process="A class and random numbers, at a stroke",
    guide="resources/guides/biggan.md",
)


def recognise(files: Any) -> Match | None:
    """Ours by its config; a public generator's file by its names and shapes. Raises BadInput where labels are wrong."""
    found = _found(files)
    if found is None:
        return None
    _, _, _, labels = found
    return Match(_card(files, labels))


def load(path: str, plan: Any) -> Any:
    """The model in that file or folder, on `plan`'s device. Raises BadInput."""
    from models.networks import biggan, weights
    from models.runtime.pictures.biggan import BigGan
    from models.store.files import Files

    files = Files(path)
    found = _found(files)
    if found is None:
        raise BadInput(f"{path} holds no BigGAN: choose the folder of one, or the file of its generator's weights.")
    name, before, config, labels = found
    tensors = weights.state_dict(files.full(name))
    own = {key.removeprefix(before): value for key, value in tensors.items() if key.startswith(before)}
    try:
        network = biggan.Generator(**config)
    except (TypeError, ValueError, RuntimeError) as error:
        raise BadInput(f"The config of {files.path.name} describes no BigGAN: get the model again.") from error
    generator = weights.fill(network, own, name)
    return BigGan(_card(files, labels), generator, labels, plan)


def prepare() -> None:
    """Import what `load` needs, while nobody waits for it."""
    from models.networks import biggan  # noqa: F401
    from models.runtime.pictures import biggan as runtime  # noqa: F401


def tiny() -> Any:
    """A random miniature: three classes, 32² pictures."""
    import torch

    from models.networks import biggan
    from models.runtime.fitting.plan import Plan
    from models.runtime.pictures.biggan import BigGan

    labels = ("hill", "lake", "wood")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        network = biggan.Generator(16, (8, 8, 8, 8), classes=3, shared=8, chunk=4, attention=(1,), spectral=True)
    card = replace(CARD, parameters=_parameters(labels))
    return BigGan(card, network.eval().requires_grad_(False), labels, Plan())


# ── what lies there ───────────────────────────────────────────────────────────


def _card(files: Any, labels: Sequence[str]) -> Card:
    """The card with this model's classes and defaults. Raises BadInput."""
    return replace(CARD, parameters=parts.preset(_parameters(labels), files.sidecar))


def _found(files: Any) -> tuple[str, str, dict[str, Any], tuple[str, ...]] | None:
    """The file of weights, what its names begin with, the network's config, and the names of its classes."""
    from models.networks import biggan_layout, weights

    if files.exists(weights.CONFIG):
        config = weights.read(files, CARD.architecture)
        if config is None:
            return None
        labels = config.pop("labels", None)
        return weights.WEIGHTS, "", config, _labels(labels, config.get("classes"))
    told: Mapping[str, Any] = files.sidecar
    for name in files.names:
        if "/" in name or not name.lower().endswith(ENDINGS):
            continue
        shapes = {key: shape for key, (_, shape) in files.tensors(name).items()}
        for before in ("", "module."):
            own = {key.removeprefix(before): shape for key, shape in shapes.items() if key.startswith(before)}
            if (config := biggan_layout.generator(own)) is not None:
                return name, before, config, _labels(told.get("labels"), config["classes"])
    return None


def _labels(told: Any, classes: Any) -> tuple[str, ...]:
    """The classes' names: as told, or their numbers. Raises BadInput where those told cannot be right."""
    if not isinstance(classes, int) or not 0 < classes <= 100_000:
        raise BadInput("The model does not say how many classes it has: get it again.")
    if told is None:
        return tuple(f"class {k}" for k in range(classes))
    right = isinstance(told, list) and len(told) == classes and all(isinstance(name, str) for name in told)
    if not right or len({*told, ANY}) != classes + 1:
        raise BadInput(f"The labels of the model must be {classes} different names, one for each class: mend them.")
    return tuple(told)
