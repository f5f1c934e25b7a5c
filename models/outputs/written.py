"""Text as a file, with its record after it: out of sight in Markdown, as a signature in plain text.

Markdown has a comment of HTML as its last block, which no viewer shows. Plain text has no place for such things, so
the record is one line below `-- `, the mark by which mail and news have long told a text from what is said about it
(RFC 3676, 4.3). In both the text itself stands first, byte for byte, and `parted` gives it back.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from models.outputs import embed

_MARKDOWN = ("\n\n<!-- everyform ", " -->\n")
_PLAIN = ("\n\n-- \neveryform ", "\n")


def with_record(text: str, record: Mapping[str, Any], name: str) -> str:
    """The file's text; `name` is the format's ("markdown" or "text")."""
    begin, end = _MARKDOWN if name == "markdown" else _PLAIN
    # A ">" could end the comment.
    return text + begin + embed.text(record).replace(">", "\\u003e") + end


def parted(whole: str) -> tuple[str, str]:
    """The text, and our JSON; all of it and "" where no record ends it."""
    for begin, end in (_MARKDOWN, _PLAIN):
        text, mark, rest = whole.rpartition(begin)
        told = rest.removesuffix(end)
        if mark and rest.endswith(end) and "\n" not in told:
            return text, told
    return whole, ""
