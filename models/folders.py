"""Where things lie: what ships with the program, what belongs to the person, and what was made."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import platformdirs


def resources() -> Path:
    """The shipped folder, also inside the packaged app."""
    root = getattr(sys, "_MEIPASS", None) or Path(__file__).resolve().parent.parent
    return Path(root) / "resources"


def data() -> Path:
    """Settings, the list of added models and the index. EVERYFORM_HOME moves it, and everything made with it."""
    if home := os.environ.get("EVERYFORM_HOME"):
        return Path(home)
    return platformdirs.user_data_path("Everyform", appauthor=False)


def models() -> Path:
    """Where downloaded models lie, each in a folder of its own."""
    return data() / "models"


def outputs() -> Path:
    """Where finished work goes unless the person names a folder."""
    if home := os.environ.get("EVERYFORM_HOME"):
        return Path(home) / "outputs"
    return platformdirs.user_documents_path() / "Everyform"
