"""Words to complete what is typed with: tag lists as CSV in the person's folder, and a small model's own vocabulary."""

from __future__ import annotations

import csv
import io
import json
from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from models import folders
from models.prompting import listfiles
from models.protocol import BadInput

MOST_TAGS = 500_000
ENDING = ".csv"
SMALL = 4_000  # tokens: of a larger vocabulary, nobody learns what the model knows by being shown its words
_END = "</w>"


@dataclass(frozen=True)
class Tag:
    """A word to write, and how often it was used where the list tells it. `said` is what finds it, where it is another
    word."""

    text: str
    count: int = 0
    said: str = ""


class Words:
    """Tags by how they begin. Building sorts; finding looks at no more than what begins so."""

    def __init__(self, tags: Iterable[Tag] = ()) -> None:
        self._tags = sorted(((tag.said or tag.text).casefold().replace("_", " "), tag) for tag in _first(tags))
        self._keys = [key for key, _ in self._tags]

    def __len__(self) -> int:
        return len(self._tags)

    def find(self, typed: str, most: int = 8) -> list[Tag]:
        """Those that begin so, most used first, then the shortest; each word once."""
        key = typed.casefold().replace("_", " ")
        low = bisect_left(self._keys, key)
        high = bisect_left(self._keys, key + chr(0x10FFFF))
        best = sorted((tag for _, tag in self._tags[low:high]), key=lambda tag: (-tag.count, len(tag.text), tag.text))
        return list({tag.text: tag for tag in best}.values())[:most]


def folder() -> Path:
    """Where the person's tag lists lie: CSV with the tag, and as others have them its kind, its count, its aliases."""
    return folders.data() / "tags"


def files() -> list[Path]:
    """The person's tag lists."""
    return [file for file in listfiles.places(folder(), (ENDING,)) if file.parent == folder()]


def listed() -> tuple[list[Tag], list[str]]:
    """All tags of all lists there, and a sentence on each list that cannot be read."""
    found: list[Tag] = []
    problems: list[str] = []
    for file in files():
        try:
            found += read(file)
        except BadInput as error:
            problems.append(str(error))
    return found, problems


def read(file: Path) -> list[Tag]:
    """The tags of one CSV file: `boat`, `boat,0,1200` or `boat,0,1200,"ship,vessel"`. Raises BadInput."""
    found: list[Tag] = []
    reader = csv.reader(io.StringIO(listfiles.text(file), newline=""))
    try:
        for row in reader:
            if not row or not (text := row[0].strip()) or text.startswith("#"):
                continue
            told = row[2].strip() if len(row) > 2 else ""
            count = int(told) if told.isdecimal() and len(told) < 16 else 0
            found.append(Tag(text, count))
            aliases = row[3].split(",") if len(row) > 3 else []
            found += [Tag(text, count, alias.strip()) for alias in aliases if alias.strip()]
            if len(found) >= MOST_TAGS:
                break
    except csv.Error as error:
        raise BadInput(f"{file.name} is no sound table at line {reader.line_num} ({error}): mend it there.") from error
    return found


def of_model(model_path: str, tokenizer: str) -> list[Tag]:
    """The whole words of a small vocabulary; none where it is large, or cannot be read."""
    file = Path(model_path) / tokenizer / "tokenizer.json"
    try:
        if not tokenizer or file.stat().st_size > 2**20:
            return []
        model = json.loads(file.read_text("utf-8")).get("model", {})
        vocabulary = model.get("vocab", {})
        if not isinstance(vocabulary, dict) or len(vocabulary) > SMALL:
            return []
    except (OSError, ValueError, AttributeError, RecursionError):
        return []
    words = (str(token).removesuffix(_END) for token in vocabulary if str(token).endswith(_END))
    return [Tag(word) for word in words if len(word) > 2 and word.isascii() and word.isalpha()]


def _first(tags: Iterable[Tag]) -> list[Tag]:
    return [tag for _, tag in zip(range(MOST_TAGS), tags, strict=False)]
