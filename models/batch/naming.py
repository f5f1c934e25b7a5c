"""What the files of a batch are called: a template, filled from the row alone, so that a row has one name anywhere."""

from __future__ import annotations

import string
from collections.abc import Iterable, Mapping

from models.outputs.write import slug
from models.protocol import BadInput, listed

USUAL = "{preset}-{prompt}-{input}-{grid}-{seed}"
FIELDS = ("preset", "model", "task", "prompt", "input", "seed", "grid", "row")
_MAX_BYTES = 180  # a file's name has 255 at most, and an ending and a mark of ours come on top
_FORBIDDEN = '<>:"/\\|?*'
_RESERVED = {"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10))}


def check(template: str, settings: Iterable[str]) -> None:
    """Raises BadInput where the template has an unknown field or a character that file systems refuse."""
    known = {*FIELDS, *settings}
    try:
        parts = list(string.Formatter().parse(template))
    except ValueError as error:
        raise BadInput(f"The name {template!r} is no template ({error}): for example {USUAL!r}.") from error
    for text, name, form, conversion in parts:
        if any(c in _FORBIDDEN or not c.isprintable() for c in text):
            raise BadInput("The name has a character that no file's name may have: use letters, digits and {fields}.")
        if name is not None and (name not in known or form or conversion):
            raise BadInput(f"The name has no field {{{name}}}: there are {listed(FIELDS)}, and the settings.")
    if not any(name for _, name, _, _ in parts):
        raise BadInput(f"The name {template!r} gives every file the same name: put in a field, such as {{seed}}.")


def filled(template: str, values: Mapping[str, object]) -> str:
    """The name without its ending. Empty fields leave no two hyphens behind."""
    words = {name: slug(str(value)) for name, value in values.items()}
    parts = string.Formatter().parse(template)
    name = "".join(text + (words.get(field, "") if field else "") for text, field, _, _ in parts)
    name = "-".join(part for part in name.split("-") if part).strip(" .")
    while len(name.encode()) > _MAX_BYTES:
        name = name[:-1]
    name = name.strip(" .-") or "row"
    return f"{name}_" if name.split(".")[0].casefold() in _RESERVED else name


def apart(names: Iterable[tuple[str, str]], taken: Iterable[str] = ()) -> dict[str, str]:
    """Of (id, name) the name of each id: those that would be alike, on any file system, get their id behind it."""
    pairs = list(names)
    seen = [name.casefold() for name in taken]
    count: dict[str, int] = dict.fromkeys(seen, 1)
    for _, name in pairs:
        count[name.casefold()] = count.get(name.casefold(), 0) + 1
    return {id: name if count[name.casefold()] == 1 else f"{name}-{id[:8]}" for id, name in pairs}
