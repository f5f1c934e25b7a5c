"""ComfyUI's `workflow`: the graph as it was drawn. It keeps a node's settings by place and not by name, so that only
those of nodes that are known here can be told; a file that holds the graph that ran, too, is read by that."""

from __future__ import annotations

from typing import Any

_MAX_LINKS = 20_000
# The settings of ComfyUI's own nodes in the order that they are drawn in; "" is the choice of what a seed does next.
_WIDGETS: dict[str, tuple[str, ...]] = {
    "KSampler": ("seed", "", "steps", "cfg", "sampler_name", "scheduler", "denoise"),
    "KSamplerAdvanced": ("add_noise", "noise_seed", "", "steps", "cfg", "sampler_name", "scheduler"),
    "CLIPTextEncode": ("text",),
    "CheckpointLoaderSimple": ("ckpt_name",),
    "UNETLoader": ("unet_name",),
    "EmptyLatentImage": ("width", "height"),
    "EmptySD3LatentImage": ("width", "height"),
    "RandomNoise": ("noise_seed",),
    "KSamplerSelect": ("sampler_name",),
    "BasicScheduler": ("scheduler", "steps", "denoise"),
    "CFGGuider": ("cfg",),
    "FluxGuidance": ("guidance",),
    "LoraLoader": ("lora_name", "strength_model"),
    "PrimitiveNode": ("value",),
}


def as_run(drawn: dict[str, Any]) -> dict[str, Any]:
    """The nodes in the form of the graph that runs: `{key: {"class_type": ..., "inputs": {...}}}`."""
    nodes, links = drawn.get("nodes"), drawn.get("links")
    if not isinstance(nodes, list) or not isinstance(links, list):
        return {}
    # A link is [its number, from which node, from which of its outputs, to which node, ...].
    ends = {
        link[0]: [str(link[1]), 0]
        for link in links[:_MAX_LINKS]
        if isinstance(link, list) and len(link) >= 5 and isinstance(link[0], int) and isinstance(link[1], int)
    }
    return {str(node["id"]): _node(node, ends) for node in nodes if _is_node(node)}


def _is_node(node: Any) -> bool:
    # Modes 2 and 4 are nodes that are switched off.
    return (
        isinstance(node, dict)
        and isinstance(node.get("id"), int)
        and isinstance(node.get("type"), str)
        and node.get("mode", 0) not in (2, 4)
    )


def _node(node: dict[str, Any], ends: dict[int, list[Any]]) -> dict[str, Any]:
    inputs: dict[str, Any] = {}
    if isinstance(values := node.get("widgets_values"), list):
        named = zip(_WIDGETS.get(node["type"], ()), values, strict=False)
        inputs = {name: value for name, value in named if name and isinstance(value, int | float | str)}
    slots = node.get("inputs")
    for slot in slots if isinstance(slots, list) else []:
        if isinstance(slot, dict) and isinstance(slot.get("name"), str) and isinstance(slot.get("link"), int):
            inputs[slot["name"]] = ends.get(slot["link"])
    return {"class_type": node["type"], "inputs": inputs}
