"""Finding families: one file each, a broken one takes only itself away, and a refusal says why."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from models.protocol import BadInput
from models.registry import Registry
from tests import fakes

FAMILY = """
from models.protocol import Card, Match, Parameter
STEPS = Parameter("steps", "int", {default}, "Steps", "How many.", 1, 9)
CARD = Card("{key}", "Name", "gan", "picture", ("text-to-picture",), (STEPS,))
def recognise(files): {recognise}
def load(path, plan): ...
{rest}
"""


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Write modules of a package of their own: `package(name=source, ...)` gives its registry."""

    def make(**sources: str) -> Registry:
        name = f"families_{tmp_path.name}".replace("-", "_")
        root = tmp_path / name
        (root / "kind").mkdir(parents=True)
        (root / "__init__.py").touch()
        (root / "kind" / "__init__.py").touch()
        for file, source in sources.items():
            (root / "kind" / f"{file}.py").write_text(source, encoding="utf-8")
        monkeypatch.syspath_prepend(str(tmp_path))
        return Registry(name)

    return make


def family(
    key: str = "one", default: object = 3, recognise: str = "return Match(CARD)", rest: str = "tiny = load"
) -> str:
    return FAMILY.format(key=key, default=default, recognise=recognise, rest=rest)


def test_finds_every_file_with_a_card_and_tells_which_are_broken() -> None:
    registry = Registry(fakes.PACKAGE)
    assert set(registry.families) == {"fake-film", "fake-larger", "fake-sound", "fake-steps", "fake-words"}
    assert len(registry.problems) == 1
    assert "light.broken" in registry.problems[0]
    assert "a_library_that_nobody_has" in registry.problems[0]


def test_the_real_families_import_without_trouble_and_without_heavy_libraries() -> None:
    code = (
        "import sys; from models.registry import Registry; r = Registry();"
        "assert not r.problems, r.problems; assert r.families;"
        "heavy = {'torch', 'diffusers', 'transformers', 'numpy'} & set(sys.modules); assert not heavy, heavy"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr


def test_recognises_a_model_and_passes_its_facts_on(tmp_path: Path) -> None:
    folder = fakes.model_folder(tmp_path / "model", name="A name")
    architecture, match = Registry(fakes.PACKAGE).recognise(folder)
    assert architecture == "fake-steps"
    assert (match.name, match.licence) == ("A name", "CC0-1.0")


def test_a_model_without_a_name_is_called_after_its_folder(tmp_path: Path) -> None:
    _, match = Registry(fakes.PACKAGE).recognise(fakes.model_folder(tmp_path / "model v1.5", name=""))
    assert match.name == "model v1.5"


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("missing", "is not there"),
        ("empty", "is empty"),
        ("other", "is not of any of these kinds: Fake film, Fake larger, Fake sound, Fake steps"),
    ],
)
def test_a_refusal_says_why(tmp_path: Path, given: str, words: str) -> None:
    if given != "missing":
        (tmp_path / given).mkdir()
    if given == "other":
        (tmp_path / given / "config.json").write_text("{}", encoding="utf-8")
    with pytest.raises(BadInput, match=words):
        Registry(fakes.PACKAGE).recognise(tmp_path / given)


def test_what_a_family_says_of_its_own_kind_is_passed_on(tmp_path: Path) -> None:
    folder = fakes.model_folder(tmp_path / "model", why_not="Its text encoder is missing; fetch it again.")
    with pytest.raises(BadInput, match="text encoder is missing"):
        Registry(fakes.PACKAGE).recognise(folder)


def test_a_fault_in_one_family_leaves_the_others_their_turn(package, tmp_path: Path) -> None:
    registry = package(a=family("first", recognise="raise KeyError('unet')"), b=family("second"))
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "config.json").write_text("{}", encoding="utf-8")
    assert registry.recognise(tmp_path / "model")[0] == "second"


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (family(default=99), "default is refused"),
        (family(rest=""), "has no tiny"),
        ("CARD = 'a card'", "is no Card"),
        ("this is no Python", "SyntaxError"),
    ],
)
def test_a_family_that_breaks_the_rules_is_left_out_with_a_sentence(package, source: str, words: str) -> None:
    registry = package(wrong=source, right=family())
    assert list(registry.families) == ["one"]
    assert len(registry.problems) == 1
    assert words in registry.problems[0]
    assert "kind.wrong" in registry.problems[0]


def test_two_files_cannot_have_one_key(package) -> None:
    registry = package(a=family("same"), b=family("same"), _draft=family("hidden"))
    assert list(registry.families) == ["same"]
    assert registry.problems == ("The family file kind.b is left out: kind.a has the key 'same' too.",)
