"""Damaged metadata of every format: a record, nothing, or one sentence, and never a file outside of the library."""

from __future__ import annotations

import json
from pathlib import Path

from models.outputs import read
from models.protocol import BadInput
from tests.models.outputs import mutating
from tests.models.outputs.test_foreign import CARD

COUNT = 330  # ten of each; `python -m tests.bench.metadata` does thousands


def test_damaged_blocks_are_read_or_refused(tmp_path: Path) -> None:
    originals = mutating.originals(tmp_path / "whole")
    assert all(read.read_settings(path) for path in originals)
    scratch = tmp_path / "library"
    scratch.mkdir()
    watch = mutating.Written(scratch)
    sources: dict[str, int] = {}
    for suffix, data in mutating.mutated(originals, COUNT):
        path = scratch / f"mutated{suffix}"
        path.write_bytes(data)
        watch.on = True
        try:
            found = read.read_settings(path)
        except BadInput as error:
            assert str(error) and "\n" not in str(error)
            continue
        finally:
            watch.on = False
        if found is not None:
            sources[found["source"]] = sources.get(found["source"], 0) + 1
            json.dumps(found, allow_nan=False)
            read.fit(found, CARD)
    assert not watch.outside
    assert set(sources) == {"everyform", "a1111", "invokeai", "fooocus", "swarmui", "wan2gp", "comfyui"}
    assert sum(sources.values()) > COUNT // 8  # else nothing was tested but the containers
