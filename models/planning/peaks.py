"""What jobs really took, kept in a small file, so that the next prediction for the same model is not a guess."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from models import folders
from models.outputs import atomic
from models.planning.parts import Size
from models.planning.plan import Need, Peak, Plan

VERSION = 1
MOST = 400  # entries; the oldest go first
MAX_BYTES = 2**20
# A measured job of another size corrects by its ratio, within reason: other programs move in the same memory.
_LEAST, _GREATEST = 0.6, 1.8


class Peaks:
    """The file `path` (peaks.json in the data folder). Never raises: a broken memory is no reason to stop a job."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path or folders.data() / "peaks.json"
        self._rows: dict[str, dict[str, Any]] = _read(self._path)

    def record(
        self, model: str, plan: Plan, size: Size, measured: Peak, predicted: Peak, *, ran_out: bool = False
    ) -> None:
        """What a job took at the highest. The highest of several stays: each may have read less of the model anew.

        With `ran_out` it is what there was, and too little: nothing that takes as much is predicted to take less.
        """
        key = f"{model} {_words(plan, size)}"
        before = self._rows.get(key, {})
        row = {
            "accelerator": max(measured.accelerator.total, int(before.get("accelerator", 0))),
            "ram": max(measured.ram.total, int(before.get("ram", 0))),
            "predicted_accelerator": predicted.accelerator.total,
            "predicted_ram": predicted.ram.total,
            "ran_out": int(ran_out),
            "at": int(time.time()),
        }
        self._rows.pop(key, None)
        self._rows[key] = row
        while len(self._rows) > MOST:
            del self._rows[next(iter(self._rows))]
        text = json.dumps({"everyform_peaks": VERSION, "jobs": self._rows}, indent=0)
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            atomic.write_text(self._path, text)
        except OSError:
            return

    def for_model(self, path: str) -> Callable[[Plan, Size, Peak], Peak]:
        """`correct`, for the model that lies there as it is now."""
        from models.store.stamp import stamp

        return self.correct(name(stamp(path)))

    def correct(self, model: str) -> Callable[[Plan, Size, Peak], Peak]:
        """The correction of predictions for that model: as measured where the same was run before, else by the ratio
        that its last job under the same plan had, else under a plan of the same device."""

        def corrected(plan: Plan, size: Size, predicted: Peak) -> Peak:
            same = self._rows.get(f"{model} {_words(plan, size)}")
            if same is not None:
                return Peak(
                    _scaled(predicted.accelerator, int(same["accelerator"])), _scaled(predicted.ram, int(same["ram"]))
                )
            start = f"{model} {plan.key()} "
            near = [row for key, row in self._rows.items() if key.startswith(start)]
            if not near:
                # Under another plan of the same device what is off is the process, and what is read of the model.
                alike = f"{model} {plan.device} {plan.dtype} "
                near = [row for key, row in self._rows.items() if key.startswith(alike) and not row.get("ran_out")]
            if not near:
                return predicted
            return Peak(
                _scaled(predicted.accelerator, _from_others(near, "accelerator", predicted.accelerator.total)),
                _scaled(predicted.ram, _from_others(near, "ram", predicted.ram.total)),
            )

        return corrected


def name(stamp: object) -> str:
    """A short name for a model as it is on disk; `stamp` is `models.store.stamp`'s."""
    return hashlib.sha256(repr(stamp).encode()).hexdigest()[:20]


def _words(plan: Plan, size: Size) -> str:
    asked = f"{size.width}x{size.height}x{size.frames}x{size.batch} {size.tokens} {size.seconds:g}"
    tile = plan.tile_above if plan.tiles(size.width, size.height) else 0
    return f"{plan.key()} {asked} tile={tile}"


def _from_others(rows: list[dict[str, Any]], which: str, predicted: int) -> int:
    """Bytes, from jobs of other sizes under the same plan: by the newest's ratio, and no less than what was too
    little for one that was to take no more."""
    told, found = int(rows[-1].get(f"predicted_{which}", 0)), int(rows[-1].get(which, 0))
    total = int(predicted * min(max(found / told, _LEAST), _GREATEST)) if told and found else predicted
    short = [int(row[which]) for row in rows if row.get("ran_out") and row.get(f"predicted_{which}", 0) <= predicted]
    return max([total, *short])


def _scaled(need: Need, total: int) -> Need:
    """The same weights, and what is left of the total to work in."""
    if not total:
        return need
    return replace(need, weights=min(need.weights, total), work=max(total - need.weights, 0))


def _read(path: Path) -> dict[str, dict[str, Any]]:
    try:
        if path.stat().st_size > MAX_BYTES:
            return {}
        told = json.loads(path.read_text("utf-8"))
        rows = told["jobs"] if told.get("everyform_peaks") == VERSION else {}
        return {
            str(key): {n: v for n, v in row.items() if isinstance(v, int)}
            for key, row in rows.items()
            if isinstance(row, dict) and {"accelerator", "ram"} <= set(row)
        }
    except (OSError, ValueError, TypeError, AttributeError, KeyError, RecursionError):
        return {}
