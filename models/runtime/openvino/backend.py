"""A pipeline's denoisers computed by OpenVINO in the place of torch: converted once for each shape, measured against
float32, and back to torch where that fails or differs too much."""

from __future__ import annotations

import functools
import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.metadata import version
from typing import Any

import torch
from torch import Tensor, nn

from models.failures import out_of_memory
from models.planning.plan import Plan
from models.protocol import BadInput, Event, JobCancelled, Loading, Notice
from models.runtime import device
from models.runtime.fitting import giving_back
from models.runtime.openvino import calls, kept, tracing
from models.runtime.openvino.library import library

# Relative to float32, over all numbers of a step: bfloat16 is at one in a hundred, and seen by nobody.
MOST_DIFFERENT = 0.05
# A network that is called in ever new forms would be converted for ever.
MOST_GRAPHS = 6
_PRECISION = {"float32": "f32", "bfloat16": "bf16"}

Say = Callable[[Event], None]


def put_on(pipeline: Any, networks: list[nn.Module], plan: Plan) -> None:
    """From now on the pipeline's denoisers are computed by OpenVINO; `pipeline.backend` tells how that went."""
    pipeline.backend = Backend(plan)
    for network in networks:
        pipeline.backend.take(network)


@contextmanager
def listening(pipeline: Any, say: Say) -> Iterator[dict[str, str]]:
    """While this lasts, the pipeline's backend says through `say` what the person should know. Gives the facts of the
    run, filled in at its end; empty where torch computes."""
    backend: Backend | None = vars(pipeline).get("backend")
    facts: dict[str, str] = {}
    if backend is None:
        yield facts
        return
    backend.say, backend.by_torch = say, False
    try:
        yield facts
        facts |= backend.facts()
    finally:
        backend.say = _nothing


def _nothing(_: Event) -> None:
    return None


class _Graph:
    """One converted network, compiled for this processor."""

    def __init__(self, core: Any, found: kept.Kept, precision: str) -> None:
        self.kept = found
        settings = {"PERFORMANCE_HINT": "LATENCY", "INFERENCE_NUM_THREADS": device.threads()}
        settings["INFERENCE_PRECISION_HINT"] = precision
        with giving_back.passing_through(found.numbers):  # it is laid out anew for the processor
            compiled = core.compile_model(core.read_model(found.graph), "CPU", settings)
        self._request = compiled.create_infer_request()

    def run(self, tensors: tuple[Tensor, ...]) -> Tensor:
        given = [one.detach().contiguous().numpy() for one in tensors]
        return torch.from_numpy(self._request.infer(given)[0].copy())


class Backend:
    """The graphs of one pipeline's networks, by network and form of call."""

    def __init__(self, plan: Plan) -> None:
        self._computes = plan.backend_dtype or "float32"
        self.say: Say = _nothing
        self.made = self.taken = 0  # graphs that were converted, and that lay there
        self._graphs: dict[tuple[int, str], _Graph] = {}
        self._given_up: dict[int, str] = {}
        self.by_torch = False  # whether a style has had torch compute in this run
        self._told: set[str] = set()
        self._core: Any = None
        self._identity: dict[int, str] = {}

    def facts(self) -> dict[str, str]:
        """What belongs into the record of what was made."""
        if self.by_torch or self._given_up or not self._graphs:
            return {"computed by": "torch"}
        worst = max((graph.kept.difference or 0.0) for graph in self._graphs.values())
        told = f"OpenVINO {version('openvino')}, {self._computes}"
        return {"computed by": told, "difference to float32": _share(worst)}

    def take(self, network: nn.Module) -> None:
        """Compute that network from now on."""
        plain = network.forward

        @functools.wraps(plain)  # pipelines read the signature
        def forward(*given: Any, **named: Any) -> Any:
            return self._forward(network, plain, given, named)

        network.forward = forward  # type: ignore[method-assign]

    def _forward(self, network: nn.Module, plain: Callable[..., Any], given: Any, named: dict[str, Any]) -> Any:
        made = self._computed(network, plain, given, named)
        if made is None:
            return plain(*given, **named)
        if named.get("return_dict") is False:
            return (made,)
        from diffusers.models.modeling_outputs import Transformer2DModelOutput

        return Transformer2DModelOutput(sample=made)

    def _computed(
        self, network: nn.Module, plain: Callable[..., Any], given: Any, named: dict[str, Any]
    ) -> Tensor | None:
        """What OpenVINO gives; None where torch must."""
        if id(network) in self._given_up:
            return None
        if _styled(network):
            self.by_torch = True
            self._once("Styles are laid over torch's weights, so torch computes while one is used.")
            return None
        try:
            call = calls.taken_apart(given, named)
            key = (id(network), call.signature)
            if key not in self._graphs:
                self._graphs[key] = self._made(network, plain, call)
            graph = self._graphs[key]
            made = graph.run(call.tensors)
        except (JobCancelled, BadInput):
            raise
        except calls.Odd as what:
            self._give_up(network, f"it is called with what no graph takes, {what}")
            return None
        except Exception as error:
            if out_of_memory(error):
                raise
            self._give_up(network, _words(error))
            return None
        if graph.kept.difference is None:
            self.say(Loading("Comparing OpenVINO's first step with torch's"))
            exact = plain(*given, **(named | {"return_dict": False}))[0]
            giving_back.unread(network)
            difference = relative(made, exact)
            if not difference <= MOST_DIFFERENT:
                graph.kept.drop()
                self._give_up(network, f"its first step differs by {_share(difference)} from torch's")
                return exact  # type: ignore[no-any-return]
            graph.kept.measured(difference)
        self._once(
            f"OpenVINO computes in {self._computes}; a step differs by {_share(graph.kept.difference or 0.0)} from "
            "float32."
        )
        reference = next((one for one in call.tensors if one.ndim > 1 and one.is_floating_point()), made)
        return made.to(reference.dtype)

    def _made(self, network: nn.Module, plain: Callable[..., Any], call: calls.Call) -> _Graph:
        """The graph of that call: from the disk, or converted now."""
        if sum(whose == id(network) for whose, _ in self._graphs) >= MOST_GRAPHS:
            raise RuntimeError("it was asked for too many different sizes; load it anew")
        self._core = self._core or library().Core()
        name = self._name(network, call)
        found = kept.find(name)
        if found is not None:
            self.say(Loading("Reading the network as OpenVINO has it"))
            try:
                graph = _Graph(self._core, found, _PRECISION[self._computes])
            except RuntimeError:  # sound by its sum, and still not for this edition
                found.drop()
            else:
                self.taken += 1
                return graph
        began = time.monotonic()
        self.say(Loading("Converting the network for OpenVINO, once for this size"))
        found = kept.make(
            name, lambda path: tracing.convert(network, plain, call, getattr(torch, self._computes), path, self.say)
        )
        self.say(Loading("Reading the network as OpenVINO has it"))
        graph = _Graph(self._core, found, _PRECISION[self._computes])
        self.made += 1
        self._once(f"Converted for OpenVINO in {time.monotonic() - began:.0f} s; it is kept for the next time.")
        return graph

    def _name(self, network: nn.Module, call: calls.Call) -> str:
        if id(network) not in self._identity:
            settings = dict(getattr(network, "config", {}))
            settings.pop("_name_or_path", None)  # where it was read from
            config = repr(sorted(settings.items(), key=str)).encode()
            self._identity[id(network)] = kept.key(type(network).__name__.encode(), config, *calls.sampled(network))
            giving_back.unread(network)
        versions = " ".join(f"{name} {version(name)}" for name in ("openvino", "torch", "diffusers"))
        processors = " ".join(sorted(one for one, can in torch.cpu.get_capabilities().items() if can is True))
        told = (self._identity[id(network)], call.signature, versions, processors, self._computes, "traced in it")
        return kept.key(*(one.encode() for one in told))

    def _give_up(self, network: nn.Module, why: str) -> None:
        self._given_up[id(network)] = why
        for key in [key for key in self._graphs if key[0] == id(network)]:
            del self._graphs[key]
        self.say(Notice(f"OpenVINO cannot be used for this model ({why}), so torch computes it."))

    def _once(self, words: str) -> None:
        if words not in self._told:
            self._told.add(words)
            self.say(Notice(words))


def _styled(network: nn.Module) -> bool:
    """Whether a style is laid over its weights now: one that was taken off stays in it, switched off."""
    if not getattr(network, "peft_config", None):
        return False
    from peft.tuners.tuners_utils import BaseTunerLayer

    return any(isinstance(part, BaseTunerLayer) and not part.disable_adapters for part in network.modules())


def relative(made: Tensor, exact: Tensor) -> float:
    """The length of the difference over the length of what is right; infinite where a number is none."""
    made, exact = made.double(), exact.double()
    found = ((made - exact).norm() / exact.norm().clamp(min=1e-12)).item()
    return found if math.isfinite(found) else math.inf


def _share(difference: float) -> str:
    return f"{100 * difference:.2g} %" if math.isfinite(difference) else "no number"


def _words(error: BaseException) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return (lines[-1] if lines else type(error).__name__)[:200].rstrip(" .")
