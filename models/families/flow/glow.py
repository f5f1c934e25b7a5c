"""Glow (Kingma and Dhariwal 2018): an invertible map between pictures and noise, so that nothing is ever lost."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from models.protocol import BadInput, Card, Emit, Input, Match, Parameter, Progress, Request

if TYPE_CHECKING:
    from torch import Tensor

    from models.networks.glow import Glow, Way

_SAMPLE, _INTERPOLATE, _RECONSTRUCT, _MEASURE = "sample", "interpolate", "reconstruct", "measure"
_MIDDLE = 0.5  # of a level: where a picture goes in and comes out again unchanged
_DRAWS = 4  # of noise within the levels, over which a picture's bits are averaged


def _parameters(levels: int, temperature: float = 0.7) -> tuple[Parameter, ...]:
    """The settings of a model of that many levels."""
    return (
        Parameter(
            name="temperature",
            type="float",
            default=temperature,
            minimum=0,
            maximum=1,
            label="Temperature",
            help="How wide the noise is that a picture is made of. 1 is what was learned, lower is calmer and more "
            "alike, 0 is the one picture that the model expects most.",
            suggested=(0.5, 0.7, 0.9),
            tasks=(_SAMPLE,),
        ),
        Parameter(
            name="frames",
            type="int",
            default=8,
            minimum=3,
            maximum=16,
            label="Pictures",
            help="How many pictures the strip has, with both ends.",
            suggested=(5, 8, 12),
            tasks=(_INTERPOLATE,),
        ),
        Parameter(
            name="levels",
            type="int",
            default=levels,
            minimum=1,
            maximum=levels,
            label="Levels kept",
            help="How many levels of the noise the way back starts from, the coarsest first; of the others it takes "
            "what the model expects. With all of them the picture comes back as it was.",
            tasks=(_RECONSTRUCT,),
        ),
        Parameter(
            name="enlarge",
            type="int",
            default=4,
            minimum=1,
            maximum=8,
            label="Enlarged",
            help="How many pixels wide each pixel of the result is, so that it can be seen; 1 leaves it as it is.",
            suggested=(1, 4, 8),
        ),
    )


CARD = Card(
    architecture="glow",
    name="Glow",
    family="flow",
    medium="picture",
    tasks=(_SAMPLE, _INTERPOLATE, _RECONSTRUCT, _MEASURE),
    parameters=_parameters(3),
    inputs=(
        Input(
            name="picture",
            medium="picture",
            label="Picture",
            help="It is scaled to the model's own small square, and what hangs over is cut off.",
            tasks=(_INTERPOLATE, _RECONSTRUCT, _MEASURE),
        ),
        Input(
            name="other",
            medium="picture",
            label="Other picture",
            help="The picture at the other end of the strip.",
            tasks=(_INTERPOLATE,),
        ),
    ),
    process="Noise to picture and back, nothing lost",
    guide="resources/guides/glow.md",
    seedless=(_INTERPOLATE, _RECONSTRUCT, _MEASURE),
)


def recognise(files: Any) -> Match | None:
    """A folder with our config of a Glow. Raises BadInput where its weights are missing or its config is broken."""
    from models.networks import weights

    config = weights.read(files, CARD.architecture)
    if config is None:
        return None
    return Match(_card(config, files.sidecar))


def _card(config: dict[str, Any], told: dict[str, Any]) -> Card:
    """The card with this model's levels and its default temperature in it. Raises BadInput."""
    blocks, defaults = config.get("blocks"), told.get("defaults")
    if not isinstance(blocks, list) or not blocks:
        raise BadInput("The model's config.json names no blocks of a flow: get the model again.")
    wanted = defaults.get("temperature") if isinstance(defaults, dict) else None
    usual = wanted if isinstance(wanted, int | float) and 0 <= wanted <= 1 else 0.7
    return replace(CARD, parameters=_parameters(len(blocks), float(usual)))


def load(path: str, plan: Any) -> Any:
    """The model in that folder, on `plan`'s device. Raises BadInput."""
    from models.networks import weights
    from models.networks.glow import Glow
    from models.store.files import Files

    files = Files(path)
    config, match = weights.read(files, CARD.architecture), recognise(files)
    if config is None or match is None:
        raise BadInput(f"{path} holds no Glow: choose a folder with one.")
    network = weights.load(Glow, path, config)
    # Twice the usual precision, so that the way back ends where the way there began; Apple's chips have none.
    return Model((network if plan.device == "mps" else network.double()).to(plan.device), match.card)


def prepare() -> None:
    """Import what `load` needs, while nobody waits for it."""
    from models.networks import glow  # noqa: F401
    from models.runtime.pictures import small  # noqa: F401


def tiny() -> Any:
    """A random miniature: pictures of 8 × 8 pixels, two levels."""
    import torch

    from models.networks.glow import Glow

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        network = Glow(8, (1, 1), (8, 8))
        network.bits(torch.rand(16, 3, 8, 8) - 0.5)  # sets the scale of its activations
        for weight in network.parameters():
            weight.data += 0.05 * torch.randn_like(weight)
    return Model(network.eval().requires_grad_(False).double(), replace(CARD, parameters=_parameters(2)))


class Model:
    """One loaded flow, for use, on its device."""

    def __init__(self, network: Glow, card: Card) -> None:
        self.card = card
        self._flow = network

    def generate(self, request: Request, emit: Emit) -> Any:
        """What was asked for, and what is known of it. Raises BadInput for pictures that cannot be read."""
        import torch

        from models.outputs.media import Picture
        from models.runtime.pictures import small

        make = {
            _SAMPLE: self._sample,
            _INTERPOLATE: self._interpolate,
            _RECONSTRUCT: self._reconstruct,
            _MEASURE: self._measure,
        }[request.task]
        with torch.inference_mode():
            result, facts = make(request, emit)
        return Picture(small.enlarged(result, int(request.settings["enlarge"])), facts)

    # ── tasks: each gives (3, H, W) in -1..1, and facts ──────────────────────

    def _sample(self, request: Request, emit: Emit) -> tuple[Tensor, dict[str, str]]:
        from models.networks import glow
        from models.runtime import pixels

        flow = self._flow
        noise = pixels.noise(request.seed, 1, flow.numbers).to(flow.q0[0].loc)
        z = glow.scaled(flow, noise, float(request.settings["temperature"]))
        way = self._outwards(z, emit, 0, flow.units, len(z))
        bits = flow.as_bits(glow.log_prob(flow, replace(way, z=[*z]))).item()
        return self._picture(way.now), {"bits per dimension": f"{bits:.3f}"}

    def _measure(self, request: Request, emit: Emit) -> tuple[Tensor, dict[str, str]]:
        import torch

        from models.networks import glow
        from models.runtime import pixels
        from models.runtime.pictures import small

        picture = self._read(request, "picture")
        # Noise that is the same each time: a picture has one figure.
        grain = torch.rand((_DRAWS, *picture.shape), generator=torch.Generator("cpu").manual_seed(0))
        way = self._inwards(glow.to_real(picture, grain), emit, self._flow.units)
        bits = self._flow.as_bits(glow.log_prob(self._flow, way)).mean().item()
        alike = replace(way, now=(z := glow.standard(self._flow, way.ended))[0], z=[None, *z[1:]])
        seen = glow.laid_out(self._flow, alike)[0].float().cpu() / 3
        return pixels.in_a_row([picture, seen]), small.facts(bits, picture)

    def _reconstruct(self, request: Request, emit: Emit) -> tuple[Tensor, dict[str, str]]:
        from models.networks import glow

        picture, kept = self._read(request, "picture"), int(request.settings["levels"])
        total, real = 2 * self._flow.units, glow.to_real(picture, _MIDDLE)[None]
        z = self._inwards(real, emit, total).ended
        way = self._outwards(glow.expected(self._flow, z, kept), emit, self._flow.units, total, kept)
        back = self._picture(way.now)
        return back, {
            "largest difference, of 255": str(round((back - picture).abs().max().item() * 127.5)),
            "largest difference before rounding": f"{(way.now.cpu() - real).abs().max().item() * 256:.1e}",
            "numbers kept": f"{sum(part[0].numel() for part in z[:kept])} of {self._flow.numbers}",
        }

    def _interpolate(self, request: Request, emit: Emit) -> tuple[Tensor, dict[str, str]]:
        import torch

        from models.networks import glow
        from models.runtime import pixels

        flow, frames = self._flow, int(request.settings["frames"])
        ends = torch.stack([self._read(request, name) for name in ("picture", "other")])
        total = flow.units + frames
        z = self._inwards(glow.to_real(ends, _MIDDLE), emit, total).ended
        strip = [torch.zeros_like(ends[0])] * frames
        for k in range(frames):
            between = [torch.lerp(part[:1], part[1:], k / (frames - 1)) for part in z]
            strip[k] = self._picture(glow.through(glow.outwards(flow, between)).now)
            pixels.show(emit, pixels.in_a_row(strip), flow.units + k + 1)
            emit(Progress(flow.units + k + 1, total))
        return pixels.in_a_row(strip), {}

    # ── the way there, and the way back ──────────────────────────────────────

    def _inwards(self, real: Tensor, emit: Emit, total: int) -> Way:
        """Pictures to z. Shown is the first one's numbers as they are after each step, each in its place."""
        from models.networks import glow
        from models.runtime import pixels

        way = None
        for step, way in enumerate(glow.inwards(self._flow, real.to(self._flow.q0[0].loc)), 1):
            if emit.wants_preview():
                numbers = glow.laid_out(self._flow, way)[0].float()
                emit(pixels.preview(numbers / (2.5 * numbers.std().clamp(min=1e-6)), step))
            emit(Progress(step, total))
        assert way is not None
        return way

    def _outwards(self, z: Sequence[Tensor], emit: Emit, first: int, total: int, given: int) -> Way:
        """z to a picture. Shown is what comes out when the levels so far are known and of the others what is expected.

        `given` is how many levels are more than that from the start.
        """
        from models.networks import glow
        from models.runtime import pixels

        flow, way = self._flow, None
        ends = set(self._ends())

        def show(levels: int, step: int) -> None:
            if emit.wants_preview():
                far = glow.through(glow.outwards(flow, glow.expected(flow, z, levels))).now
                emit(pixels.preview(self._picture(far), step, 1 - levels / len(z)))

        show(0, first)
        for step, way in enumerate(glow.outwards(flow, z), 1):
            if step in ends and way.level < given:
                show(way.level + 1, first + step)
            emit(Progress(first + step, total))
        assert way is not None
        return way

    def _ends(self) -> Iterator[int]:
        """The step with which each level ends."""
        step = 0
        for level in self._flow.flows:
            step += len(level)
            yield step

    def _read(self, request: Request, name: str) -> Tensor:
        """(3, side, side) in -1..1. Raises BadInput."""
        from models.runtime import pixels

        return pixels.read(request.inputs[name], self._flow.side, self._flow.side)[0]

    def _picture(self, real: Tensor) -> Tensor:
        """The first of the flow's numbers as (3, side, side) in -1..1, on the CPU."""
        from models.networks import glow

        return glow.to_picture(real[0]).float().cpu()
