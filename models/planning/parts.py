"""What a model weighs, part by part, and what its working memory depends on: plain values, read from heads alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal

Role = Literal["denoiser", "text", "language", "autoencoder", "codec", "network"]
Work_kind = Literal["", "unet", "tokens", "decoder", "language", "waves"]

# Transformers of diffusers that can keep a step's work for the next (`CacheMixin`); tests hold this to the library.
HAVE_CACHES = frozenset((
    "AceStep1D", "Allegro3D", "Bria2D", "Chroma2D", "ChronoEdit3D", "CogVideoX3D", "CogView42D", "Flux2D",
    "Flux22D", "GlmImage2D", "Helios3D", "HunyuanImage2D", "HunyuanVideo3D", "HunyuanVideo153D",
    "HunyuanVideoFramepack3D", "Kandinsky53D", "Kandinsky63D", "LTXVideo3D", "LTX2Video3D", "Latte3D",
    "LongCatImage2D", "MiniMaxH33D", "Mochi3D", "MotifVideo3D", "NucleusMoEImage2D", "OvisImage2D", "QwenImage2D",
    "QwenImage212D", "SanaWMLTX2Refiner3D", "SkyReelsV23D", "Wan3D", "WanAnimate3D", "WanVACE3D",
))  # fmt: skip


@dataclass(frozen=True)
class Work:
    """What the working memory of a part depends on. Widths are numbers a position has; 0 where it has none of it.

    `unet`: `channels` of its levels, `layers` a level, the first level that `attends`, and the `heads` there.
    `tokens` (transformers that denoise): `width`, `inner` of the feed-forward part (both halves of a gate), `heads`,
    and `words` that join the picture's tokens. `language` (and text encoders): the same, `kv` numbers that one token
    leaves in each of `layers` for the next. `decoder`: `channels` from the picture inwards. `waves`: `width` at the
    full `rate` (samples a second).
    `side`: pixels along one position (latent factor and patch); `time`: frames of one position; `chunk`: frames that
    are decoded together (0: all).
    """

    kind: Work_kind = ""
    channels: tuple[int, ...] = ()
    layers: int = 0
    width: int = 0
    inner: int = 0
    heads: int = 0
    attends: int = 0
    kv: int = 0
    words: int = 0
    vocabulary: int = 0
    context: int = 0
    side: int = 8
    time: int = 1
    chunk: int = 0
    rate: int = 0


@dataclass(frozen=True)
class Part:
    """One network of a model. Counts are of weights, `bytes` are its files'; `stored` is most weights' format there.

    `linear`: weights in matrices that quantizers shorten; `narrow`: those that layerwise casting does; `block`: those
    that lie on an accelerator together where its blocks take turns; `single`: those of its largest tensor, `matrix`:
    of the largest that is computed with; `rows`: those of tables of which a run reads some rows only. `kind` is its
    class, `library` whose that is.
    """

    name: str
    role: Role
    parameters: int
    bytes: int
    stored: str
    linear: int = 0
    narrow: int = 0
    block: int = 0
    single: int = 0
    matrix: int = 0
    rows: int = 0
    kind: str = ""
    library: str = ""
    work: Work = Work()

    @property
    def caches(self) -> bool:
        """Whether it can keep a step's work for the next."""
        short = self.kind.replace("Transformer", "").replace("Model", "")
        return self.role == "denoiser" and short in HAVE_CACHES


Parts = tuple[Part, ...]


@dataclass(frozen=True)
class Size:
    """How much is asked for at once, of what matters to memory. `batch`: items side by side (2 with guidance)."""

    width: int = 512
    height: int = 512
    frames: int = 1
    batch: int = 1
    tokens: int = 256
    seconds: float = 10.0

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> Size:
        """From a card's checked settings, by the names that cards give them."""

        def number(default: float, *names: str) -> float:
            found = (settings[name] for name in names if isinstance(settings.get(name), int | float))
            return float(next(found, default))

        square = number(cls.width, "size")
        guided = number(0, "guidance_scale") > 1
        return cls(
            width=int(number(square, "width")),
            height=int(number(square, "height")),
            frames=max(int(number(1, "frames", "num_frames")), 1),
            batch=2 if guided else 1,
            tokens=max(int(number(cls.tokens, "max_new_tokens", "tokens")), 1),
            seconds=max(number(cls.seconds, "seconds", "duration"), 0.1),
        )


USUAL = Size()


def to_rows(parts: Parts) -> list[dict[str, Any]]:
    """Plain JSON values; what is as usual is left out. `from_rows` undoes it."""
    return [_without_defaults(asdict(part)) for part in parts]


def from_rows(rows: Iterable[Mapping[str, Any]]) -> Parts:
    """Raises ValueError where a row is not of that form."""
    try:
        return tuple(_part(row) for row in rows)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"This is no description of a model's part: {error}.") from error


def _without_defaults(row: dict[str, Any]) -> dict[str, Any]:
    work = {f.name: row["work"][f.name] for f in fields(Work) if row["work"][f.name] != f.default}
    if "channels" in work:
        work["channels"] = list(work["channels"])
    kept = {name: value for name, value in row.items() if name != "work" and value not in (0, "")}
    return kept | ({"work": work} if work else {})


def _part(row: Mapping[str, Any]) -> Part:
    work = dict(row.get("work", {}))
    work["channels"] = tuple(int(n) for n in work.get("channels", ()))
    given = {"name": "", "bytes": 0, "parameters": 0, "stored": ""} | dict(row)
    for field in fields(Part):
        kind = int if field.type == "int" else str
        if field.name in given and field.name != "work" and not isinstance(given[field.name], kind):
            raise ValueError(f"{field.name} of a part is {given[field.name]!r}.")
    return Part(**{**given, "work": Work(**work)})  # type: ignore[arg-type]
