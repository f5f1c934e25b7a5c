"""A second architecture is one file: dropped into a copy of the program, it has its command, its laws and its form."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.fakes import stripes

ROOT = Path(__file__).resolve().parent.parent
NOT_CODE = shutil.ignore_patterns("__pycache__", "starter", "training", "test_*", "*.part")

# The program as a person has it, with nobody before the screen: it tells the form and makes one thing from it.
WINDOW = """
import json, sys
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
from desktop.app import Everyform

if __name__ == "__main__":
    application = QApplication(sys.argv[:1])
    program = Everyform()
    said = {}

    def known():
        session = program.session
        if session.looked and session.model is not None and not said:
            form = program.window.side.form
            said["card"] = form.card.architecture
            said["fields"] = {name: type(field).__name__ for name, field in form.fields.items()}
            form.fields["thickness"].set_value(7.0)
            program.making.generate()

    def made(job, output):
        said["output"] = {"path": output.path, "settings": dict(output.settings)}
        program.window.close()
        application.quit()

    def failed(job):
        if job.state == "failed":
            said["reason"] = job.reason
            application.quit()

    program.session.models_known.connect(known)
    program.queue.output.connect(made)
    program.queue.job_changed.connect(failed)
    program.show()
    QTimer.singleShot(30_000, application.quit)
    application.exec()
    program.close()
    print(json.dumps(said))
"""


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program without its starters, and one file more (with its guide)."""
    root = tmp_path_factory.mktemp("program")
    for name in ("models", "desktop", "resources", "tests"):
        shutil.copytree(ROOT / name, root / name, ignore=NOT_CODE)
    for name in ("main.py", "pyproject.toml", "tests/models/test_conformance.py"):
        shutil.copy(ROOT / name, root / name)
    shutil.copy(stripes.__file__, root / "models" / "families" / "diffusion" / "stripes.py")
    (root / stripes.CARD.guide).write_text(stripes.GUIDE, encoding="utf-8")
    model = root / "striped"
    model.mkdir()
    (model / "stripes.json").write_text("{}", encoding="utf-8")
    return root


@pytest.fixture
def run(copy: Path, home: Path):
    """Run Python in that copy; what it printed."""

    def python(*words: str) -> str:
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        done = subprocess.run(
            [sys.executable, *words], cwd=copy, env=environment, capture_output=True, text=True, timeout=400
        )
        assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
        return done.stdout

    return python


def test_it_has_its_command(run, copy: Path, tmp_path: Path) -> None:
    added = json.loads(run("main.py", "models", "add", "striped", "--json"))
    listed = {model["id"]: model for model in json.loads(run("main.py", "models", "list", "--json"))}
    assert listed["striped"]["architecture"] == added["architecture"] == "stripes"
    shown = json.loads(run("main.py", "models", "show", "striped", "--json"))
    assert {p["name"]: p["default"] for p in shown["parameters"]} == {
        p.name: p.default for p in stripes.CARD.parameters
    }
    out = tmp_path / "out"
    words = ["--seed", "5", "--count", "2", "--set", "palette=sunset", "--set", "width=96", "--json", "--out"]
    lines = run("main.py", "generate", "striped", "--prompt", "at sunset", *words, str(out)).splitlines()
    events: list[dict[str, Any]] = [json.loads(line) for line in lines]
    outputs = [event for event in events if event["event"] == "output"]
    assert [output["settings"]["seed"] for output in outputs] == [5, 6]
    for output in outputs:
        with Image.open(output["path"]) as picture:
            assert picture.size == (96, 64)
    assert {"loading", "progress", "preview"} <= {event["event"] for event in events}


def test_it_is_held_to_the_laws_of_all(run) -> None:
    told = run("-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/models/test_conformance.py", "-k", "stripes")
    passed = re.search(r"(\d+) passed", told)
    assert passed is not None
    assert int(passed[1]) >= 10


def test_it_has_its_form_and_makes_a_picture_in_the_window(run, copy: Path) -> None:
    run("main.py", "models", "add", "striped")
    (copy / "window.py").write_text(WINDOW, encoding="utf-8")
    said = json.loads(run("window.py").splitlines()[-1])
    assert said["card"] == "stripes"
    # Width and height share a field; seed and count are everybody's.
    assert {"steps", "thickness", "palette", "crossed", "seed", "count"} <= set(said["fields"])
    assert "SizeField" in said["fields"].values()
    assert said["output"]["settings"]["settings"]["thickness"] == 7.0
    with Image.open(said["output"]["path"]) as picture:
        assert picture.size == (64, 64)
