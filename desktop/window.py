"""The window's frame: the line on top, the rooms, the drawers, and what was made along the bottom."""

from __future__ import annotations

from PySide6.QtCore import QMimeData, QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDragLeaveEvent, QDropEvent, QIcon, QResizeEvent
from PySide6.QtWidgets import QLabel, QMainWindow, QStackedWidget, QVBoxLayout, QWidget

from desktop import theme
from desktop.actions import Actions
from desktop.aside import Aside
from desktop.catalog.list import ModelList
from desktop.catalog.room import ModelsRoom
from desktop.compare.room import CompareRoom
from desktop.controls import hairline, set_role
from desktop.gallery.filmstrip import Filmstrip
from desktop.gallery.room import GalleryRoom
from desktop.gallery.shelf import Shelf
from desktop.header import Header
from desktop.notices import Notices
from desktop.picker import Picker
from desktop.restore import in_mime
from desktop.side import Side
from desktop.sides import Sides
from desktop.studio import Studio
from models import folders
from models.protocol import MEDIA

# The rooms of the media share one frame, and only the work in its middle is another one.
ROOMS = (
    ("picture", "Picture"),
    ("sound", "Sound"),
    ("video", "Video"),
    ("text", "Text"),
    ("compare", "Compare"),
    ("gallery", "Gallery"),
    ("models", "Models"),
)
SMALLEST = (880, 560)
FIRST_SIZE = (1440, 900)
NAME = 22  # characters of a model's name on its drawer's handle
LOW = 700  # px: in a window lower than this the work needs the filmstrip's place; the gallery has it all
DROP_WORDS = "Let go: a file with settings brings them back, any other is started from."


class Window(QMainWindow):
    """Everything that is seen, and nothing that happens: the session connects it.

    `dropped` carries what was let go over the window; `closing` comes before it closes. Rooms but the first are
    made when they are first entered, for the window to be there sooner: `room_made` carries each.
    """

    dropped = Signal(QMimeData)
    closing = Signal()
    room_entered = Signal(str)
    room_made = Signal(QWidget)

    def __init__(self, aside: Aside) -> None:
        super().__init__()
        self.setWindowTitle("Everyform")
        self.setMinimumSize(*SMALLEST)
        self.setAcceptDrops(True)
        if (icon := folders.resources() / "icons" / "everyform.png").is_file():
            self.setWindowIcon(QIcon(str(icon)))
        self.header = Header(ROOMS)
        self.notices = Notices(self)
        self._aside = aside
        self.models = ModelList()
        self.studio = Studio(aside)
        self.side = Side(aside)
        self.sides = Sides(self.models, self.studio, self.side)
        self.shelf = Shelf(parent=self)
        self.filmstrip = Filmstrip(self.shelf)
        self.gallery: GalleryRoom | None = None
        self.models_room: ModelsRoom | None = None
        self.compare_room: CompareRoom | None = None
        self.palette_list = Picker(self, "Search commands", "There are no commands.")
        self.drop_words = QLabel(DROP_WORDS, self)
        set_role(self.drop_words, "float")
        self.drop_words.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.drop_words.setContentsMargins(20, 14, 20, 14)
        self.drop_words.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.drop_words.hide()
        for shared in (self.header, self.notices, self.palette_list):
            theme.current().dress(shared)
        self._lay_out()
        self.actions_: Actions | None = None
        self.header.room_chosen.connect(self.enter)
        self.header.models.clicked.connect(lambda: self.sides.toggle(self.models))
        self.header.settings.clicked.connect(lambda: self.sides.toggle(self.side))
        self.sides.folded.connect(self.header.fold)
        self.sides.drawer_changed.connect(self._show_drawers)
        self.sides.folded.connect(self._show_drawers)
        self.resize(*FIRST_SIZE)
        self.room = ""
        self._accent = "picture"  # of the frame
        self._undressed: list[QWidget] = []  # what is still to take it
        self.enter("picture")

    def set_actions(self, actions: Actions) -> None:
        """Take the commands into the menu and the palette."""
        self.actions_ = actions
        actions.menus(self.header.menu)
        self.header.commands.clicked.connect(self.open_palette)
        self.palette_list.taken.connect(lambda id: actions[id].trigger())

    def enter(self, room: str) -> None:
        """Open a room."""
        if room not in [key for key, _ in ROOMS] or room == self.room:
            return
        self.room = room
        self.header.show_room(room)
        if medium := next((m for m in MEDIA if m == room), None):
            self.studio.show_medium(medium)
        else:
            self.studio.work.leave()
        self._pages.setCurrentWidget(self._page(room))
        self.sides.close_drawers()
        narrow = self.sides.narrow and bool(medium)
        self.header.models.setVisible(narrow)
        self.header.settings.setVisible(narrow)
        self.room_entered.emit(room)

    def enter_work(self) -> None:
        """The room that was worked in last, where another kind of room is open."""
        if self.room not in MEDIA:
            self.enter(self.studio.medium)

    def see_models(self, medium: str) -> None:
        """The models that make this, or, where none is here, those that can be got."""
        self.enter("models")
        if self.models_room is not None:
            self.models_room.ask_for(medium)

    def take_accent(self, medium: str) -> None:
        """That room's accent for the frame: for the button and the settings at once, which are made anew for another
        model, and for what shows less of it in turns of their own, for each takes as long as a frame of the screen."""
        if medium == self._accent:
            return
        self._accent = medium
        self.side.form.empty()
        theme.current().dress(self.studio.generate, medium)
        theme.current().dress(self.side, medium)
        self._undressed = [self.studio.prompt, self.models]
        QTimer.singleShot(0, self, self._dress_next)

    def _dress_next(self) -> None:
        if self._undressed:
            theme.current().dress(self._undressed.pop(0), self._accent)
            QTimer.singleShot(0, self, self._dress_next)

    def _page(self, room: str) -> QWidget:
        if room == "gallery":
            if self.gallery is None:
                self.gallery = GalleryRoom(self.shelf)
                self._add_page(self.gallery)
            return self.gallery
        if room == "models":
            if self.models_room is None:
                self.models_room = ModelsRoom(self._aside, self._pages)
                self._add_page(self.models_room)
            return self.models_room
        if room == "compare":
            if self.compare_room is None:
                self.compare_room = CompareRoom()
                self._add_page(self.compare_room)
            return self.compare_room
        return self._frame

    def _add_page(self, page: QWidget) -> None:
        theme.current().dress(page, self.room)
        self._pages.addWidget(page)
        self.room_made.emit(page)

    def show_model(self, name: str) -> None:
        """The chosen model's name, on the handle of the drawer that it lies in."""
        short = name if len(name) <= NAME else name[: NAME - 1].rstrip() + "…"
        self.header.models.setText(f"Model: {short}" if short else "Models")
        self.header.models.setAccessibleName(f"Model: {name}. Opens the list of models." if name else "Models")

    def open_palette(self) -> None:
        """Every command, searched by typing."""
        assert self.actions_ is not None
        width = min(520, self.width() - 40)
        corner = self.mapToGlobal(QPoint((self.width() - width) // 2, 64))
        self.palette_list.open_at(self.actions_.rows(), corner, width)

    def _lay_out(self) -> None:
        """From the outside in: a widget that moves to another parent is styled anew, with all that is in it."""
        whole = QWidget(self)
        set_role(whole, "panel")
        self.setCentralWidget(whole)
        column = _column(whole)
        column.addWidget(self.header)
        column.addWidget(hairline())
        self._pages = QStackedWidget()
        column.addWidget(self._pages, 1)
        self._frame = QWidget()
        self._pages.addWidget(self._frame)
        room = _column(self._frame)
        self._film = QWidget()
        room.addWidget(self.sides, 1)
        room.addWidget(self._film)
        film = _column(self._film)
        film.addWidget(hairline())
        film.addWidget(self.filmstrip)

    def _show_drawers(self) -> None:
        narrow = self.sides.narrow
        self.header.models.setChecked(narrow and self.sides.is_open(self.models))
        self.header.settings.setChecked(narrow and self.sides.is_open(self.side))

    # ── what is dropped, and the end ──────────────────────────────────────────

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if event.source() is None and in_mime(event.mimeData()) is not None:
            event.acceptProposedAction()
            self._place_drop_words()
            self.drop_words.show()
            self.drop_words.raise_()

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self.drop_words.hide()

    def dropEvent(self, event: QDropEvent) -> None:
        self.drop_words.hide()
        event.acceptProposedAction()
        self.dropped.emit(event.mimeData())

    def _place_drop_words(self) -> None:
        self.drop_words.adjustSize()
        self.drop_words.move((self.width() - self.drop_words.width()) // 2, self.height() // 2 - 40)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._film.setVisible(self.height() >= LOW)
        self._place_drop_words()
        self.notices.place()

    def closeEvent(self, event: QCloseEvent) -> None:
        self.closing.emit()
        event.accept()


def _column(around: QWidget) -> QVBoxLayout:
    """Rows without a gap, to the very edge."""
    rows = QVBoxLayout(around)
    rows.setContentsMargins(0, 0, 0, 0)
    rows.setSpacing(0)
    return rows
