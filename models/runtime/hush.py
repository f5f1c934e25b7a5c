"""Keeping transformers from talking: its bars and warnings are for programmers, and the person's own are said by us."""

from __future__ import annotations


def hush() -> None:
    """Call it before a model is read; errors are still raised."""
    import transformers

    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
