"""The side "On this machine": the models and additions that are here, each with what it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QMenu, QPushButton, QStackedWidget, QWidget

from desktop.aside import Aside
from desktop.catalog import families
from desktop.catalog.about import About
from desktop.catalog.column import Column, grouped
from desktop.catalog.copies import CopiesPage
from desktop.catalog.list import what_it_is
from desktop.catalog.rows import Line
from desktop.controls import hairline, set_role
from desktop.empty import Empty
from models import sizes
from models.planning.machine import Machine
from models.protocol import Found, ModelInfo

ORDERS = (("By family", ""), ("By name", "name"), ("Largest first", "size"), ("Newest first", "date"))
NOTHING = "No model on this machine is like that."
EMPTY = "No model is on this machine yet. Get one from the catalog, or drop a file or a folder of yours here."
GET_MORE = "Get more models"
ADDITIONS, OTHERS = "Additions to models", "Not run by anything here"


class Here(QWidget):
    """`deed` carries what is wanted and the ModelInfo or Found that it is for; the others carry nothing."""

    deed = Signal(str, object)
    get_more = Signal()
    add_folder = Signal()
    add_file = Signal()
    link_wanted = Signal()
    copies_wanted = Signal()

    def __init__(self, aside: Aside, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._aside = aside
        self.models: Sequence[ModelInfo] = ()
        self.found: Sequence[Found] = ()
        self._machine: Machine | None = None
        self._fits: dict[str, tuple[str, bool]] = {}  # by id: the sentence, and whether it warns
        self.column = Column("Find a model", "Models on this machine", ORDERS, NOTHING, self)
        self.column.asked.connect(self.fill)
        self.column.chosen.connect(lambda _: self._show())
        self.column.used.connect(lambda _: self._do("use"))
        self.pages = QStackedWidget(self)
        self.about = About(self.pages)
        self.about.deed.connect(self._do)
        self._copies: CopiesPage | None = None
        self.empty = Empty(EMPTY, GET_MORE, self.pages)
        self.empty.acted.connect(self.get_more)
        for page in (self.about, self.empty):
            self.pages.addWidget(page)
        self.pages.setCurrentWidget(self.empty)
        self.add = self._foot("+ Add or link your own models…", "Puts them on the list, where they lie.")
        self.ways = QMenu(self)
        self.ways.addAction("Add the folder of a model…", self.add_folder.emit)
        self.ways.addAction("Add the file of a model…", self.add_file.emit)
        self.ways.addSeparator()
        self.ways.addAction("Link a folder of another program…", self.link_wanted.emit)
        self.add.clicked.connect(self._open_ways)
        self.twice = self._foot("Find files that lie here twice", "Compares the weights of all models.")
        self.twice.clicked.connect(self.copies_wanted)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self.column)
        self._line_beside = hairline(upright=True)
        row.addWidget(self._line_beside)
        row.addWidget(self.pages, 1)
        self.fill()

    def _foot(self, text: str, help: str) -> QPushButton:
        button = QPushButton(text, self.column)
        set_role(button, "link")
        button.setToolTip(help)
        button.setAccessibleDescription(help)
        button.setCursor(Qt.CursorShape.PointingHandCursor)
        self.column.foot.addWidget(button)
        return button

    def _open_ways(self) -> None:
        """Above the button, for it stands at the foot."""
        self.ways.popup(self.add.mapToGlobal(QPoint(0, -self.ways.sizeHint().height() - 4)))

    # ── what is told from outside ─────────────────────────────────────────────

    def set_models(self, models: Sequence[ModelInfo]) -> None:
        """These are here; the one that is shown stays where it is still there."""
        if tuple(models) != tuple(self.models):
            self.models = tuple(models)
            self._weigh()
            self.fill()

    def set_found(self, found: Sequence[Found]) -> None:
        """Additions, and what does not run."""
        if tuple(found) != tuple(self.found):
            self.found = tuple(found)
            self.fill()

    def set_machine(self, machine: Machine | None) -> None:
        """What the engine has said of the machine."""
        if machine != self._machine:
            self._machine = machine
            self._weigh()

    def show_key(self, id: str) -> None:
        """Show that one, whatever was asked for."""
        if not any(line.key == id for line in self.column.rows.lines):
            self.column.show_all()
        self.column.choose(id)
        self._show()

    @property
    def one(self) -> ModelInfo | Found | None:
        """What is shown."""
        everything: tuple[ModelInfo | Found, ...] = (*self.models, *self.found)
        return next((one for one in everything if one.id == self.column.key), None)

    # ── the list and the page ─────────────────────────────────────────────────

    def fill(self) -> None:
        """List what is asked for."""
        from models.store.arrange import Wish, arranged

        wanted = self.column.wanted()
        wish = Wish(wanted.words, wanted.medium, wanted.family, order=wanted.order or "name")
        models = [m for m in arranged(self.models, wish) if not (wanted.fits and self._too_large(m))]
        lines = [self._line(model, bool(wanted.order)) for model in models]
        if not wanted.order:
            lines = grouped(lines)
        if not wanted.family:
            found = arranged(self.found, replace(wish, family=""))
            for title, some in (
                (ADDITIONS, [f for f in found if f.addition]),
                (OTHERS, [f for f in found if not f.addition]),
            ):
                if some:
                    lines += [Line(title), *map(_found_line, some)]
        self.column.show_lines(lines)
        keys = [line.key for line in lines if line.key]
        if keys and self.column.key not in keys:
            self.column.choose(keys[0])
        elif self.one is None and self.models:  # what was shown is gone, and what is asked for leaves nothing
            self.column.choose(self.models[0].id)
        self._show()

    def _line(self, model: ModelInfo, dotted: bool) -> Line:
        too_large = self._too_large(model) and not model.missing
        lacks = f"lacks {model.missing}" if model.missing else ""
        under = "does not fit here" if too_large else lacks or model.base or model.card.name
        size = sizes.size(model.size_bytes)
        said = f"{model.name}, {what_it_is(model)}, {families.name(model.card.family)}"
        return Line(
            model.name, model.id, under, size, model.card.family, bool(model.missing) or too_large, dotted, said,
            model.card.process or model.card.name,
        )  # fmt: skip

    def _too_large(self, model: ModelInfo) -> bool:
        return self._fits.get(model.id, ("", False))[1]

    def _show(self) -> None:
        one = self.one
        if one is None:
            self.pages.setCurrentWidget(self.empty)
        for part in (self.column, self._line_beside):
            part.setVisible(bool(self.models or self.found))
        if one is None:
            return
        self.about.show_one(one, self._fits.get(one.id, ("", False)))
        self.pages.setCurrentWidget(self.about)

    @property
    def copies(self) -> CopiesPage:
        """The page about what lies here twice, made when it is first wanted."""
        if self._copies is None:
            self._copies = CopiesPage(self.pages)
            self._copies.closed.connect(self._show)
            self.pages.addWidget(self._copies)
        return self._copies

    def show_copies(self) -> None:
        """The page about what lies here twice, in place of a model."""
        self.pages.setCurrentWidget(self.copies)

    def _do(self, key: str) -> None:
        one = self.one
        if one is None or (key == "use" and (not isinstance(one, ModelInfo) or one.missing)):
            return
        self.deed.emit(key, one)

    def _weigh(self) -> None:
        """Ask how each model would run here: a thousand of them take longer than a frame."""
        models, machine = self.models, self._machine
        if machine is None:
            return

        def weigh() -> dict[str, tuple[str, bool]]:
            from models.planning.fit import fit
            from models.planning.parts import Size
            from models.planning.peaks import Peaks

            found, peaks = {}, Peaks()
            for model in models:
                size = Size.of(model.card.check({}, model.card.tasks[0]))
                told = fit(model.parts, machine, size, correct=peaks.for_model(model.path))
                if told.verdict:
                    found[model.id] = (told.sentence, told.verdict == "too large")
            return found

        def weighed(found: object) -> None:
            if isinstance(found, dict) and models is self.models and found != self._fits:
                self._fits = found
                self.fill()

        self._aside.run(weigh, weighed)


def _found_line(found: Found) -> Line:
    bases = f" for {', '.join(found.bases)}" if found.bases and found.addition else ""
    under = f"{found.kind}{bases}" if found.addition else found.reason
    return Line(found.name, found.id, under, sizes.size(found.size_bytes), tip=found.reason)
