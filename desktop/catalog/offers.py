"""The side "Get more": the catalog of public models, found, filtered and sorted, and any other that a person names."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QWidget

from desktop.aside import Aside
from desktop.catalog import wording
from desktop.catalog.column import Column, grouped
from desktop.catalog.offer import Offer, Standing
from desktop.catalog.rows import Line
from desktop.controls import hairline
from desktop.empty import Empty
from models import sizes
from models.planning.machine import gigabytes
from models.protocol import BadInput, ModelInfo
from models.store.catalog.entry import Entry

if TYPE_CHECKING:
    from models.planning.fit import Fit
    from models.planning.machine import Machine
    from models.store.fetch.staging import Ask

ORDERS = (("By family", "name"), ("Least memory", "memory"), ("Smallest first", "download"), ("Newest first", "year"))
NOTHING = "No model of the catalog is like that. The name of one on the hub, as owner/name, can be fetched as well."
_ON_THE_HUB = "the hub: "


class Offers(QWidget):
    """`fetch` carries an `Ask`, `use` a ModelInfo that is here already, `token_wanted` the id of a gated model."""

    fetch = Signal(object)
    use = Signal(object)
    token_wanted = Signal(str)
    loaded = Signal()

    def __init__(self, aside: Aside, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.entries: tuple[Entry, ...] = ()
        self.names: dict[str, str] = {}  # of the catalog's models, by their ids
        self._lying: dict[str, ModelInfo] = {}  # what is here, by the names of folders of the hub's models
        self._phases: dict[str, str] = {}
        self._aside = aside
        self._machine: Machine | None = None
        self._fits: dict[str, Fit] = {}  # of those of which enough is known
        self.column = Column("Find a model, or name one on the hub", "Models to get", ORDERS, NOTHING, self)
        self.column.asked.connect(self.fill)
        self.column.chosen.connect(self._show)
        self.column.used.connect(lambda _: self.offer.button.setFocus())
        self.pages = QStackedWidget(self)
        self.offer: Offer = Offer(_host(), self.pages)
        self.offer.fetch.connect(lambda: self.fetch.emit(self.asked_for()))
        self.offer.use.connect(lambda: self.use.emit(self._here(self.id)))
        self.offer.token_wanted.connect(lambda: self.token_wanted.emit(self.id))
        self.empty = Empty("Choose a model at the left to read what it is good for.", parent=self.pages)
        self.pages.addWidget(self.empty)
        self.pages.addWidget(self.offer)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self.column)
        row.addWidget(hairline(upright=True))
        row.addWidget(self.pages, 1)
        aside.run(_read, self._came)

    @property
    def id(self) -> str:
        """The hub's id of what is shown."""
        return self.column.key.removeprefix(_ON_THE_HUB)

    def asked_for(self) -> Ask | None:
        """What pressing the button fetches."""
        from models.store.fetch.staging import Ask

        entry = self.shown()
        if entry is None:
            id, revision = _named(self.id)
            return Ask(id, revision) if id else None
        return Ask(entry.id, include=(entry.file,) if entry.file else (), variant=entry.variant or "")

    def shown(self) -> Entry | None:
        """The entry on the page, where it is one of the catalog."""
        return next((entry for entry in self.entries if entry.id == self.column.key), None)

    # ── what is told from outside ─────────────────────────────────────────────

    def set_models(self, models: Sequence[ModelInfo]) -> None:
        """What is on this machine already need not be fetched."""
        lying = {name: model for model in models for name in _hub_names(model.path)}
        if lying != self._lying:
            self._lying = lying
            self.fill()

    def set_machine(self, machine: Machine | None) -> None:
        """What models would run on; nothing is said of it until it is known."""
        if machine != self._machine:
            self._machine = machine
            self._weigh()

    def set_phases(self, phases: dict[str, str]) -> None:
        """How the downloads stand, by the ids of their models."""
        if phases != self._phases:
            self._phases = dict(phases)
            self.fill()

    # ── the list and the page ─────────────────────────────────────────────────

    def fill(self) -> None:
        """List what is asked for."""
        if not self.entries:
            return
        from models.store.catalog import catalog

        wanted = self.column.wanted()
        found = catalog.select(
            self.entries,
            wanted.words,
            wanted.medium,
            wanted.family,
            order=wanted.order,  # type: ignore[arg-type]
        )
        if wanted.fits:
            found = [entry for entry in found if self._fit(entry.id)[0] and not self._fit(entry.id)[1]]
        by_family = wanted.order == "name"
        lines = [self._line(entry, wanted.order) for entry in found]
        shown = grouped(lines) if by_family else lines
        id, _ = _named(wanted.words)
        if id and "/" in id and all(entry.id.casefold() != id.casefold() for entry in found):
            name = f"{_ON_THE_HUB}{wanted.words}"
            shown = [Line(f"Fetch {id} from the hub", name, "not in the catalog"), *shown]
        self.column.show_lines(shown)
        keys = [line.key for line in shown if line.key]
        if keys and self.column.key not in keys:
            self.column.choose(keys[0])  # while one types, the page shows the first of what is found
        self._show()

    def _line(self, entry: Entry, order: str) -> Line:
        sentence, warns = self._fit(entry.id)
        kind = wording.KINDS[entry.kind] or entry.architecture.split(":")[0]
        phase = self._phases.get(entry.id, "")
        if self._here(entry.id) is not None:
            under = "on this machine"
        elif phase in ("queued", "listing", "running"):
            under = "on its way"
        elif phase in ("paused", "failed", "gated"):
            under, warns = {"paused": "paused", "failed": "did not come", "gated": "waits for your token"}[phase], True
        elif warns:
            under = "does not fit here"
        else:
            under = f"{wording.MEDIUM_NAMES[entry.medium]} · {kind}"
            under += ", after its terms" if entry.gated else ""
            warns = False
        right = "" if entry.download_bytes is None else sizes.size(entry.download_bytes)
        if order == "year":
            right = str(entry.year or "")
        elif order == "memory":
            right = "" if entry.memory_bytes is None else gigabytes(entry.memory_bytes)
        said = f"{entry.name}, {under}, {right}, {wording.MEDIUM_NAMES[entry.medium].lower()}"
        return Line(entry.name, entry.id, under, right, entry.family, warns, order != "name", said, sentence)

    def _show(self, _: str = "") -> None:
        key, entry = self.column.key, self.shown()
        self.pages.setCurrentWidget(self.offer if key else self.empty)
        standing = Standing(self._phases.get(self.id, ""), self._here(self.id) is not None)
        if entry is not None:
            self.offer.show_entry(entry, self.names, self._fit(entry.id), standing)
        elif key:
            id, _revision = _named(self.id)
            standing = Standing(self._phases.get(id, ""), self._here(id) is not None)
            self.offer.show_unknown(id, _page(id), standing)

    def _here(self, id: str) -> ModelInfo | None:
        """The model of that id where it lies on this machine: fetched by us, or in the hub's own cache."""
        return self._lying.get(id.replace("/", "--"))

    def _fit(self, id: str) -> tuple[str, bool]:
        """How that model would do here, and whether the sentence warns; empty where it is not known."""
        told = self._fits.get(id)
        return (told.sentence, told.verdict == "too large") if told else ("", False)

    def _weigh(self) -> None:
        """Ask how each model would run here: all of them together take longer than a frame."""
        entries, machine = self.entries, self._machine
        if not entries or machine is None:
            return

        def weigh() -> dict[str, Fit]:
            from models.store.catalog.fit import fits

            return fits(entries, machine)

        def weighed(found: object) -> None:
            if isinstance(found, dict) and machine is self._machine:
                self._fits = found
                self.fill()

        self._aside.run(weigh, weighed)

    def _came(self, found: object) -> None:
        if isinstance(found, BadInput):
            self.empty.say(str(found))
        elif isinstance(found, Exception):
            self.empty.say(f"The catalog of models cannot be read ({type(found).__name__}).")
        else:
            self.entries = found  # type: ignore[assignment]
            self.names = {entry.id: entry.name for entry in self.entries}
            self.fill()
            self._weigh()
            self.loaded.emit()


def _hub_names(path: str) -> list[str]:
    """`owner--name` of the folders that it lies in, as downloads and the hub's own cache call them."""
    if "--" not in path:
        return []
    return [part.removeprefix("models--").partition("@")[0] for part in re.split(r"[/\\]", path) if "--" in part]


def _read() -> tuple[Entry, ...]:
    from models.store.catalog import catalog
    from models.store.fetch import hub, staging  # noqa: F401 - read here, where nobody waits for it

    return catalog.read()


def _named(words: str) -> tuple[str, str]:
    """Id and revision of a model that these words name, or empty ones."""
    from models.store.fetch.hub import model_id

    try:
        return model_id(words) if words else ("", "")
    except BadInput:
        return "", ""


def _page(id: str) -> str:
    from models.store.fetch import hub

    try:
        return hub.page(id)
    except BadInput:
        return ""


def _host() -> str:
    from models.store.fetch import connection

    try:
        return connection.host()
    except BadInput:
        return "the hub"
