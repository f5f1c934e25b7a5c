"""Finds the families: every module under a package that has a card, one file an architecture."""

from __future__ import annotations

import importlib
import os
import pkgutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from models.protocol import PACKAGE, BadInput, Card, Match, Unknown

if TYPE_CHECKING:
    from models.store.files import Files

_OFFERS = ("recognise", "load", "tiny")


class Registry:
    """The families that could be imported, by architecture, and what is wrong with those that could not.

    A file that fails takes only itself away: `problems` has a sentence on each.
    """

    def __init__(self, package: str = PACKAGE) -> None:
        self.package = package
        self.families: dict[str, Any] = {}
        self._problems: list[str] = []
        for name in sorted(_modules(package)):
            self._take(name)

    @property
    def problems(self) -> tuple[str, ...]:
        return tuple(self._problems)

    def recognise(self, path: str | Path) -> tuple[str, Match]:
        """Which architecture claims that file or folder, and how. Raises BadInput with why nothing does."""
        from models.store.files import Files

        path = Path(path).expanduser()
        if not path.exists():
            raise BadInput(f"{path} is not there; give a model's id, or the path of its file or folder.")
        files = Files(path)
        reasons: list[str] = []
        for architecture, family in self._in_order():
            if reasons and _comes_last(family):  # a hand-made family knows it, and says what is wrong
                break
            try:
                match = family.recognise(files)
            except BadInput as error:  # it is one of its kind, with something the person can mend
                reasons.append(str(error))
            except Exception as error:
                reasons.append(f"{family.CARD.name} could not look at it: {_words(error)}")
            else:
                if match is not None:
                    return architecture, _named(match, files)
        raise BadInput(reasons[0]) if reasons else Unknown(self._why_not(path))

    def _in_order(self) -> list[tuple[str, Any]]:
        """The families, those that take whatever nobody else claims (`LAST`) at the end."""
        return sorted(self.families.items(), key=lambda item: _comes_last(item[1]))

    def _why_not(self, path: Path) -> str:
        names = ", ".join(family.CARD.name for family in self.families.values()) or "nothing"
        if path.is_dir() and not any(path.iterdir()):
            return f"{path} is empty; choose a folder that holds a model."
        what = "this folder" if path.is_dir() else "this file"
        return f"{path} is no model that is known here: {what} is not of any of these kinds: {names}."

    def _take(self, name: str) -> None:
        short = name.removeprefix(f"{self.package}.")
        try:
            module = importlib.import_module(name)
        except Exception as error:
            self._problems.append(f"The family file {short} could not be loaded: {_words(error)}")
            return
        card = getattr(module, "CARD", None)
        if card is None:  # a part that several files of a family share
            return
        if wrong := _wrong_with(module, card):
            self._problems.append(f"The family file {short} is left out: {wrong}")
        elif card.architecture in self.families:
            other = self.families[card.architecture].__name__.removeprefix(f"{self.package}.")
            self._problems.append(
                f"The family file {short} is left out: {other} has the key {card.architecture!r} too."
            )
        else:
            self.families[card.architecture] = module


def _named(match: Match, files: Files) -> Match:
    """The claim with a name and a licence: the sidecar's word comes first, and the path's last."""
    told = files.sidecar
    name = files.title if told.get("name") else match.name or files.title
    return replace(match, name=name, licence=str(told.get("licence") or match.licence))


def _modules(package: str) -> Iterator[str]:
    """Names of all modules under a package, without importing any but the packages."""
    root = importlib.import_module(package)
    for found in pkgutil.iter_modules(root.__path__, f"{package}."):
        if found.name.rpartition(".")[2].startswith("_"):
            continue
        if found.ispkg:
            yield from _modules(found.name)
        else:
            yield found.name


def _wrong_with(module: ModuleType, card: object) -> str:
    """What keeps a module from being a family; empty where nothing does."""
    if not isinstance(card, Card):
        return "its CARD is no Card."
    missing = [name for name in _OFFERS if not callable(getattr(module, name, None))]
    if missing:
        return f"it has no {', '.join(missing)}."
    for parameter in card.parameters:
        try:
            parameter.check(parameter.default)
        except BadInput as error:
            return f"its own default is refused: {error}"
    return ""


def _comes_last(family: Any) -> bool:
    return bool(getattr(family, "LAST", False))


def _words(error: Exception) -> str:
    text = " ".join(str(error).split())
    where = os.path.basename(getattr(error, "filename", "") or "")  # noqa: PTH119 - a name, not a path
    return f"{type(error).__name__}{f' in {where}' if where else ''}: {text}" if text else type(error).__name__
