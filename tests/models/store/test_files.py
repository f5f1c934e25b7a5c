"""The view of a model's folder holds plain files alone."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from models.protocol import BadInput
from models.store.files import Files


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="named pipes are a thing of Unix")
def test_a_pipe_is_no_file_and_hangs_nobody(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    os.mkfifo(tmp_path / "model_index.json")
    assert Files(tmp_path).names == ("config.json",)
    with pytest.raises(BadInput, match="is not there"):
        Files(tmp_path / "model_index.json")
