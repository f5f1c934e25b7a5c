"""An empty module in the place of one that a library imports and that is not here, while the library is imported."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from types import ModuleType


@contextmanager
def stand_in(name: str) -> Iterator[None]:
    """Nothing where the real one is installed. Whoever uses the module afterwards finds it empty."""
    if name in sys.modules or find_spec(name) is not None:
        yield
        return
    sys.modules[name] = ModuleType(name)
    try:
        yield
    finally:
        del sys.modules[name]
