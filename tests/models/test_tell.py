"""What a model writes cannot give a terminal orders."""

from __future__ import annotations

from models.commands.tell import plain


def test_a_terminal_is_given_no_orders_by_what_a_model_writes() -> None:
    assert plain("one\x1b[31mtwo\x07\x9b2J\r\n\tthree\x7f — 船") == "one[31mtwo2J\n\tthree — 船"
