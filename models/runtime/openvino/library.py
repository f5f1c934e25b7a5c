"""OpenVINO itself, imported so that it tells nobody."""

from __future__ import annotations

import sys
from typing import Any


def library() -> Any:
    """The module. On import, and at each conversion, it reports to its maker's servers unless its companion package is
    missing: so that one is made to be missing."""
    # None is how Python marks a module that may not be loaded.
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
    import openvino

    return openvino
