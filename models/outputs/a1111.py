"""The `parameters` text of AUTOMATIC1111's web UI, which most tools for pictures read and write."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from typing import Any

MAX_CHARS = 200_000
MAX_PAIRS = 200

# Our name, theirs, and how their word becomes our value.
_FIELDS: tuple[tuple[str, str, type], ...] = (
    ("steps", "Steps", int),
    ("scheduler", "Sampler", str),
    ("guidance_scale", "CFG scale", float),
    ("strength", "Denoising strength", float),
)
# Things that they tell and that say nothing on how to make the picture again.
_SILENT = ("version", "model hash", "size", "seed", "model", "app", "created")

_NEGATIVE = "Negative prompt:"


def sampler_key(name: str) -> str:
    """`DPM++ 2M Karras`, `dpmpp_2m_karras` and `DPM++ 2m karras` as one: only letters and digits, ++ as pp."""
    return re.sub(r"[^a-z0-9]", "", name.lower().replace("++", "pp").replace("ancestral", "a"))


def text(record: Mapping[str, Any]) -> str:
    """Our record as their text."""
    settings = dict(record.get("settings", {}))
    parts: list[tuple[str, Any]] = []
    for ours, theirs, _ in _FIELDS:
        if ours in settings:
            parts.append((theirs, settings[ours]))
    if "seed" in record:
        parts.append(("Seed", record["seed"]))
    if {"width", "height"} <= set(settings):
        parts.append(("Size", f"{settings['width']}x{settings['height']}"))
    parts += [("Model", record.get("model_name") or record.get("model", "")), ("Version", record.get("software", ""))]
    lines = [str(record.get("prompt", ""))]
    if negative := record.get("negative_prompt"):
        lines.append(f"{_NEGATIVE} {negative}")
    lines.append(", ".join(f"{name}: {_quoted(value)}" for name, value in parts))
    return "\n".join(lines)


def parse(given: str) -> dict[str, Any]:
    """Their text as our record. `unread` lists, as they stand there, the settings that have no name here."""
    lines = given[:MAX_CHARS].strip().split("\n")
    found = _pairs(lines[-1])
    # Without the last line the text is a prompt alone, even if it has a colon somewhere.
    if len(found) < 2 and not any(name.lower() == "steps" for name, _ in found):
        found = []
    else:
        lines.pop()
    prompt, negative = _prompts(lines)
    settings: dict[str, Any] = {}
    unread: list[str] = []
    record: dict[str, Any] = {"prompt": prompt, "negative_prompt": negative, "settings": settings, "unread": unread}
    by_name = {theirs.lower(): (ours, kind) for ours, theirs, kind in _FIELDS}
    for name, value in found:
        key = name.lower()
        try:
            if key in by_name:
                ours, kind = by_name[key]
                settings[ours] = _finite(kind(value))
            elif key == "seed":
                record["seed"] = int(value)
            elif key == "size":
                width, height = (int(number) for number in value.lower().split("x"))
                settings |= {"width": width, "height": height}
            elif key == "schedule type":
                if value.lower() != "automatic":
                    settings["scheduler"] = f"{settings.get('scheduler', '')} {value}".strip()
            elif key == "model":
                record["model_name"] = value
            elif key not in _SILENT:
                unread.append(f"{name}: {value}")
        except ValueError:
            unread.append(f"{name}: {value}")
    return record


def _prompts(lines: list[str]) -> tuple[str, str]:
    for index, line in enumerate(lines):
        if line.strip().startswith(_NEGATIVE):
            negative = [line.strip()[len(_NEGATIVE) :].strip(), *lines[index + 1 :]]
            return "\n".join(lines[:index]).strip(), "\n".join(negative).strip()
    return "\n".join(lines).strip(), ""


def _pairs(line: str) -> list[tuple[str, str]]:
    """`Name: value, Name: "quoted, value"` in order; one pass, so that no line can take long."""
    pairs: list[tuple[str, str]] = []
    decoder = json.JSONDecoder()
    at = 0
    while at < len(line) and len(pairs) < MAX_PAIRS:
        colon = line.find(":", at)
        if colon < 0:
            break
        name = line[at:colon].strip(" ,")
        start = colon + 1
        while start < len(line) and line[start] == " ":
            start += 1
        end = -1
        if line[start : start + 1] == '"':
            try:
                value, end = decoder.raw_decode(line, start)
            except ValueError:
                end = -1
        if end < 0:
            end = line.find(",", start)
            end = len(line) if end < 0 else end
            value = line[start:end].strip()
        if re.fullmatch(r"\w[\w \-/]{0,60}", name):
            pairs.append((name, str(value)))
        else:  # the line is no list of settings, or stops being one
            return pairs
        at = end + 1
    return pairs


def _finite(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError("no number")
    return value


def _quoted(value: Any) -> str:
    """A value as it stands there: in quotes where a comma or a colon would end it too early."""
    plain = f"{value:g}" if isinstance(value, float) else str(value)
    return json.dumps(plain, ensure_ascii=False) if re.search(r'[,:"\n]', plain) else plain
