"""What the packaged program is made with: licences of what lies in it, and the file that describes it."""

from __future__ import annotations

import ast
import importlib.util
import sys
from pathlib import Path
from types import ModuleType

from models import menu_entry

ROOT = Path(__file__).resolve().parent.parent
PACKAGING = ROOT / "resources" / "setup" / "packaging"


def module(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, PACKAGING / f"{name}.py")
    assert spec is not None and spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


def test_every_part_is_named_with_its_licence_and_its_text(tmp_path: Path) -> None:
    modules = ["PIL.Image", "numpy/_core/_multiarray_umath.so", "desktop.app", "PySide6/QtCore.abi3.so", "json"]
    pairs = module("licences").collect(tmp_path / "licences", ROOT, modules, [])
    table = (tmp_path / "licences" / "README.md").read_text("utf-8")
    rows = {line.split(" | ")[0].strip("| ").lower(): line for line in table.splitlines() if line.startswith("| ")}
    assert set(rows) >= {"python", "pillow", "numpy"} and "everyform" not in rows
    assert "LGPL" in rows["pyside6_essentials"] or "LGPL" in rows["pyside6-essentials"]
    assert "MIT-CMU" in rows["pillow"] and "BSD-3-Clause" in rows["numpy"]
    there = {str(Path(folder) / Path(file).name) for file, folder in pairs}
    assert {"licences/README.md", "licences/Everyform.txt"} <= {Path(name).as_posix() for name in there}
    assert any(Path(name).parts[1].lower() == "pillow" for name in there)
    assert all(Path(file).is_file() for file, _ in pairs)


def test_the_description_names_files_that_are_there() -> None:
    tree = ast.parse((ROOT / "build.spec").read_text("utf-8"))
    words = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    icons = {word for word in words if word.startswith("everyform.") and word != menu_entry.ENTRY}
    assert icons and all((ROOT / "resources" / "icons" / icon).is_file() for icon in icons)
    assert menu_entry.ENTRY in words and (PACKAGING / menu_entry.ENTRY).is_file()
    assert "find_portaudio.py" in words and (PACKAGING / "find_portaudio.py").is_file()


def test_what_finds_portaudio_leaves_other_libraries_to_the_system() -> None:
    import ctypes.util

    before = ctypes.util.find_library
    sys._MEIPASS = "/nowhere"  # type: ignore[attr-defined]
    try:
        module("find_portaudio")
        assert ctypes.util.find_library("c") == before("c")
        assert ctypes.util.find_library("portaudio") == before("portaudio")
    finally:
        ctypes.util.find_library = before
        del sys._MEIPASS  # type: ignore[attr-defined]
