"""What a file or folder is, remembered while this process lives: many models ask after the same ones beside them."""

from __future__ import annotations

from pathlib import Path

from models.protocol import BadInput
from models.store.files import Files
from models.store.recognising import recognition
from models.store.recognising.identity import Identity
from models.store.stamp import stamp

_KNOWN: dict[tuple[str, str], tuple[str, Identity | None]] = {}


def identity(path: str | Path, hint: str = "") -> Identity | None:
    """As `recognition.identify` has it; None also where the file is broken or hostile: then it is of no use to any."""
    key, now = (str(path), hint), stamp(path)
    known = _KNOWN.get(key)
    if known is None or not now or known[0] != now:
        try:
            known = now, recognition.identify(Files(path), hint)
        except BadInput:
            known = now, None
        _KNOWN[key] = known
    return known[1]
