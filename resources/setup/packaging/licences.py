"""The licences of what lies in the packaged program: one folder of their texts, and a table that says what is whose."""

from __future__ import annotations

import re
import shutil
import subprocess
import sysconfig
from collections.abc import Iterable, Iterator
from importlib import metadata
from pathlib import Path

_TEXT = re.compile(r"(licen[cs]e|copying|notice|authors|third.?party)", re.IGNORECASE)
_NO_TEXT = {".py", ".pyc", ".pyi", ".so"}

HEAD = """\
# What is in this program, and under which licence

Everyform itself and its starter models are under the Apache License 2.0 (`Everyform.txt`). It comes with the libraries
below, each under its own; their texts lie beside this page.

The package as a whole is distributed under the GNU General Public License, version 3, for one reason: PyAV brings FFmpeg
built with x264 and x265, which are under the GPL. Its source, and that of the others, is where the table says, and the
program that builds this package is part of Everyform's own source. Qt is used under the LGPL: its libraries are separate
files in this folder, which may be replaced.

| what | version | licence | source |
|---|---|---|---|
"""


def collect(into: Path, root: Path, modules: Iterable[str], libraries: Iterable[str]) -> list[tuple[str, str]]:
    """Write the texts for the distributions that hold these modules, and for the system's packages that hold these
    libraries, into a folder; pairs of (file, folder in the package) as PyInstaller takes them."""
    shutil.rmtree(into, ignore_errors=True)
    into.mkdir(parents=True)
    shutil.copy(root / "LICENSE", into / "Everyform.txt")
    rows = [*_python(into), *_distributions(into, modules), *_system(into, libraries)]
    lines = [f"| {' | '.join(cell.replace('|', '/') for cell in row)} |" for row in rows]
    (into / "README.md").write_text(HEAD + "\n".join(lines) + "\n", "utf-8")
    return [(str(path), str(Path("licences") / path.parent.relative_to(into))) for path in into.rglob("*") if path.is_file()]


def _python(into: Path) -> Iterator[tuple[str, str, str, str]]:
    for place in (Path(sysconfig.get_path("stdlib")) / "LICENSE.txt", Path(sysconfig.get_path("data")) / "LICENSE.txt"):
        if place.exists():
            shutil.copy(place, into / "Python.txt")
            break
    yield "Python", sysconfig.get_python_version(), "PSF-2.0", "https://www.python.org"


def _distributions(into: Path, modules: Iterable[str]) -> Iterator[tuple[str, str, str, str]]:
    tops = {re.split(r"[./\\\\]", module)[0] for module in modules}
    named = metadata.packages_distributions()
    found = sorted({name for top in tops for name in named.get(top, ())}, key=str.lower)
    for name in found:
        if name.lower() == "everyform":
            continue
        whole = metadata.distribution(name)
        for file in whole.files or ():
            place = Path(str(whole.locate_file(file)))
            if _TEXT.search(file.name) and place.suffix not in _NO_TEXT and place.is_file() and ".dist-info" in str(file):
                # Some bring a hundred, all called the same, each in the folder of what it is for.
                inner = "-".join(part for part in file.parts[1:] if part != "licenses")
                (into / name).mkdir(exist_ok=True)
                shutil.copy(place, into / name / (inner if Path(inner).suffix else f"{inner}.txt"))
        yield name, whole.version, _licence(whole.metadata), _source(whole.metadata, name)


def _licence(told: metadata.PackageMetadata) -> str:
    said = told.get("License-Expression") or ""
    classes = [line.rpartition(" :: ")[2] for line in told.get_all("Classifier") or () if line.startswith("License ::")]
    short = (told.get("License") or "").strip().partition("\n")[0]
    return said or ", ".join(classes) or short[:80] or "see its text"


def _source(told: metadata.PackageMetadata, name: str) -> str:
    return told.get("Home-page") or f"https://pypi.org/project/{name}"


def _system(into: Path, libraries: Iterable[str]) -> Iterator[tuple[str, str, str, str]]:
    """Debian knows which package a library is of, and keeps that package's licence."""
    if not shutil.which("dpkg-query"):
        return
    packages: set[str] = set()
    for library in libraries:
        # A library is asked for under /lib, and known under /usr/lib: one of the two is a link.
        for place in {str(Path(library).resolve()), str(Path(library).resolve()).removeprefix("/usr")}:
            told = subprocess.run(["dpkg-query", "--search", place], capture_output=True, text=True, check=False).stdout
            packages.update(line.partition(":")[0] for line in told.splitlines())
    for package in sorted(packages):
        text = Path("/usr/share/doc") / package / "copyright"
        if text.exists():
            (into / "system").mkdir(exist_ok=True)
            shutil.copy(text, into / "system" / f"{package}.txt")
        version = subprocess.run(
            ["dpkg-query", "--show", "--showformat=${Version}", package], capture_output=True, text=True, check=False
        ).stdout.partition("\n")[0]
        yield package, version, f"see system/{package}.txt", f"https://packages.debian.org/source/{package}"
