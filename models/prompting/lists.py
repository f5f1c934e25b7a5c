"""Lists of words for `__colours__`: text files (one of a line), YAML or JSON, of the person's folder and of ours."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from models import folders
from models.prompting import listfiles
from models.protocol import BadInput

if TYPE_CHECKING:
    from dynamicprompts.wildcards.values import WildcardValues

REMEMBERED = 50_000  # lines
MOST_ASKED = 500  # lists that name each other ask for more of them without end


def folder() -> Path:
    """Where the person's own lie; one of the name of ours takes its place."""
    return folders.data() / "wildcards"


def shipped() -> Path:
    return folders.resources() / "wildcards"


def names() -> tuple[str, ...]:
    """What there is, `animals/birds` for one in a folder, in alphabetical order."""
    return tuple(sorted(_all()))


def problems() -> tuple[str, ...]:
    """A sentence on each file of the person's that cannot be read whole."""
    return tuple(_broken().values())


def unknown(name: str, known: tuple[str, ...]) -> str:
    """The sentence for a list that is not there, or whose file cannot be read."""
    if sentence := amiss(name):
        return sentence
    if broken := _broken():  # it may be in there
        return f"There is no list {name} that can be read: {next(iter(broken.values()))}"
    few = ", ".join(known[:6]) + (" …" if len(known) > 6 else "")
    return f"There is no list {name}: put {name}.txt into the folder {folder().name}" + (
        f", or take {few}." if few else "."
    )


def amiss(name: str) -> str:
    """Why a file of that name, which may have * and ?, cannot be read whole; empty where it can."""
    return next((sentence for stem, sentence in _broken().items() if there(name, (stem,))), "")


def there(name: str, known: tuple[str, ...]) -> bool:
    """Whether a name, which may have * and ?, finds a list, as the library looks for it: at last in any folder."""
    from fnmatch import fnmatch

    plain = name.strip("/")
    return any(fnmatch(one, pattern) for pattern in (plain, f"**/{plain}") for one in known)


def _all() -> dict[str, tuple[listfiles.Word, ...]]:
    """Every list by its name. Where a file of the person's is broken, ours of that name does not stand in for it."""
    found: dict[str, tuple[listfiles.Word, ...]] = {}
    for place in (shipped(), folder()):
        for stem, file in listfiles.read(place):
            if file.problem:
                found.pop(stem, None)
            found.update(file.lists)
    return found


def _broken() -> dict[str, str]:
    """The sentences by the files' names without endings."""
    return {stem: file.problem for stem, file in listfiles.read(folder()) if file.problem}


def _manager() -> Any:
    """The library's way of finding among these lists, with the values as they were read here."""
    import logging

    from dynamicprompts.wildcards import WildcardManager
    from dynamicprompts.wildcards.collection.list import ListWildcardCollection
    from dynamicprompts.wildcards.item import WildcardItem

    # A list found in another folder: nothing that belongs on the screen of whoever made a picture.
    logging.getLogger("dynamicprompts").setLevel(logging.ERROR)
    lists = {
        name: ListWildcardCollection([text if weight == 1 else WildcardItem(text, weight) for text, weight in words])
        for name, words in _all().items()
    }
    return WildcardManager(root_map={"": [lists]})  # type: ignore[list-item]


@lru_cache(maxsize=REMEMBERED)
def _taken(line: str) -> tuple[str, str]:
    """A line as the library is to have it, and why it cannot be read: the same for every picture of a run."""
    from models.prompting.scan import scan

    taken = scan(line, whole=False)
    return taken.clean, next((problem.sentence for problem in taken.problems if problem.fatal), "")


class Lists:
    """What the library asks for lists while it expands one prompt. Raises BadInput for one that is not there."""

    def __init__(self) -> None:
        self._inner = _manager()
        self._asked = 0
        self._kept: dict[str, WildcardValues] = {}

    def get_values(self, name: str) -> WildcardValues:
        from dynamicprompts.wildcards.item import WildcardItem

        self._asked += 1
        if self._asked > MOST_ASKED:
            raise BadInput(f"The list {name} asks for more and more lists: see that none of them names itself.")
        if name not in self._kept:
            found = self._inner.get_values(name)
            if not found:
                known = names()
                empty = f"The list {name} is empty: write words into it."
                raise BadInput(empty if there(name, known) else unknown(name, known))
            items = []
            for item in found.items:
                clean, wrong = _taken(str(item))
                if wrong:
                    raise BadInput(f"The line “{str(item)[:60]}” of the list {name} cannot be read. {wrong}")
                items.append(WildcardItem(clean, item.weight) if isinstance(item, WildcardItem) else clean)
            self._kept[name] = type(found)(tuple(items))
        return self._kept[name]

    def to_wildcard(self, name: str) -> str:
        return f"__{name}__"
