"""Styles: named texts with `{prompt}` in them, which are laid around what one writes; a JSON file of the person's."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from models import folders
from models.prompting import listfiles
from models.protocol import BadInput, listed

PLACE = "{prompt}"


@dataclass(frozen=True)
class Style:
    """`prompt` and `negative_prompt` hold `{prompt}` where the text goes; without it, they are put behind it."""

    name: str
    prompt: str
    negative_prompt: str = ""

    def around(self, prompt: str, negative_prompt: str = "") -> tuple[str, str]:
        """Both texts in this style."""
        return _laid(self.prompt, prompt), _laid(self.negative_prompt, negative_prompt)


def path() -> Path:
    """The person's file: a list of objects with `name`, `prompt` and `negative_prompt`."""
    return folders.data() / "styles.json"


def known() -> tuple[Style, ...]:
    """Those that ship and the person's, by name; one of the name of ours takes its place. Raises BadInput where the
    person's file is broken."""
    found = {one.name: one for one in (*_read(folders.resources() / "styles.json"), *own())}
    return tuple(sorted(found.values(), key=lambda one: one.name.casefold()))


def own() -> tuple[Style, ...]:
    """The person's. Raises BadInput."""
    return _read(path()) if path().is_file() else ()


def find(name: str) -> Style:
    """The style of that name, whatever its case. Raises BadInput with those that there are."""
    there = known()
    for one in there:
        if one.name.casefold() == name.strip().casefold():
            return one
    raise BadInput(f"There is no style {name}: choose {listed([one.name for one in there])}.")


def keep(style: Style) -> None:
    """Write it to the person's file, in the place of one of the same name. Raises BadInput."""
    if not style.name.strip() or not (style.prompt.strip() or style.negative_prompt.strip()):
        raise BadInput("A style needs a name and some words.")
    kept = list(own())
    at = next((k for k, one in enumerate(kept) if _alike(one.name, style.name)), len(kept))
    _write([*kept[:at], style, *kept[at + 1 :]])


def rename(name: str, to: str) -> Style:
    """Give one of the person's another name; it as it is now. Raises BadInput where another has that name."""
    kept, to = list(own()), " ".join(to.split())
    at = _place(kept, name)
    if not to:
        raise BadInput("A style needs a name: give it one.")
    if any(_alike(one.name, to) for k, one in enumerate(kept) if k != at):
        raise BadInput(f"There is a style {to} already: give this one another name.")
    kept[at] = replace(kept[at], name=to)
    _write(kept)
    return kept[at]


def remove(name: str) -> tuple[Style, int]:
    """Take one of the person's away; it and its place, for `restore`. Raises BadInput."""
    kept = list(own())
    at = _place(kept, name)
    gone = kept.pop(at)
    _write(kept)
    return gone, at


def restore(style: Style, at: int) -> None:
    """Bring back what `remove` took away. Raises BadInput where another has its name by now."""
    kept = list(own())
    if any(_alike(one.name, style.name) for one in kept):
        raise BadInput(f"There is another style {style.name} by now: give that one another name first.")
    _write([*kept[:at], style, *kept[at:]])


def _alike(name: str, other: str) -> bool:
    return name.strip().casefold() == other.strip().casefold()


def _place(kept: list[Style], name: str) -> int:
    for at, one in enumerate(kept):
        if _alike(one.name, name):
            return at
    raise BadInput(f"The style {name} is no longer in {path().name}: it was changed meanwhile.")


def _write(kept: list[Style]) -> None:
    from models.outputs import atomic, place

    try:
        path().parent.mkdir(parents=True, exist_ok=True)
        atomic.write_bytes(path(), _text(kept))
    except OSError as error:
        raise BadInput(f"The styles are not kept: {place.sentence(error, path().parent)}") from error


def _text(styles: Iterable[Style]) -> bytes:
    return json.dumps([asdict(one) for one in styles], indent=1, ensure_ascii=False).encode("utf-8", "replace")


def _read(file: Path) -> tuple[Style, ...]:
    try:
        held = json.loads(listfiles.text(file))
        if not isinstance(held, list):
            raise ValueError("it is no list")
        return tuple(_style(row) for row in held)
    except BadInput:
        raise
    except (ValueError, RecursionError) as error:
        raise BadInput(f"{file.name} in {file.parent} cannot be read ({error}): mend it or move it away.") from error


def _style(row: object) -> Style:
    names = ("name", "prompt", "negative_prompt")
    if not isinstance(row, dict) or not isinstance(row.get("name"), str) or not row["name"].strip():
        raise ValueError("every style is an object with a name")
    if not all(isinstance(row.get(name, ""), str) for name in names):
        raise ValueError(f"the style {row['name']} holds something that is no text")
    return Style(*(row.get(name, "") for name in names))


def _laid(style: str, text: str) -> str:
    if PLACE in style:
        return style.replace(PLACE, text)
    return ", ".join(part for part in (text, style) if part)
