"""How to build the generators of pix2pix and CycleGAN, told from the names and shapes of their published weights."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from models.protocol import BadInput

if TYPE_CHECKING:
    from models.store.files import Files

Heads = Mapping[str, tuple[str, tuple[int, ...]]]
ENDINGS = (".safetensors", ".pth", ".pt", ".ckpt")
# Whose mean and spread a batch norm measures by, as a setting has it.
OWN, LEARNED = "this picture's", "the training's"
_ROLE = re.compile(r"(?:(latest|\d+)_)?net_(G_A|G_B|G)$")
_PAIR = re.compile(r"([a-zA-Z]+)2([a-zA-Z]+)(?:_\w+)?$")  # horse2zebra.pth, summer2winter_yosemite.pth


@dataclass(frozen=True)
class Layout:
    """`kind` of network and what its `__init__` takes."""

    kind: Literal["unet", "resnet"]
    config: Mapping[str, Any]

    @property
    def factor(self) -> int:
        """Sides of a picture are multiples of it."""
        return 2 ** (len(self.config["widths"]) if self.kind == "unet" else self.config["halvings"])


@dataclass(frozen=True)
class Translators:
    """The generators of one model: `there` is G or G_A, `back` is G_B; `domains` are what the first turns into what."""

    there: str
    layout: Layout
    back: str = ""
    back_layout: Layout | None = None
    domains: tuple[str, ...] = ()
    everyform: Mapping[str, Any] = field(default_factory=dict)


def layout(heads: Heads) -> Layout | None:
    """The generator that these weights are of; None where they are another network's."""
    shapes = {name.removeprefix("module."): shape for name, (_, shape) in heads.items()}
    return _unet(shapes) or _resnet(shapes)


def cleaned(weights: Mapping[str, Any], found: Layout) -> dict[str, Any]:
    """Weights by the names that the network has: old files keep statistics of instance norms, which never used them."""
    kept = {name.removeprefix("module."): value for name, value in weights.items()}
    if found.config["norm"] != "batch":
        idle = ("running_mean", "running_var", "num_batches_tracked")
        kept = {name: value for name, value in kept.items() if not name.endswith(idle)}
    return kept


def read(files: Files) -> Translators | None:
    """The generators in a model's file or folder, of the latest epoch that is there; None where there are none.

    Raises BadInput where there are several that do not belong together.
    """
    found: dict[str, Layout] = {}
    for name in files.names:
        if "/" not in name and name.lower().endswith(ENDINGS) and (made := layout(files.tensors(name))):
            found[name] = made
    if not found:
        return None
    sidecar = files.sidecar
    told = sidecar.get("domains")
    domains = tuple(told) if isinstance(told, list) and [type(n) for n in told] == [str, str] else ()
    roles, others = _roles(found)
    if len(others) == 2 and not roles:
        roles = _reverse(others)
    if "G_A" in roles and "G_B" in roles:
        there, back = roles["G_A"], roles["G_B"]
        return Translators(there, found[there], back, found[back], domains or _named(there), sidecar)
    alone = list(roles.values()) or others
    if len(alone) > 1:
        raise BadInput(
            f"{files.path.name} holds several generators ({', '.join(sorted(alone))}): choose the file of one of them."
        )
    return Translators(alone[0], found[alone[0]], domains=domains or _named(alone[0]), everyform=sidecar)


def _roles(found: Mapping[str, Layout]) -> tuple[dict[str, str], list[str]]:
    """File names by role (G, G_A, G_B), each of its latest epoch, and those that have none."""
    ranked: dict[str, tuple[float, str]] = {}
    others = []
    for name in found:
        match = _ROLE.match(name.rpartition(".")[0])
        if match is None:
            others.append(name)
            continue
        epoch = float("inf") if match[1] == "latest" else float(match[1] or 0)
        ranked[match[2]] = max(ranked.get(match[2], (-1.0, "")), (epoch, name))
    return {role: name for role, (_, name) in ranked.items()}, others


def _named(name: str) -> tuple[str, ...]:
    match = _PAIR.match(name.rpartition(".")[0])
    return (match[1], match[2]) if match else ()


def _reverse(names: list[str]) -> dict[str, str]:
    """horse2zebra.pth and zebra2horse.pth are one model's two directions."""
    one, other = sorted(names)
    if _named(one) and _named(one) == _named(other)[::-1]:
        return {"G_A": one, "G_B": other}
    return {}


# ── from shapes ───────────────────────────────────────────────────────────────


def _unet(shapes: Mapping[str, tuple[int, ...]]) -> Layout | None:
    first, last = (shapes.get(f"model.model.{k}.weight", ()) for k in (0, 3))
    if len(first) != 4 or first[2:] != (4, 4) or len(last) != 4:
        return None
    widths, place = [first[0]], "model.model.1."
    while True:
        down = shapes.get(f"{place}model.1.weight", ())
        if len(down) != 4 or down[2:] != (4, 4) or down[1] != widths[-1]:
            return None
        widths.append(down[0])
        if f"{place}model.3.model.1.weight" not in shapes:
            break
        place += "model.3."
    # The innermost level has its only norm at the end.
    bias = "model.model.0.bias" in shapes
    return Layout("unet", {
        "input_nc": first[1], "output_nc": last[1], "widths": tuple(widths),
        "norm": _norm(shapes, f"{place}model.4", bias), "bias": bias})  # fmt: skip


def _resnet(shapes: Mapping[str, tuple[int, ...]]) -> Layout | None:
    first = shapes.get("model.1.weight", ())
    blocks = sorted({int(m[1]) for name in shapes if (m := re.match(r"model\.(\d+)\.conv_block\.", name))})
    if len(first) != 4 or first[2:] != (7, 7) or not blocks or (blocks[0] - 4) % 3:
        return None
    halvings = (blocks[0] - 4) // 3
    last = shapes.get(f"model.{blocks[-1] + 3 * halvings + 2}.weight", ())
    if len(last) != 4:
        return None
    bias = "model.1.bias" in shapes
    return Layout("resnet", {
        "input_nc": first[1], "output_nc": last[0], "ngf": first[0], "blocks": len(blocks), "halvings": halvings,
        "norm": _norm(shapes, "model.2", bias), "bias": bias,
        "dropout": len(shapes.get(f"model.{blocks[0]}.conv_block.6.weight", ())) == 4})  # fmt: skip


def _norm(shapes: Mapping[str, tuple[int, ...]], place: str, bias: bool) -> str:
    """Instance norms have no weights, and the authors' convolutions have a bias before them alone."""
    return "batch" if f"{place}.weight" in shapes else "instance" if bias else "none"
