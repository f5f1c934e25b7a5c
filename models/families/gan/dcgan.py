"""DCGAN (Radford et al. 2016): a picture out of random numbers in one pass, and the critic that taught how."""

from __future__ import annotations

from typing import Any

from models.families.gan import latent_space
from models.families.gan.latent_space import FRAMES, INTERPOLATE, OTHER_SEED, SAMPLE, WALK
from models.protocol import BadInput, Card, Match, Parameter

ENDINGS = (".safetensors", ".pth", ".pt", ".ckpt")

CARD = Card(
    architecture="dcgan",
    name="DCGAN",
    family="gan",
    medium="picture",
    tasks=(SAMPLE, INTERPOLATE, WALK),
    parameters=(
        Parameter(
            name="best_of",
            type="int",
            default=1,
            minimum=1,
            maximum=32,
            label="Best of",
            help="So many pictures are made, and the one is kept that the critic takes most for a real one.",
            suggested=(1, 4, 8, 16),
            tasks=(SAMPLE,),
        ),
        Parameter(
            name="truncation",
            type="float",
            default=1.0,
            minimum=0.1,
            maximum=1.5,
            label="Spread of z",
            help="What the random numbers are multiplied by: below 1 is tamer and more alike, above 1 is bolder and "
            "breaks more often.",
            suggested=(0.7, 1.0, 1.2),
        ),
        OTHER_SEED,
        FRAMES,
        Parameter(
            name="stride",
            type="float",
            default=0.25,
            minimum=0.02,
            maximum=1,
            label="Stride",
            help="How far each picture of the walk is from the one before: 0.02 hardly moves, 1 is a new picture.",
            suggested=(0.1, 0.25, 0.5),
            tasks=(WALK,),
        ),
    ),
    process="From a handful of numbers, at a stroke",
    guide="resources/guides/dcgan.md",
)


def recognise(files: Any) -> Match | None:
    """Ours by its config; a public generator, alone or with its critic beside it, by names and shapes."""
    return match(files, CARD)


def load(path: str, plan: Any) -> Any:
    """The model in that file or folder, on `plan`'s device. Raises BadInput."""
    return opened(path, plan, CARD)


def prepare() -> None:
    """Import what `load` needs, while nobody waits for it."""
    from models.networks import dcgan  # noqa: F401
    from models.runtime.pictures import latent_gan  # noqa: F401


def tiny() -> Any:
    """A random miniature: 16 numbers to 32² pictures, with a critic."""
    return miniature(CARD)


# ── what WGAN does the same way ───────────────────────────────────────────────


def match(files: Any, card: Card) -> Match | None:
    """The claim on a model of that card's architecture; without a critic there is no best of many."""
    from models.networks import weights

    if files.exists(weights.CONFIG):
        if weights.read(files, card.architecture) is None:
            return None
        critic = weights.read(files, f"{card.architecture}-critic", "critic") is not None
    else:
        places = _public(files) if card.architecture == CARD.architecture else {}
        if "generator" not in places:
            return None
        critic = "critic" in places
    return Match(card if critic else latent_space.without(card, "best_of"))


def opened(path: str, plan: Any, card: Card) -> Any:
    """The model of that card's architecture in a file or folder. Raises BadInput."""
    from models.networks import dcgan, weights
    from models.runtime.pictures.latent_gan import LatentGan
    from models.store.files import Files

    files = Files(path)
    claim = match(files, card)
    if claim is None:
        raise BadInput(f"{path} holds no {card.name}: choose the folder or file of one.")
    if not files.exists(weights.CONFIG):
        return LatentGan(claim.card, *_public_networks(files), plan)
    config = weights.read(files, card.architecture)
    assert config is not None
    generator = weights.load(dcgan.Generator, files.path, config)
    critic, scores = None, {}
    if any(p.name == "best_of" for p in claim.card.parameters):
        told = weights.read(files, f"{card.architecture}-critic", "critic") or {}
        scores = told.pop("scores", {})
        critic = weights.load(dcgan.Critic, files.path / "critic", told)
    return LatentGan(claim.card, generator, critic, plan, scores)


def miniature(card: Card) -> Any:
    """A random model of 32² pictures with that card."""
    import torch

    from models.networks import dcgan
    from models.runtime.fitting.plan import Plan
    from models.runtime.pictures.latent_gan import LatentGan

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        generator, critic = dcgan.Generator(16, (8, 8, 4)), dcgan.Critic((4, 8, 8))
    for part in generator.main:  # so that what it makes is not all grey
        if isinstance(part, torch.nn.ConvTranspose2d):
            part.weight.data *= 20
    return LatentGan(card, generator.eval(), critic.eval(), Plan(), {"real": 1.0, "made": -1.0})


# ── public files of weights ───────────────────────────────────────────────────


def _public(files: Any) -> dict[str, tuple[str, str, dict[str, Any]]]:
    """Where "generator" and "critic" lie: file, what their names begin with in it, and their config.

    A file may hold both; the first of each counts.
    """
    from models.networks import dcgan_layout as layout

    found: dict[str, tuple[str, str, dict[str, Any]]] = {}
    for name in files.names:
        if "/" in name or not name.lower().endswith(ENDINGS):
            continue
        shapes = {key: shape for key, (_, shape) in files.tensors(name).items()}
        for before, own in layout.networks(shapes).items():
            for part, config_of in (("generator", layout.generator), ("critic", layout.critic)):
                if part not in found and (config := config_of(own)) is not None:
                    found[part] = (name, before, config)
    generator, critic = found.get("generator"), found.get("critic")
    if generator and critic and layout.size(generator[2]) != layout.size(critic[2]):
        del found["critic"]
    return found


def _public_networks(files: Any) -> tuple[Any, Any]:
    """The generator and, where there is one, the critic."""
    from models.networks import dcgan, weights
    from models.networks import dcgan_layout as layout

    built: dict[str, Any] = {"critic": None}
    for part, (name, before, config) in _public(files).items():
        tensors = layout.networks(weights.state_dict(files.full(name)))[before]
        build = dcgan.Generator if part == "generator" else dcgan.Critic
        built[part] = weights.fill(build(**config), tensors, name)
    return built["generator"], built["critic"]
