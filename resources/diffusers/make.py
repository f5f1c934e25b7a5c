"""Reads what every pipeline class of the installed diffusers takes and gives, and writes it to pipelines.json.

Run it again after an upgrade: `python resources/diffusers/make.py`. Nothing of diffusers is imported, only its sources
are read, so it takes some seconds; a test does the same and compares.

Each class: `takes` its call's arguments with their defaults, as far as these are plain values (null also where the
default is none), `needs` those without a default, `gives` the fields of its output, `hook` how a caller hears of a step
("step": callback_on_step_end, "legacy": callback, "": not at all). Where the source tells: `fps` of its example,
`sample` the side in latents and `pixels` the side in pixels that it falls back to, `grid` what sides are multiples of
(pixels), `cells` the same in latents.
"""

from __future__ import annotations

import ast
import importlib.util
import json
import re
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

WHERE = Path(__file__).with_name("pipelines.json")
# What a caller computes for itself or never gives.
_INNER = re.compile(
    r".*(latents|embeds|embeddings|kwargs|_mask|_seqlens|_inputs|_hidden|_ids|latent)(_\d|_t5|_llama3|_qwen|_clip|_mask)?"
    r"|callback.*|.*_callback.*|generator|return_dict|output_type|num_\w+_per_prompt|timesteps|sigmas|ip_adapter\w*"
    r"|negative_(original_size|target_size|crops_coords_top_left)|original_size|target_size|crops_coords_top_left"
    r"|(negative_)?prompt_[234]|_auto_resize"
)
_GIVEN = re.compile(r"control_mask|mask_image|mask_video|padding_mask")  # inner by their names, and yet a person's


def table(only: frozenset[str] = frozenset()) -> dict[str, Any]:
    """The file's content for the diffusers that is installed: of all its pipelines, or of those alone."""
    root = Path(importlib.util.find_spec("diffusers").submodule_search_locations[0])  # type: ignore[union-attr,index]
    public = only or _public(root / "__init__.py")
    found: dict[str, Any] = {}
    for file in sorted((root / "pipelines").rglob("*.py")):
        text = file.read_text("utf-8")
        if not any(f"class {name}(" in text for name in public):
            continue
        for node in ast.parse(text).body:
            if isinstance(node, ast.ClassDef) and node.name in public and (call := _method(node, "__call__")):
                found[node.name] = _pipeline(node, call, text)
    return {"diffusers": metadata.version("diffusers"), "pipelines": dict(sorted(found.items()))}


def _public(file: Path) -> set[str]:
    """Names of pipelines that the package offers, less the modular ones, which are put together from blocks."""
    texts = {n.value for n in ast.walk(ast.parse(file.read_text("utf-8"))) if isinstance(n, ast.Constant)}
    return {t for t in texts if isinstance(t, str) and t.endswith("Pipeline") and "Modular" not in t}


def _method(node: ast.ClassDef, name: str) -> ast.FunctionDef | None:
    return next((m for m in node.body if isinstance(m, ast.FunctionDef) and m.name == name), None)


def _pipeline(node: ast.ClassDef, call: ast.FunctionDef, text: str) -> dict[str, Any]:
    takes: dict[str, Any] = {}
    needs: list[str] = []
    names: list[str] = []
    for name, default in _arguments(call):
        names.append(name)
        if _INNER.fullmatch(name) and not _GIVEN.fullmatch(name) and default is not None:
            continue
        if default is None:
            needs.append(name)
        else:
            takes[name] = _plain(default)
    source = ast.unparse(node)
    hook = "step" if "callback_on_step_end" in names else "legacy" if "callback" in names else ""
    made = {"takes": takes, "needs": needs, "gives": _gives(call) or _combined(node), "hook": hook}
    return made | _sizes(source) | ({"fps": int(fps[-1])} if (fps := re.findall(r"fps=(\d+)", text)) else {})


def _arguments(call: ast.FunctionDef) -> Iterator[tuple[str, ast.expr | None]]:
    given = call.args
    plain = [*given.posonlyargs, *given.args][1:]
    defaults = [None] * (len(plain) - len(given.defaults)) + list(given.defaults)[-len(plain) :]
    yield from ((a.arg, default) for a, default in zip(plain, defaults, strict=True))
    yield from ((a.arg, default) for a, default in zip(given.kwonlyargs, given.kw_defaults, strict=True))


def _plain(default: ast.expr) -> Any:
    """The default as JSON has it; null where it is no plain value."""
    try:
        value = ast.literal_eval(default)
    except ValueError:
        return None
    return value if isinstance(value, bool | int | float | str) else list(value) if isinstance(value, tuple) else None


def _gives(call: ast.FunctionDef) -> list[str]:
    """Fields of the output that it returns, by name; one without names is what the commonest class calls it."""
    for node in reversed([n for n in ast.walk(call) if isinstance(n, ast.Return) and isinstance(n.value, ast.Call)]):
        returned: Any = node.value
        if "Prior" in ast.unparse(returned.func):  # what it gives has no name here, and is no picture
            return [k.arg for k in returned.keywords if k.arg]
        if ast.unparse(returned.func).endswith("Output"):
            keywords = [k.arg for k in returned.keywords if k.arg]
            return keywords or (["audios", "images"] if ast.unparse(returned.func) == "BaseOutput" else ["images"])
    return []


def _combined(node: ast.ClassDef) -> list[str]:
    """What a pipeline gives that only hands on what its last one gave."""
    return ["images"] if "Combined" in node.name else []


def _sizes(source: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, pattern in (
        ("sample", r"self\.default_sample_size = (?:.* else )?(\d+)"),
        ("pixels", r"height = height or (\d+)|self\.default_height = (\d+)"),
        ("grid", r"height % (\d+) != 0"),
        ("cells", r"height % \(self\.vae_scale_factor\w* \* (\d+)\)"),
    ):
        if match := re.search(pattern, source):
            found[name] = int(next(group for group in match.groups() if group))
    if "pyramid_num_inference_steps_list" in source:  # three stages, each half as large as the next
        found["grid"] = 4 * found.get("grid", 1)
    if "cells" not in found and re.search(r"height % \(self\.vae_scale_factor\w* \* self\.\w*patch_size", source):
        found["cells"] = 2
    return found


if __name__ == "__main__":
    made = table()
    rows = ",\n".join(f"  {json.dumps(n)}: {json.dumps(p)}" for n, p in made["pipelines"].items())
    WHERE.write_text(f'{{"diffusers": {json.dumps(made["diffusers"])}, "pipelines": {{\n{rows}\n}}}}\n', "utf-8")
    print(f"{len(made['pipelines'])} pipelines of diffusers {made['diffusers']} in {WHERE.name}")
