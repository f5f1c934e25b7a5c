"""Lists of words for `__colours__`: text files (one of a line), YAML or JSON, of the person's folder and of ours."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from models import folders
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
    return tuple(sorted(_manager().get_collection_names()))


def unknown(name: str, known: tuple[str, ...]) -> str:
    """The sentence for a list that is not there."""
    few = ", ".join(known[:6]) + (" …" if len(known) > 6 else "")
    return f"There is no list {name}: put {name}.txt into the folder {folder().name}" + (
        f", or take {few}." if few else "."
    )


def there(name: str, known: tuple[str, ...]) -> bool:
    """Whether a name, which may have * and ?, finds a list, as the library looks for it: at last in any folder."""
    from fnmatch import fnmatch

    plain = name.strip("/")
    return any(fnmatch(one, pattern) for pattern in (plain, f"**/{plain}") for one in known)


def _manager() -> Any:
    """The library's reader of these folders, whose values are all taken apart, and counted."""
    import logging

    from dynamicprompts.wildcards import WildcardManager

    # A list found in another folder, or a broken file: nothing that belongs on the screen of whoever made a picture.
    logging.getLogger("dynamicprompts").setLevel(logging.ERROR)
    return WildcardManager(root_map={"": [place for place in (shipped(), folder()) if place.is_dir()]})


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
