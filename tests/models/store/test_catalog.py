"""The catalog of public models: its form, what it covers, and that its figures agree with each other."""

from __future__ import annotations

import importlib.util
import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from desktop.catalog import families
from models.declaration import MEDIA, BadInput
from models.store.catalog import catalog
from models.store.catalog import form as catalog_form
from models.store.catalog.entry import BYTES_A_WEIGHT, OVERHEAD, Entry

ENTRIES = catalog.read()
RAW = json.loads(catalog.path().read_text("utf-8"))
SPDX = {"Apache-2.0", "MIT", "BSD-3-Clause", "CC-BY-4.0", "CC-BY-NC-4.0", "CC-BY-NC-SA-4.0"}
# Bytes of one stored weight, in files that hold weights and little else.
STORED = {"float32": 4, "bfloat16": 2, "float16": 2}


def raw(id: str = "Qwen/Qwen3-8B") -> dict[str, Any]:
    """A copy of one entry as the file has it."""
    return json.loads(json.dumps(next(row for row in RAW["models"] if row["id"] == id)))


def text(*rows: dict[str, Any], **whole: Any) -> str:
    return json.dumps(RAW | {"models": list(rows)} | whole)


# ── what it holds ─────────────────────────────────────────────────────────────


def test_it_has_some_sixty_models_or_more_of_every_medium() -> None:
    assert len(ENTRIES) >= 60
    for medium, least in {"picture": 25, "video": 8, "sound": 8, "text": 15}.items():
        assert len(catalog.select(ENTRIES, medium=medium)) >= least, medium


def test_it_covers_every_family_that_has_public_weights() -> None:
    """Of normalizing flows alone none are public that a program like this opens; VITS, a hybrid, has one inside."""
    found = {e.family for e in ENTRIES}
    assert found == set(catalog_form.FAMILIES) - {"flow"}
    assert any("normalizing flow" in e.architecture for e in ENTRIES)
    for family in ("diffusion", "flow-matching", "autoregressive"):
        assert len({e.medium for e in ENTRIES if e.family == family}) >= 3, family


def test_the_window_has_a_name_for_each_family() -> None:
    assert set(catalog_form.FAMILIES) == set(families.NAMES)


def test_it_has_every_kind_and_format() -> None:
    assert {e.kind for e in ENTRIES} == {"model", "lora", "controlnet", "autoencoder", "motion"}
    assert {e.format for e in ENTRIES} == {"safetensors", "gguf", "pickle"}
    assert any("upscale" in e.tasks for e in ENTRIES)


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda e: e.id)
def test_an_entry_says_honestly_what_it_is(entry: Entry) -> None:
    assert entry.good_for.endswith(".") and 20 < len(entry.good_for) < 220
    # A licence that is no SPDX id has an address at which it can be read.
    assert entry.licence is None or entry.licence in SPDX or entry.licence_link is not None
    assert (entry.format == "pickle") == ("pickle" in entry.good_for), "a pickle is said to be one"
    assert (entry.format == "gguf") == (entry.dtype not in STORED)
    assert entry.kind == "model" or entry.base in entry.needs, "what adds to a model names it"
    assert entry.format != "gguf" or entry.file is not None


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda e: e.id)
def test_its_figures_agree(entry: Entry) -> None:
    """What is downloaded is its weights in the stored format, give or take what networks a repository leaves out."""
    if entry.download_bytes is None or entry.parameters is None:
        return
    a_weight = entry.download_bytes / entry.parameters
    if entry.format == "gguf":
        assert 0.5 < a_weight < 1.1  # four to eight bits
    elif entry.id == "Tongyi-MAI/Z-Image-Turbo":  # its transformer is stored in 32 bits, the rest in 16
        assert 2 < a_weight < 4
    else:
        assert 0.9 * STORED[entry.dtype] < a_weight < 1.12 * STORED[entry.dtype]


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda e: e.id)
def test_memory_follows_the_stated_rule(entry: Entry) -> None:
    if entry.format == "gguf":
        assert entry.memory_bytes == round(entry.download_bytes * 1.2)
        return
    if entry.parameters is None:
        assert entry.memory_bytes is None and entry.fits(10**15) is None
        return
    assert entry.memory_bytes == round(entry.parameters * 2 * 1.2)
    largest = max((weights for _, weights in entry.parts), default=entry.parameters)
    assert entry.least_memory_bytes == round(largest * 2.4) <= entry.memory_bytes
    assert entry.fits(entry.least_memory_bytes) is True and entry.fits(entry.least_memory_bytes - 1) is False


def test_the_file_states_the_rule_that_the_program_keeps() -> None:
    assert (RAW["memory"]["overhead"], RAW["memory"]["bytes_a_weight"]) == (OVERHEAD, BYTES_A_WEIGHT)
    assert RAW["memory"]["source"].startswith("https://") and "a fifth" in RAW["memory"]["says"]


def classes(library: str) -> set[str]:
    """The names of all classes in an installed library's files, without importing it."""
    (root,) = importlib.util.find_spec(library).submodule_search_locations  # type: ignore[union-attr, misc]
    return {
        name
        for part in ("models", "pipelines")
        for file in (Path(root) / part).rglob("*.py")
        for name in re.findall(r"^class (\w+)", file.read_text("utf-8"), re.MULTILINE)
    }


def test_every_class_is_one_of_the_installed_library() -> None:
    names = {library: classes(library) for library in ("diffusers", "transformers")}
    for entry in ENTRIES:
        if entry.class_name is not None:
            assert entry.class_name in names[entry.library], entry.id
    counted = {place for e in ENTRIES for _, places in e.sources for place in places if not place.startswith("https")}
    assert counted
    for place in counted:
        library, _, name = place.removeprefix(catalog_form.INSTALLED).partition(".")
        assert name in names[library], place


# ── its form, held strictly ───────────────────────────────────────────────────


def test_an_entry_passes_as_it_is() -> None:
    assert catalog_form.loads(text(raw()))[0] == catalog.find(ENTRIES, "qwen/QWEN3-8b")


@pytest.mark.parametrize(
    "spoil, says",
    [
        (lambda row: row.update(stars=5), "other fields.*stars"),
        (lambda row: row.pop("gated"), "other fields.*gated"),
        (lambda row: row.update(id="Qwen3-8B"), "hub id"),
        (lambda row: row.update(id="../etc/passwd"), "hub id"),
        (lambda row: row.update(medium="smell"), "wrong medium"),
        (lambda row: row.update(family="magic"), "wrong family"),
        (lambda row: row.update(tasks=["fly"]), "wrong tasks"),
        (lambda row: row.update(tasks=[]), "wrong tasks"),
        (lambda row: row.update(tasks=["chat", "chat"]), "wrong tasks"),
        (lambda row: row.update(gated="no"), "wrong gated"),
        (lambda row: row.update(download_bytes="5 GB"), "wrong download_bytes"),
        (lambda row: row.update(download_bytes=5.5), "wrong download_bytes"),
        (lambda row: row.update(download_bytes=True), "wrong download_bytes"),
        (lambda row: row.update(parameters=-1), "wrong parameters"),
        (lambda row: row.update(parts={"all": 5}), "parts that are not its parameters"),
        (lambda row: row.update(good_for=""), "wrong good_for"),
        (lambda row: row.update(file="../outside.gguf"), "wrong file"),
        (lambda row: row.update(file="/outside.gguf"), "wrong file"),
        (lambda row: row.update(licence_link="http://example.org"), "wrong licence_link"),
        (lambda row: row.update(paper="https://nowhere"), "wrong paper"),
        (lambda row: row.update(year=1969), "wrong year"),
        (lambda row: row.update(sources={}), "wrong sources"),
        (lambda row: row.update(sources={"rumour": ["https://example.org"]}), "wrong sources"),
        (lambda row: row["sources"].pop("card"), "no source for its card"),
        (lambda row: row["sources"].pop("files"), "no source for its files"),
        (lambda row: row["sources"].pop("parameters"), "no source for its parameters"),
        (lambda row: row.update(needs=["nobody/nothing"]), "needs nobody/nothing"),
    ],
)
def test_a_wrong_entry_is_refused_by_name(spoil: Callable[[dict[str, Any]], Any], says: str) -> None:
    row = raw()
    spoil(row)
    with pytest.raises(ValueError, match=says):
        catalog_form.loads(text(row))


def test_a_model_twice_another_version_and_another_rule_are_refused() -> None:
    with pytest.raises(ValueError, match="twice"):
        catalog_form.loads(text(raw(), raw()))
    with pytest.raises(ValueError, match="another version"):
        catalog_form.loads(text(raw(), everyform_catalog=2))
    with pytest.raises(ValueError, match="another version"):
        catalog_form.loads(text(raw(), extra=1))
    with pytest.raises(ValueError, match="rule for memory"):
        catalog_form.loads(text(raw(), memory={"overhead": 0.5, "bytes_a_weight": 2}))
    with pytest.raises(ValueError, match="field is in it twice"):
        catalog_form.loads('{"everyform_catalog": 1, "everyform_catalog": 1}')


def test_a_missing_or_broken_file_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="cannot be read"):
        catalog.read(tmp_path / "none.json")
    broken = tmp_path / "broken.json"
    for content in ("", "[" * 100_000, "nonsense", text({"id": "a/b"})):
        broken.write_text(content)
        with pytest.raises(BadInput, match=r"broken: .*Install the program again\.$"):
            catalog.read(broken)


# ── search, filters and orders ────────────────────────────────────────────────


def test_search_takes_every_word_in_any_case_and_place() -> None:
    found = catalog.select(ENTRIES, "FLUX schnell")
    assert {e.id for e in found} >= {"black-forest-labs/FLUX.1-schnell", "city96/FLUX.1-schnell-gguf"}
    assert all("schnell" in str(catalog.to_dict(e)).casefold() for e in found)
    assert catalog.select(ENTRIES, "qwxyz") == []
    assert [e.id for e in catalog.select(ENTRIES, "real-esrgan")] == ["Comfy-Org/Real-ESRGAN"]


def test_filters_go_together() -> None:
    found = catalog.select(ENTRIES, medium="sound", family="autoregressive")
    assert found and all((e.medium, e.family) == ("sound", "autoregressive") for e in found)
    assert sum(len(catalog.select(ENTRIES, medium=m)) for m in MEDIA) == len(ENTRIES)


def test_what_fits_is_what_is_known_to_fit_and_its_base_too() -> None:
    small = catalog.select(ENTRIES, fit_bytes=4 * 2**30)
    ids = {e.id for e in small}
    assert "latent-consistency/lcm-lora-sdv1-5" in ids and "latent-consistency/lcm-lora-sdxl" not in ids
    assert "ACE-Step/Ace-Step1.5" not in ids, "its memory is not known"
    assert {e.medium for e in small} >= {"picture", "sound", "text"}
    assert len(small) < len(catalog.select(ENTRIES, fit_bytes=24 * 2**30)) < len(ENTRIES)


@pytest.mark.parametrize(
    "order, figure", [("memory", "memory_bytes"), ("download", "download_bytes"), ("year", "year")]
)
def test_orders_put_what_is_not_known_last(order: catalog.Order, figure: str) -> None:
    figures = [getattr(e, figure) for e in catalog.select(ENTRIES, order=order)]
    known = [value for value in figures if value is not None]
    assert None in figures and figures == known + [None] * (len(figures) - len(known))
    assert known == sorted(known, reverse=order == "year")


def test_an_unknown_filter_is_one_sentence_with_the_choices() -> None:
    for wrong in ({"medium": "smell"}, {"family": "magic"}, {"order": "beauty"}):
        with pytest.raises(BadInput, match=r"There is no .* choose .* or "):
            catalog.select(ENTRIES, **wrong)  # type: ignore[arg-type]


# ── the command ───────────────────────────────────────────────────────────────


def command(*words: str) -> subprocess.CompletedProcess[str]:
    root = Path(__file__).resolve().parents[3]
    line = [sys.executable, "main.py", "models", "catalog", *words]
    return subprocess.run(line, cwd=root, capture_output=True, text=True, timeout=60)


def test_the_command_lists_and_tells_programs_the_same() -> None:
    done = command("speech", "--medium", "sound", "--json")
    rows = json.loads(done.stdout)
    assert done.returncode == 0 and {"facebook/mms-tts-eng", "suno/bark-small"} <= {row["id"] for row in rows}
    assert rows == [catalog.to_dict(e) for e in catalog.select(ENTRIES, "speech", "sound")]
    said = command("speech", "--medium", "sound").stdout.splitlines()
    assert said[0].split()[:2] == ["ID", "MAKES"] and len(said) == len(rows) + 1


def test_the_command_says_what_is_wrong_and_what_is_nothing() -> None:
    wrong = command("--medium", "smell")
    assert (wrong.returncode, wrong.stdout) == (2, "") and "There is no medium 'smell'" in wrong.stderr
    none = command("qwxyz")
    assert (none.returncode, none.stdout) == (0, "") and "try fewer words" in none.stderr


def test_reading_it_imports_nothing_heavy() -> None:
    code = (
        "import sys; from models.store.catalog import catalog; catalog.read();"
        " print(sorted(set(sys.modules) & set(sys.argv)))"
    )
    heavy = ("torch", "numpy", "transformers", "diffusers", "safetensors", "PySide6", "huggingface_hub")
    done = subprocess.run([sys.executable, "-c", code, *heavy], capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == "[]", done.stderr
