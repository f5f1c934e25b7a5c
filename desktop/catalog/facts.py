"""What is known of a model, in two columns: names and values, some with a link."""

from __future__ import annotations

import html
from collections.abc import Iterable
from dataclasses import dataclass

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QLabel, QWidget

from desktop import theme
from desktop.catalog import families, wording
from desktop.controls import set_role
from models import sizes
from models.planning.machine import gigabytes
from models.protocol import Found, ModelInfo, listed
from models.store.catalog.entry import Entry

_GATED = {
    True: "Only after its terms are accepted on its page",
    False: "Open to everybody",
    None: "Not known; the hub says so if its terms must be accepted first",
}
_USUAL, _LEAST, _NAMES = 600, 180, 104  # px: the table's widths, and that of its names


@dataclass(frozen=True)
class Fact:
    """One row. `link` is an address that is opened in the person's own browser, when they click."""

    name: str
    value: str
    link: str = ""


class Facts(QLabel):
    """A table of facts that can be read, selected and followed: one widget, as each one takes its time to be styled."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._told: tuple[Fact, ...] = ()
        self._heights: dict[int, int] = {}
        set_role(self, "small-second")
        self.setTextFormat(Qt.TextFormat.RichText)
        self.setWordWrap(True)
        self.setOpenExternalLinks(True)
        self.setTextInteractionFlags(Qt.TextInteractionFlag.TextBrowserInteraction)
        self.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        theme.current().changed.connect(self._write)

    def tell(self, facts: Iterable[Fact]) -> None:
        """These, in place of those before."""
        told = tuple(facts)
        if told != self._told:
            self._told = told
            self._write()
            self.setAccessibleName(". ".join(f"{fact.name}: {fact.value}" for fact in told))

    def values(self) -> dict[str, str]:
        """What is told, by name."""
        return {fact.name: fact.value for fact in self._told}

    def _write(self) -> None:
        """The colours lie in the text; another room's accent is none of them."""
        quiet = f"color: {theme.current().tokens.text_3}; padding: 3px 16px 3px 0; white-space: nowrap"
        rows = [
            f'<tr><td width="{_NAMES}" style="{quiet}">{html.escape(fact.name)}</td><td style="padding: 3px 0">'
            f"{_linked(fact) if fact.link else html.escape(fact.value)}</td></tr>"
            for fact in self._told
        ]
        text = f'<table cellspacing="0" cellpadding="0" width="100%">{"".join(rows)}</table>'
        if text != self.text():
            self._heights.clear()
            self.setText(text)

    def heightForWidth(self, width: int) -> int:
        """Layouts ask for it dozens of times in a row, and each time all of the text would be set anew."""
        if width not in self._heights:
            self._heights[width] = super().heightForWidth(width)
        return self._heights[width]

    def sizeHint(self) -> QSize:
        return QSize(_USUAL, self.heightForWidth(_USUAL))

    def minimumSizeHint(self) -> QSize:
        return QSize(_LEAST, self.fontMetrics().height())


def _linked(fact: Fact) -> str:
    colour = theme.current().tokens.text
    return f'<a href="{html.escape(fact.link)}" style="color: {colour}">{html.escape(fact.value)}</a>'


def _path(path: str) -> str:
    """It may be broken at its slashes."""
    return path.replace("/", "/\u200b").replace("\\", "\\\u200b")


def _both(model: ModelInfo | Found) -> list[Fact]:
    numbers = f"{wording.count(model.numbers)}, {wording.precision(model)}" if model.numbers else ""
    return [
        Fact("Size", sizes.size(model.size_bytes)),
        Fact("Parameters", numbers),
        Fact("Needs", listed(model.needs) if model.needs else ""),
        Fact("Licence", model.licence or "not stated"),
        Fact("Lies in", _path(model.path)),
        Fact("Linked from", _path(model.found_in)),
    ]


def of_model(model: ModelInfo) -> list[Fact]:
    """This copy of a model on this machine."""
    rows = [
        Fact("Family", families.name(model.card.family)),
        Fact("Architecture", model.card.name),
        Fact("Of", ", ".join(part for part in (model.base, model.detail) if part)),
        Fact("Makes", ", ".join(task.replace("-", " ") for task in model.card.tasks)),
        *_both(model),
        Fact("Missing", model.missing),
    ]
    return [row for row in rows if row.value]


def of_found(found: Found) -> list[Fact]:
    """An addition to models, or what nothing here runs."""
    rows = [
        Fact("Kind", found.kind),
        Fact("For" if found.addition else "Of", listed(found.bases) if found.bases else ""),
        Fact("Detail", found.detail),
        *_both(found),
    ]
    return [row for row in rows if row.value]


def of_entry(entry: Entry, names: dict[str, str]) -> list[Fact]:
    """A model of the catalog; `names` gives those of other entries by their ids. What is not known is said to be so."""
    memory = "not known"
    if entry.memory_bytes is not None and entry.least_memory_bytes is not None:
        memory = f"about {gigabytes(entry.memory_bytes)}"
        if entry.least_memory_bytes < entry.memory_bytes:
            memory += f", or {gigabytes(entry.least_memory_bytes)} where its parts take turns"
    rows = [
        Fact("Family", families.name(entry.family)),
        Fact("Architecture", entry.architecture),
        Fact("Kind", wording.KINDS[entry.kind]),
        Fact("Makes", ", ".join(task.replace("-", " ") for task in entry.tasks)),
        Fact("Licence", entry.licence or "not known: see its page", entry.licence_link or ""),
        Fact("Terms", _GATED[entry.gated]),
        Fact("Download", "not known" if entry.download_bytes is None else sizes.size(entry.download_bytes)),
        Fact("Parameters", "not known" if entry.parameters is None else wording.count(entry.parameters)),
        Fact("Memory", memory),
        Fact("Files", ", ".join(part for part in (entry.format, entry.dtype, entry.file) if part)),
        Fact("Base model", names.get(entry.base, entry.base) if entry.base else ""),
        Fact("Needs", listed([names.get(id, id) for id in entry.needs]) if entry.needs else ""),
        Fact("Paper", entry.paper or "", entry.paper or ""),
        Fact("Its page", entry.address, entry.address),
    ]
    return [row for row in rows if row.value]
