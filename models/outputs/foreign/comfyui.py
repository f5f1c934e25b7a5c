"""ComfyUI: the graph that ran, as JSON in `prompt`: a PNG's text, a WebP's EXIF, a video's or a sound's tags.

A graph says how, not what: the settings are found by walking back from what was saved to the sampler, and from there
to what feeds it (`nodes.py` and `comfy_extras` name the inputs; `server.py` tells the graph's form). What the walk
passes and cannot say in our words is told, node by node.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

from models.outputs.foreign import comfyui_drawn
from models.outputs.foreign.mapped import Mapped, Notes, inside, json_object, name, number, text, whole

MAX_NODES = 3000
_MAX_SAMPLERS = 16  # each is followed back to its noise, and a graph may have thousands
_TEXTS = ("text", "text_g", "t5xxl", "clip_l", "prompt", "string", "value", "populated_text", "wildcard_text", "String")
_VALUES = ("value", "seed", "noise_seed", "int", "float", "number", "Value", "Number", "string", "text")
# What a sampler is fed with: ours, theirs in the order of preference, and how it is read.
_FED: tuple[tuple[str, tuple[str, ...], Callable[[Any], Any]], ...] = (
    ("seed", ("seed", "noise_seed"), whole),
    ("steps", ("steps",), whole),
    ("guidance_scale", ("guidance", "cfg"), number),
    ("scheduler", ("sampler_name",), text),
    ("strength", ("denoise",), number),
    ("model_name", ("ckpt_name", "unet_name", "model_name"), name),
    ("frames", ("length", "num_frames"), whole),
)
_PLAIN = (
    "KSampler", "KSamplerAdvanced", "KSamplerSelect", "SamplerCustom", "SamplerCustomAdvanced", "BasicScheduler",
    "BasicGuider", "CFGGuider", "RandomNoise", "FluxGuidance", "CLIPTextEncode", "CLIPTextEncodeSDXL",
    "CLIPTextEncodeFlux", "CLIPLoader", "DualCLIPLoader", "TripleCLIPLoader", "VAELoader", "VAEDecode",
    "VAEDecodeTiled", "CheckpointLoaderSimple", "UNETLoader", "EmptyLatentImage", "EmptySD3LatentImage", "SaveImage",
    "PreviewImage", "SaveAnimatedWEBP", "SaveVideo", "CreateVideo", "VHS_VideoCombine", "SaveAudio",
    "ConditioningZeroOut",
)  # fmt: skip

Node = dict[str, Any]


def is_mine(notes: Notes) -> bool:
    return bool(_graph(notes)[0])


def parse(notes: Notes) -> dict[str, Any]:
    graph, fps = _graph(notes)
    mapped = Mapped()
    ends = [key for key, node in graph.items() if _class(node).startswith(("Save", "Preview", "VHS_VideoCombine"))]
    reached = list(_upstream(graph, ends or list(graph)))
    samplers = [key for key in reached if _is_sampler(graph[key])][:_MAX_SAMPLERS]
    if samplers:
        # With several, the first pass made the picture and the others work it over: it alone begins from noise.
        denoise = {key: _denoise(graph, key) for key in samplers}
        first = max(samplers, key=denoise.__getitem__)
        _fed(mapped, graph, first)
        for other in samplers:
            if other != first:
                mapped.tell(f"second pass ({_class(graph[other])})", f"denoise {denoise[other]:g}")
    _tell_rest(mapped, graph, reached)
    if fps:
        mapped.settings["fps"] = fps
    return mapped.record()


def _fed(mapped: Mapped, graph: dict[str, Node], sampler: str) -> None:
    behind = list(_upstream(graph, [sampler]))
    for ours, theirs, reading in _FED:
        # The nearest alone: what lies behind it belongs to another pass.
        if (value := next(_found(graph, behind, theirs), None)) is not None:
            try:
                mapped.put(ours, reading(value))
            except (ValueError, TypeError, OverflowError):
                mapped.tell(theirs[0], value)
    if mapped.settings.get("strength") == 1:
        del mapped.settings["strength"]  # all of it is made anew: there was no start
    levels = next(_found(graph, behind, ("scheduler",)), "")
    if levels == "karras" and "scheduler" in mapped.settings:
        mapped.settings["scheduler"] += " Karras"
    elif isinstance(levels, str) and levels not in ("", "normal", "simple"):
        mapped.tell("scheduler", levels)
    for key in behind:
        inputs = inside(graph[key], "inputs")
        sides = _value(graph, inputs.get("width")), _value(graph, inputs.get("height"))
        if all(type(side) is int and 0 < side < 100_000 for side in sides):
            mapped.settings["width"], mapped.settings["height"] = sides
            break
    mapped.prompt = _words(graph, sampler, "positive")
    mapped.negative_prompt = _words(graph, sampler, "negative")


def _found(graph: dict[str, Node], keys: list[str], names: tuple[str, ...]) -> Iterator[Any]:
    """The plain values of inputs of these names, nearest first; a name before all that come after it."""
    for wanted in names:
        for key in keys:
            value = _value(graph, inside(graph[key], "inputs").get(wanted))
            if isinstance(value, int | float | str) and value != "":
                yield value


def _words(graph: dict[str, Node], sampler: str, role: str) -> str:
    """What the sampler was told, on that side: the words nearest upstream, on links that keep to the side."""
    queue, seen = [sampler], {sampler}
    while queue and len(seen) < MAX_NODES:
        node = graph[queue.pop(0)]
        inputs = inside(node, "inputs")
        if _class(node) == "ConditioningZeroOut":
            return ""
        if not _is_sampler(node):
            for wanted in (role, *_TEXTS):
                value = _value(graph, inputs.get(wanted))
                if isinstance(value, str) and value.strip():
                    return text(value).strip()
        other = "negative" if role == "positive" else "positive"
        sided = [inputs[role]] if role in inputs else [v for k, v in inputs.items() if k != other]
        if _is_sampler(node) and role not in inputs:
            sided = [inputs.get("guider")] if role == "positive" or "guider" in inputs else []
        elif _class(node) == "BasicGuider" and role == "negative":
            return ""
        for value in sided:
            if (to := _link(graph, value)) and to not in seen:
                seen.add(to)
                queue.append(to)
    return ""


def _tell_rest(mapped: Mapped, graph: dict[str, Node], reached: list[str]) -> None:
    left: Counter[str] = Counter()
    for key in reached:
        node = graph[key]
        inputs = inside(node, "inputs")
        if isinstance(lora := inputs.get("lora_name"), str):
            mapped.tell("lora", f"{name(lora)} {inputs.get('strength_model', '')}")
        elif isinstance(control := inputs.get("control_net_name"), str):
            mapped.tell("controlnet", name(control))
        elif _class(node) not in _PLAIN and not _class(node).startswith("Primitive"):
            left[_class(node)] += 1
    for kind, count in left.items():
        mapped.tell("node", kind if count == 1 else f"{kind} ({count} of them)")


# ── the graph ─────────────────────────────────────────────────────────────────


def _graph(notes: Notes) -> tuple[dict[str, Node], float]:
    """The nodes that ran, by their keys, and the frames a second that an output node has."""
    found = _nodes(json_object(notes.get("prompt", "")))
    if not found:  # VideoHelperSuite and others keep both in one object
        for place in ("comment", "parameters", "description"):
            both = json_object(notes.get(place, ""))
            ran = both.get("prompt")
            found = _nodes(json_object(ran) if isinstance(ran, str) else ran if isinstance(ran, dict) else {})
            if found:
                break
    if not found:
        found = _nodes(comfyui_drawn.as_run(json_object(notes.get("workflow", ""))))
    for node in found.values():
        for rate in ("frame_rate", "fps"):
            value = _value(found, inside(node, "inputs").get(rate))
            if isinstance(value, int | float) and 0 < value <= 1000:
                return found, float(value)
    return found, 0.0


def _nodes(given: dict[str, Any]) -> dict[str, Node]:
    nodes = {
        key: node
        for key, node in list(given.items())[:MAX_NODES]
        if isinstance(node, dict) and isinstance(node.get("class_type"), str) and isinstance(node.get("inputs"), dict)
    }
    return nodes if len(nodes) * 2 > len(given) else {}  # some other JSON that has such a thing inside


def _class(node: Node) -> str:
    return str(node["class_type"])[:80]


def _is_sampler(node: Node) -> bool:
    inputs = inside(node, "inputs")
    return "Sampler" in _class(node) and any(name in inputs for name in ("latent_image", "positive", "guider"))


def _denoise(graph: dict[str, Node], key: str) -> float:
    found = next(_found(graph, list(_upstream(graph, [key], past_samplers=False)), ("denoise",)), 1.0)
    return float(found) if isinstance(found, int | float) and abs(found) <= 1 else 1.0


def _link(graph: dict[str, Node], value: Any) -> str:
    """The key of the node that an input hangs on; "" where it is a value of its own."""
    if isinstance(value, list) and len(value) == 2 and isinstance(value[0], str | int) and str(value[0]) in graph:
        return str(value[0])
    return ""


def _value(graph: dict[str, Node], value: Any, deep: int = 0) -> Any:
    """A value, also where a node stands between that does nothing but hold it; None where it is computed."""
    if not (to := _link(graph, value)):
        return value
    inputs = inside(graph[to], "inputs")
    if deep < 20 and len(inputs) <= 4:
        for held in _VALUES:
            if held in inputs:
                return _value(graph, inputs[held], deep + 1)
    return None


def _upstream(graph: dict[str, Node], begin: list[str], past_samplers: bool = True) -> Iterator[str]:
    """Keys from there against the links, nearest first."""
    queue, seen = list(begin), set(begin)
    while queue:
        key = queue.pop(0)
        yield key
        if not past_samplers and key not in begin and _is_sampler(graph[key]):
            continue
        for value in inside(graph[key], "inputs").values():
            if (to := _link(graph, value)) and to not in seen:
                seen.add(to)
                queue.append(to)
