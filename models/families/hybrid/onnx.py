"""Any network that somebody exported as an ONNX graph: noise or a picture in, a picture, sound or video out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from importlib.util import find_spec
from typing import Any

from models.families.hybrid import onnx_layout
from models.protocol import BadInput, Card, Input, Match, Parameter
from models.runtime.onnx.wiring import RANGES, Wiring
from models.store.heads import onnx as heads

# Asked when no other family claims a model.
LAST = True

SAMPLE, TRANSLATE = "sample", "translate"
_EXPORTED = ".pt2"
_MOST_LABEL = 99_999

CARD = Card(
    architecture="onnx",
    name="ONNX network",
    family="hybrid",
    medium="picture",
    tasks=(SAMPLE, TRANSLATE),
    parameters=(
        Parameter(
            "spread", "float", 1.0, "Spread", "What the random numbers are multiplied by: below 1 is tamer and more "
            "alike, above 1 is bolder and breaks more often.", minimum=0.0, maximum=2.0, suggested=(0.7, 1.0, 1.2),
        ),
        Parameter(
            "label", "int", 0, "Class", "Which class of things it makes, by the number that it had in the training.",
            minimum=0, maximum=_MOST_LABEL,
        ),
        Parameter(
            "side", "int", 1024, "Longest side", "A larger picture is made smaller before it goes in: the network "
            "sees all of it at once.", minimum=64, maximum=4096, multiple_of=8, unit="px", suggested=(512, 1024, 2048),
        ),
        Parameter(
            "values", "choice", "auto", "Brightness", "In which numbers the network counts brightness (auto: as its "
            "last layer, or what it gives, tells). Change it where colours come out wrong.",
            choices=("auto", *RANGES), advanced=True,
        ),
    ),
    inputs=(
        Input(
            "picture", "picture", "Picture", "What the network changes; transparent parts are laid on white.",
            (TRANSLATE,),
        ),
    ),
    process="Once through the graph",
    guide="resources/guides/onnx.md",
    seedless=(TRANSLATE,),
)  # fmt: skip


def recognise(files: Any) -> Match | None:
    """An .onnx file, or a folder with one, from its graph's head alone. Raises BadInput with why it cannot run."""
    if files.path.is_file() and files.path.suffix.lower() == _EXPORTED:
        raise BadInput(
            f"{files.path.name} is an archive of torch.export, which torch can only open by unpickling what lies in it "
            "and that may run programs, so it is not read: export the network to ONNX, or save its weights as "
            "safetensors."
        )
    name = _file(files)
    if not name:
        return None
    wiring = _wiring(files, name)
    missing = (
        ""
        if find_spec("onnxruntime") is not None
        else ("onnxruntime, which runs it (install Everyform with its extra `onnx`)")
    )
    return Match(card(wiring), base=str(files.sidecar.get("base") or ""), missing=missing)


def load(path: str, plan: Any) -> Any:
    """The graph in that file or folder, on the best that onnxruntime has for `plan`'s device. Raises BadInput."""
    from models.store.files import Files

    files = Files(path)
    if not (name := _file(files)):
        raise BadInput(f"{path} is no ONNX network: choose an .onnx file, or a folder with one in it.")
    wiring = _wiring(files, name)
    from models.runtime.onnx.network import OnnxNetwork
    from models.runtime.onnx.session import Session

    return OnnxNetwork(card(wiring), wiring, Session(files.full(name), plan))


def tiny() -> Any:
    """A random generator of 16² pictures from 8 numbers and a class of 4."""
    from models.networks import miniature_onnx
    from models.runtime.fitting.plan import Plan
    from models.runtime.onnx.network import OnnxNetwork
    from models.runtime.onnx.session import Session

    graph = miniature_onnx.generator()
    wiring = onnx_layout.wiring("tiny.onnx", heads.read(graph), {"labels": 4})
    return OnnxNetwork(card(wiring), wiring, Session(graph, Plan()))


def card(wiring: Wiring) -> Card:
    """The card of one graph: what it takes decides its tasks and settings."""
    picture = wiring.picture
    noisy = bool(wiring.of("noise"))
    gone = {
        "spread": not noisy,
        "label": not (wiring.of("label") or wiring.of("one-hot")),
        "side": picture is None or all(picture.size),
        "values": wiring.medium == "sound" or (wiring.takes == wiring.gives != "" and picture is None),
    }
    parameters = tuple(_fitted(p, wiring) for p in CARD.parameters if not gone[p.name])
    task = TRANSLATE if picture is not None else SAMPLE
    return replace(
        CARD,
        medium=wiring.medium,
        tasks=(task,),
        parameters=parameters,
        inputs=CARD.inputs if picture is not None else (),
        seedless=() if noisy or wiring.random else (task,),
    )


def _fitted(parameter: Parameter, wiring: Wiring) -> Parameter:
    if parameter.name == "label" and wiring.labels:
        named = f" ({', '.join(f'{k} {n}' for k, n in enumerate(wiring.names[:40]))})" if wiring.names else ""
        return replace(parameter, maximum=wiring.labels - 1, help=parameter.help.rstrip(".") + f"{named}.")
    return parameter


def _file(files: Any) -> str:
    """The only graph, in a folder that describes no other kind of model; empty where there is none."""
    found = [name for name in files.names if name.lower().endswith(heads.ENDING)]
    others = any(name.endswith(("model_index.json", ".safetensors", ".gguf")) for name in files.names)
    return found[0] if len(found) == 1 and not others else ""


def _wiring(files: Any, name: str) -> Wiring:
    graph = files.graph(name)
    path = files.full(name)
    heads.beside(path, graph)
    told = files.sidecar.get("onnx")
    return onnx_layout.wiring(path.name, graph, told if isinstance(told, Mapping) else {})
