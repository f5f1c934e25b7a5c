"""The one question about the person's account at the hub: the access token that a gated model asks for."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QDialog, QLabel, QLineEdit, QPushButton, QVBoxLayout, QWidget

from desktop import theme
from desktop.aside import Aside
from desktop.catalog import page
from desktop.controls import answers, set_role
from models.protocol import BadInput

ASK = (
    "Accept the terms of {model} on its page first. Then make an access token that may read, at {page}, "
    "and paste it here."
)
KEPT = "It goes to your system's keyring, and from there to the hub alone."


class TokenDialog(QDialog):
    """`kept` carries where the token is kept, once it is: "keyring" or "session"."""

    kept = Signal(str)

    def __init__(self, model: str, aside: Aside, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        from models.store.fetch import token

        self._aside = aside
        self.setWindowTitle("Access token")
        theme.current().dress(self)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        address = token.PAGE
        link = (
            f'<a href="{address}" style="color: {theme.current().tokens.text}">{address.removeprefix("https://")}</a>'
        )
        self.sentence = QLabel(ASK.format(model=model, page=link))
        self.sentence.setTextFormat(Qt.TextFormat.RichText)
        self.sentence.setOpenExternalLinks(True)
        self.sentence.setWordWrap(True)
        set_role(self.sentence, "second")
        self.field = QLineEdit()
        self.field.setEchoMode(QLineEdit.EchoMode.Password)
        self.field.setPlaceholderText("hf_…")
        self.field.setAccessibleName("Access token")
        self.note = page.words("small")
        self.note.setText(KEPT)
        self.keep = QPushButton("Keep it and go on")
        self.keep.setDefault(True)
        self.keep.setEnabled(False)
        self.cancel = QPushButton("Not now")
        self.field.textChanged.connect(lambda text: self.keep.setEnabled(bool(text.strip())))
        self.keep.clicked.connect(self._keep)
        self.cancel.clicked.connect(self.reject)
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 18, 20, 16)
        column.setSpacing(12)
        column.addWidget(self.sentence)
        column.addWidget(self.field)
        column.addWidget(self.note)
        column.addLayout(answers(self.cancel, self.keep))
        self.setMinimumWidth(460)

    def _keep(self) -> None:
        """A keyring that is locked asks the person first, so the window must not wait for it."""
        text = self.field.text()
        self.keep.setEnabled(False)

        def keep() -> str:
            from models.store.fetch import token

            return token.keep(text)

        self._aside.run(keep, self._done, self)

    def _done(self, found: object) -> None:
        if isinstance(found, Exception):
            said = str(found) if isinstance(found, BadInput) else f"It could not be kept ({type(found).__name__})."
            self.note.setText(said)
            set_role(self.note, "small-warn")
            self.keep.setEnabled(True)
            self.field.setFocus()
        else:
            self.field.clear()
            self.kept.emit(str(found))
            self.accept()
