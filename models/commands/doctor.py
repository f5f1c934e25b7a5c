"""`main.py doctor`: what this machine has, what the program will use of it, and what is missing."""

from __future__ import annotations

import argparse
import ctypes
import platform
import shutil
import sys
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from typing import Any

from models import folders
from models.commands import DONE, FAILED, say, screen
from models.failures import first_line
from models.outputs import place
from models.version import SOFTWARE

LIBRARIES = (
    "torch", "diffusers", "transformers", "accelerate", "safetensors", "tokenizers", "numpy", "pillow",
    "PySide6-Essentials", "sounddevice", "platformdirs", "psutil",
)  # fmt: skip

# What `--quantize` needs; layerwise casting needs none of them.
QUANTIZERS = ("torchao", "bitsandbytes", "gguf")


def run(arguments: argparse.Namespace) -> int:
    """0, or 1 where something without which nothing can be made is missing."""
    missing: list[str] = []
    report: dict[str, Any] = {
        "software": SOFTWARE,
        "python": platform.python_version(),
        "system": platform.platform(),
        "versions": _versions(missing),
        "devices": _devices(missing),
        "memory": _memory(missing),
        "quantizers": _quantizers(),
        "sound": _sound(missing),
        "screen": _screen(missing),
        "folders": _folders(missing),
        "models": _models(missing),
        "missing": missing,
    }
    if arguments.json:
        say.json_line(report)
    else:
        _print(report)
    return DONE if report["versions"]["torch"] and report["devices"] else FAILED


def _versions(missing: list[str]) -> dict[str, str | None]:
    found: dict[str, str | None] = {}
    for name in LIBRARIES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = None
            missing.append(f"{name} is not installed: run `make run`, or `pip install .` in the project.")
    return found


def _devices(missing: list[str]) -> list[dict[str, Any]]:
    """What torch can compute with, the one in use first. This is the only place here that imports torch."""
    try:
        from models.runtime import device

        machine = device.detect()
    except (ImportError, OSError, RuntimeError) as error:
        missing.append(f"torch does not start ({first_line(error)}): install it again with `make run`.")
        return []
    total, free = (machine.memory, machine.memory_free) if machine.memory else (machine.ram, machine.ram_free)
    used = {
        "kind": machine.kind,
        "name": machine.name or platform.processor() or "processor",
        "memory_bytes": total,
        "free_bytes": free,
        "in_use": True,
        "bfloat16": machine.bf16,
    }
    if machine.capability != (0, 0):
        used["capability"] = list(machine.capability)
    if machine.kind == "cpu":
        return [used | {"cores": machine.cores, "features": list(machine.features)}]
    cpu = {"kind": "cpu", "name": platform.processor() or "processor", "cores": machine.cores}
    cpu["features"] = list(machine.features)
    return [used, cpu | {"memory_bytes": machine.ram, "free_bytes": machine.ram_free, "in_use": False}]


def _memory(missing: list[str]) -> dict[str, int]:
    from models.runtime import device

    total, free = device.ram()
    if free < 2 * 10**9:
        missing.append(f"Only {say.size(free)} of memory is free: close other programs before using large models.")
    return {"total_bytes": total, "free_bytes": free, "used_bytes": total - free}


def _quantizers() -> dict[str, str | None]:
    """Libraries that shorten a model's weights, and what is here of them: none is needed, each helps small machines."""
    found: dict[str, str | None] = {}
    for name in QUANTIZERS:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = None
    return found


def _sound(missing: list[str]) -> dict[str, Any]:
    try:
        import sounddevice  # type: ignore[import-untyped, unused-ignore]

        devices = sounddevice.query_devices()
        names = [str(d["name"]) for d in devices if d["max_output_channels"] > 0]
    except Exception as error:  # PortAudio raises its own kinds, and is no reason for a doctor to fall ill
        reason = first_line(error)
        if "portaudio" in reason.lower():
            reason = "PortAudio is missing: `sudo apt-get install libportaudio2` brings it on Debian and Ubuntu."
        missing.append(f"Sound cannot be played. {reason}" if reason.endswith(".") else f"No sound: {reason}.")
        return {"works": False, "outputs": [], "reason": reason}
    reason = "" if names else "There is no sound output on this machine: sound can be made and saved, but not played."
    if reason:
        missing.append(reason)
    return {"works": bool(names), "outputs": names, "reason": reason}


def _screen(missing: list[str]) -> dict[str, Any]:
    reason = screen.missing()
    libraries = _missing_libraries() if sys.platform.startswith("linux") else []
    if reason:
        missing.append(f"{reason} The commands work without one.")
    if libraries:
        reason = f"{reason} The window needs libraries that are missing here.".strip()
        missing.append(f"The window needs `sudo apt-get install {' '.join(libraries)}` (on Debian and Ubuntu).")
    return {"works": not reason, "reason": reason}


def _missing_libraries() -> list[str]:
    """Debian's packages for those libraries of the window that this system cannot load."""
    try:
        lines = (folders.resources() / "setup" / "linux.txt").read_text("utf-8").splitlines()
    except OSError:
        return []
    packages: dict[str, None] = {}
    for line in lines:
        if line.strip() and not line.startswith("#"):
            library, package = line.split()
            try:
                ctypes.CDLL(library)
            except OSError:
                packages[package] = None
    return [p for p in packages if p != "libportaudio2"]  # spoken of under sound


def _folders(missing: list[str]) -> list[dict[str, Any]]:
    named: tuple[tuple[str, Callable[[], Path]], ...] = (("settings", folders.data), ("outputs", folders.outputs))
    found = []
    for name, where in named:
        path = where()
        reason = place.forbidden(path)
        if reason:
            missing.append(reason)
        found.append(
            {"name": name, "path": str(path), "writable": not reason, "free_bytes": _free(path), "reason": reason}
        )
    return found


def _free(path: Path) -> int | None:
    """Free bytes where the folder is, or would be."""
    for folder in (path, *path.parents):
        try:
            return shutil.disk_usage(folder).free
        except OSError:
            continue
    return None


def _models(missing: list[str]) -> dict[str, Any]:
    from models.registry import Registry
    from models.store.store import Store

    registry = Registry()
    store = Store(registry.recognise, edition="")  # which keeps nothing: the doctor only looks
    known = store.models()
    missing.extend(registry.problems)
    missing.extend(store.problems)
    if not any(model.starter for model in known):
        missing.append("No starter model is in resources/starter: fetch the project again with its large files.")
    starters = [model.id for model in known if model.starter]
    return {"architectures": sorted(registry.families), "starters": starters, "added": len(known) - len(starters)}


def _print(report: dict[str, Any]) -> None:
    say.line(f"{report['software']}, Python {report['python']}, {report['system']}")
    say.line("\nDevices")
    rows = [(d["kind"], d["name"], _device(d)) for d in report["devices"]]
    say.table(rows or [("none", "", "")], indent="  ")
    memory = report["memory"]
    short = ", ".join(f"{name} {version}" for name, version in report["quantizers"].items() if version)
    say.table(
        [
            ("Memory", f"{say.size(memory['used_bytes'])} of {say.size(memory['total_bytes'])} in use"),
            ("Shorter weights", f"{short or 'no library'}; layerwise casting always"),
        ],
        indent="  ",
    )
    say.line("\nFolders")
    say.table(
        [
            (f["name"], f["path"], f"{say.size(f['free_bytes'] or 0)} free" if f["writable"] else "not writable")
            for f in report["folders"]
        ],
        indent="  ",
    )
    sound, models = report["sound"], report["models"]
    say.line("")
    say.table(
        [
            ("Screen", "yes" if report["screen"]["works"] else report["screen"]["reason"]),
            ("Sound", ", ".join(sound["outputs"][:3]) if sound["works"] else sound["reason"]),
            ("Models", f"{len(models['starters'])} starters, {models['added']} added"),
            ("Kinds", ", ".join(models["architectures"]) or "none"),
        ]
    )
    say.line("\nVersions")
    say.table([(name, version or "missing") for name, version in report["versions"].items()], indent="  ")
    if report["missing"]:
        say.line("\nMissing")
        for text in report["missing"]:
            say.line(f"  - {text}")
    else:
        say.line("\nNothing is missing.")


def _device(told: dict[str, Any]) -> str:
    """What there is to say of a device, on a line."""
    words = [f"{say.size(told['free_bytes'])} of {say.size(told['memory_bytes'])} free"]
    words += ["in use"] if told["in_use"] else []
    words += ["bfloat16"] if told.get("bfloat16") else []
    words += ["compute capability {}.{}".format(*told["capability"])] if "capability" in told else []
    words += [f"{told['cores']} cores"] if "cores" in told else []
    return ", ".join([*words, *told.get("features", ())])
