"""The person's folders of lists, tags and styles: made when they are first wanted, with a word on what goes in."""

from __future__ import annotations

from pathlib import Path

from models.outputs import atomic, place
from models.prompting import lists, styles, tags
from models.protocol import BadInput

README = "README.md"
_LISTS = """# Lists of words

A prompt that has `__colours__` in it takes a word of the list `colours`, another one with each seed.

- `colours.txt` is such a list: a word a line; what begins with # is passed over.
- `birds.txt` in a folder `animals` is `__animals/birds__`.
- A YAML or JSON file holds several: a name, and its words below it.

All of them are to be saved in UTF-8. A list of yours goes before one of the program's that has the same name.
"""
_TAGS = """# Tag lists

Words to complete what you type in a prompt with, as CSV files in UTF-8: a tag a line, and as other programs have
them its kind, how often it was used, and other words for it:

    boat
    boat,0,1200
    boat,0,1200,"ship,vessel"
"""


def of_lists() -> Path:
    """The folder of lists. Raises BadInput where it cannot be made."""
    return _ready(lists.folder(), README, _LISTS)


def of_tags() -> Path:
    """The folder of tag lists. Raises BadInput where it cannot be made."""
    return _ready(tags.folder(), README, _TAGS)


def of_styles() -> Path:
    """The folder in which the file of styles lies; an empty one is made where there is none. Raises BadInput."""
    file = styles.path()
    return file.parent if file.exists() else _ready(file.parent, file.name, "[]\n", always=True)


def _ready(folder: Path, name: str, text: str, *, always: bool = False) -> Path:
    """The folder, with that file in it where it would be empty."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if always or not any(folder.iterdir()):
            atomic.write_new(folder / name, text.encode())
    except OSError as error:
        raise BadInput(place.sentence(error, folder)) from error
    return folder
