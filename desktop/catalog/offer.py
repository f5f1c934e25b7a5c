"""One model that can be fetched: what it is good for, what it takes, and the button that fetches it."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import Qt, QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QWidget

from desktop.catalog import facts, families, page
from desktop.controls import hairline, set_role
from models import sizes
from models.store.catalog.entry import Entry

NOW = "Nothing is asked of {host} until you press this. Then it is fetched, checked and put on your list."
UNKNOWN = (
    "It is not in the catalog: what it is, how large it is and under which licence, the hub will say once you fetch it."
)
GATED = "Its owners want their terms accepted on its page first, and then an access token from your account there."


@dataclass(frozen=True)
class Standing:
    """Where an offer stands: `phase` of its download, empty where none was begun; whether it is `here` already."""

    phase: str = ""
    here: bool = False


class Offer(page.Page):
    """`fetch` and `use` when the large button is pressed, by what it says; `token_wanted` for a gated model."""

    fetch = Signal()
    use = Signal()
    token_wanted = Signal()

    def __init__(self, host: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._host = host
        self._address = ""
        self._here = False
        self.good_for = page.words()
        self.fits = page.words("fits")
        self.adds = page.words()
        self.button = QPushButton("Download")
        self.button.setMinimumWidth(240)
        self.button.setCursor(Qt.CursorShape.PointingHandCursor)
        set_role(self.button, "primary")
        self.button.clicked.connect(lambda: (self.use if self._here else self.fetch).emit())
        self.before = page.words("small")
        self.gated = page.words()
        self.open_page = QPushButton("Open its page")
        self.open_page.clicked.connect(lambda: QDesktopServices.openUrl(QUrl(self._address)))
        self.token = QPushButton("I have a token…")
        self.token.clicked.connect(self.token_wanted)
        self.facts = facts.Facts()
        large = QHBoxLayout()
        large.setSpacing(16)
        large.addWidget(self.button)
        large.addWidget(self.before, 1)
        self._terms = QWidget()
        terms = QHBoxLayout(self._terms)
        terms.setContentsMargins(0, 0, 0, 0)
        terms.setSpacing(8)
        for button in (self.open_page, self.token):
            terms.addWidget(button)
        terms.addStretch(1)
        self.column.addWidget(self.good_for)
        self.column.addWidget(self.adds)
        self.column.addWidget(self.fits)
        self.column.addLayout(large)
        self.column.addWidget(self.gated)
        self.column.addWidget(self._terms)
        self.column.addSpacing(4)
        self.column.addWidget(hairline())
        self.column.addWidget(self.facts)
        self.column.addStretch(1)

    def show_entry(self, entry: Entry, names: dict[str, str], fit: tuple[str, bool], standing: Standing) -> None:
        """A model of the catalog; `fit` is how it would do here, in a sentence, and whether that warns."""
        year = f" · {entry.year}" if entry.year else ""
        self.head(entry.name, f"{entry.id} · {families.name(entry.family)}{year}", entry.family)
        self.good_for.setText(entry.good_for)
        needed = [names.get(id, id) for id in entry.needs]
        self.adds.setText(f"It adds to {' and '.join(needed)}, which it needs beside it." if needed else "")
        self.adds.setVisible(bool(needed))
        page.say_fit(self.fits, *fit)
        self._say_gated(bool(entry.gated), entry.address)
        self.facts.tell(facts.of_entry(entry, names))
        size = "" if entry.download_bytes is None else f" {sizes.size(entry.download_bytes)}"
        self.stand(f"Download{size}", standing)

    def show_unknown(self, id: str, address: str, standing: Standing) -> None:
        """A model of the hub that the person has named."""
        self.head(id, "On the hub", "")
        self.good_for.setText(UNKNOWN)
        self.adds.hide()
        page.say_fit(self.fits, "", False)
        self._say_gated(False, address)
        self.facts.tell([facts.Fact("Its page", address, address)])
        self.stand(f"Fetch {id}" if len(id) < 34 else "Fetch it from the hub", standing)

    def stand(self, words: str, standing: Standing) -> None:
        """What the large button does now."""
        self._here = standing.here
        on_its_way = {
            "queued": "Waits for its turn",
            "listing": "On its way",
            "running": "On its way",
            "paused": "Go on with it",
            "failed": "Try again",
            "gated": "Try again",
        }
        waits = standing.phase in ("queued", "listing", "running") and not standing.here
        self.button.setText("Use this model" if standing.here else on_its_way.get(standing.phase, words))
        self.button.setEnabled(not waits)
        self.before.setText(
            "It is on this machine."
            if standing.here
            else "How far it is stands below."
            if standing.phase in on_its_way
            else NOW.format(host=self._host)
        )

    def _say_gated(self, gated: bool, address: str) -> None:
        self._address = address
        self.gated.setText(GATED if gated else "")
        self.gated.setVisible(gated)
        self._terms.setVisible(gated)
