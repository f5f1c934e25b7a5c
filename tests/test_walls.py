"""The walls that import-linter cannot see: what a process really loads, and what no file of ours may hold."""

from __future__ import annotations

import ast
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = ("desktop", "models", "resources", "tests")
FILES = sorted([*ROOT.glob("*.py"), *(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py"))])
SHIPPED = [path for path in FILES if path.relative_to(ROOT).parts[0] != "tests"]

HEAVY = {"torch", "diffusers", "transformers", "accelerate", "scipy", "matplotlib"}
ENGINE_SIDE = {"models.engine", "models.registry", "models.training"}
MOST_LINES = 400


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def loaded_after(code: str) -> set[str]:
    """The names in `sys.modules` of a fresh process that has run `code`."""
    script = f"{code}\nimport sys\nprint('\\n'.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


def imported(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Line and dotted name of every import, also of those inside functions."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            yield node.lineno, module
            yield from ((node.lineno, f"{module}.{alias.name}") for alias in node.names)


# ── what a process loads ──────────────────────────────────────────────────────


@pytest.mark.parametrize("start", ["import desktop.app", "import main, desktop.app, desktop.worker, desktop.window"])
def test_the_window_loads_nothing_heavy(start: str) -> None:
    loaded = loaded_after(start)
    assert "PySide6.QtWidgets" in loaded
    assert not loaded & (HEAVY | ENGINE_SIDE)
    assert not [name for name in loaded if name.startswith(("models.families.", "models.networks."))]


def test_the_command_line_starts_without_qt_and_torch() -> None:
    loaded = loaded_after("import main, models.commands")
    assert not loaded & HEAVY
    assert not [name for name in loaded if name.startswith(("PySide6", "desktop"))]


def test_every_file_of_a_family_imports_without_heavy_libraries() -> None:
    files = sorted((ROOT / "models" / "families").rglob("*.py"))
    names = [".".join(path.relative_to(ROOT).with_suffix("").parts) for path in files if path.stem != "__init__"]
    assert "models.families.diffusion.latent_diffusion" in names
    loaded = loaded_after("\n".join(f"import {name}" for name in names))
    assert set(names) <= loaded
    assert not loaded & HEAVY
    assert not [name for name in loaded if name.startswith(("PySide6", "desktop"))]


@pytest.mark.parametrize(
    ("module", "knows"),
    [
        ("declaration", set()),
        ("protocol", {"models.declaration", "models.planning"}),
        ("planning/machine", set()),
        ("planning/parts", set()),
    ],
)
def test_the_protocol_imports_the_standard_library_only(module: str, knows: set[str]) -> None:
    tree = ast.parse((ROOT / "models" / f"{module}.py").read_text(encoding="utf-8"))
    names = {name for _, name in imported(tree) if not any(name.startswith(known) for known in knows)}
    assert names
    assert {name.split(".")[0] for name in names} <= sys.stdlib_module_names


def test_plans_are_made_without_heavy_libraries() -> None:
    files = sorted((ROOT / "models" / "planning").glob("*.py"))
    loaded = loaded_after("\n".join(f"import models.planning.{path.stem}" for path in files if path.stem != "__init__"))
    assert "models.planning.fit" in loaded
    assert not loaded & (HEAVY | ENGINE_SIDE)


# ── what no file may hold ─────────────────────────────────────────────────────

OPENS_PICKLES = {"pickle", "cPickle", "dill", "cloudpickle", "joblib", "marshal", "shelve"}
OPENS_CONNECTIONS = {
    "socket", "requests", "urllib3", "httpx", "httpx2", "huggingface_hub", "aiohttp", "ftplib", "http.client",
    "urllib.request",
}  # fmt: skip


def dangers(source: str) -> list[str]:
    """What in this source could run foreign code, reach out, or break torch; one "line: what" for each."""
    tree = ast.parse(source)
    found = []
    for line, name in imported(tree):
        if name.split(".")[0] in OPENS_PICKLES:
            found.append(f"{line}: {name} opens pickles")
        if {name, name.split(".")[0]} & OPENS_CONNECTIONS:
            found.append(f"{line}: {name} opens connections")
        if name.split(".")[0] == "torchvision":
            found.append(f"{line}: torchvision is never imported")
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            given = {word.arg: ast.unparse(word.value) for word in node.keywords}
            called = ast.unparse(node.func)
            if called == "torch.load" and given.get("weights_only") != "True":
                found.append(f"{node.lineno}: torch.load without weights_only=True")
            if called in {"eval", "exec", "os.system"}:
                found.append(f"{node.lineno}: {called} runs text")
            doors = [
                name for name in ("trust_remote_code", "allow_pickle", "shell") if given.get(name, "False") != "False"
            ]
            found.extend(f"{node.lineno}: {name} is not False" for name in doors)
    return found


# What connects, and only while something is carried out that the person asked for.
DOORS = [ROOT / "models" / "store" / "fetch" / f"{name}.py" for name in ("connection", "hub", "transfer")]
# Tries whether anybody listens at the address that `--cluster` was given, and says nothing to them.
PROBE = ROOT / "models" / "commands" / "cluster" / "reaching.py"


@pytest.mark.parametrize("path", [path for path in SHIPPED if path not in (*DOORS, PROBE)], ids=name_of)
def test_nothing_dangerous(path: Path) -> None:
    """Not even the reader of torch checkpoints (`models/store/heads/restricted.py`), which is a machine of its own."""
    assert not dangers(path.read_text(encoding="utf-8"))


def test_the_one_client_that_connects_is_made_in_one_place() -> None:
    for path in DOORS:
        found = [text.split(": ")[1] for text in dangers(path.read_text(encoding="utf-8"))]
        assert found and all(text.split(" ")[0].split(".")[0] in ("httpx2", "huggingface_hub") for text in found)
    assert [path for path in SHIPPED if "httpx2.Client(" in path.read_text(encoding="utf-8")] == DOORS[:1]


def test_the_probe_of_a_cluster_has_a_plain_socket_and_is_asked_by_nobody_else() -> None:
    text = PROBE.read_text(encoding="utf-8")
    assert [found.split(": ")[1] for found in dangers(text)] == ["socket opens connections"]
    assert [word for word in ("send", "recv", "makefile", "listen", "bind(") if word in text] == []
    asked_by = [path.name for path in SHIPPED if "cluster.reaching" in path.read_text(encoding="utf-8")]
    assert asked_by == ["machines.py"]


@pytest.mark.parametrize(
    "source",
    [
        "import pickle",
        "def f():\n    from dill import loads",
        "import urllib.request",
        "from urllib import request",
        "import socket",
        "import httpx2",
        "from huggingface_hub import snapshot_download",
        "from torchvision import transforms",
        "import torch\ntorch.load(path)",
        "import torch\ntorch.load(path, weights_only=False)",
        "AutoModel.from_pretrained(path, trust_remote_code=True)",
        "numpy.load(path, allow_pickle=wanted)",
        "subprocess.run(line, shell=True)",
        "eval(text)",
    ],
)
def test_each_danger_is_seen(source: str) -> None:
    assert dangers(source)


def test_what_is_safe_is_let_be() -> None:
    assert not dangers(
        "import torch\ntorch.load(path, weights_only=True)\nmodel.eval()\nfrom urllib.parse import quote"
    )


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_a_file_holds_one_thing_and_says_which(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    assert source.count("\n") <= MOST_LINES, "there is a seam in it: make two files of it"
    if source.strip():
        assert ast.get_docstring(ast.parse(source)), "its first line says in a sentence what it holds"
    words = set(path.stem.lower().split("_"))
    assert not words & {"manager", "helper", "helpers", "util", "utils", "mixin", "mixins"}


# ── what is installed ─────────────────────────────────────────────────────────


def requirements() -> list[str]:
    """All but those of our own extras, which name others of them."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = (line for extra in project["optional-dependencies"].values() for line in extra)
    return [*project["dependencies"], *(line for line in extras if not line.startswith(f"{project['name']}["))]


def test_nothing_asks_for_torchvision_and_torch_is_exact() -> None:
    assert "torch==2.13.0" in requirements()
    assert not [line for line in requirements() if line.lower().startswith("torchvision")]


def test_torchvision_is_not_installed() -> None:
    installed = {(distribution.metadata["Name"] or "").lower() for distribution in metadata.distributions()}
    assert "torch" in installed
    assert "torchvision" not in installed


def test_every_requirement_has_a_floor_and_a_ceiling() -> None:
    assert [line for line in requirements() if "==" not in line and not (">=" in line and "<" in line)] == []
