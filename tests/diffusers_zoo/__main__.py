"""Runs the zoo, one class after another, and writes the guide's table: `python -m tests.diffusers_zoo [CLASS ...]`.

Results are kept in the work folder, so that a long run may be stopped and goes on; a class that is named is run again.
The table is written once every class has a result.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import multiprocessing
import os
import shutil
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from models.offline import OFFLINE

WARM = "StableDiffusionPipeline"
PIPES = multiprocessing.get_context("fork")  # what is imported by then need not be imported again


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.diffusers_zoo", description=__doc__)
    parser.add_argument("names", nargs="*", help="pipeline classes, with or without Pipeline at their ends; none: all")
    parser.add_argument(
        "--work", default=str(Path(tempfile.gettempdir()) / "everyform-zoo"), help="where results are kept"
    )
    parser.add_argument("--limit", type=int, default=600, help="seconds that a class may take (600)")
    arguments = parser.parse_args()
    work = Path(arguments.work)
    work.mkdir(parents=True, exist_ok=True)
    # Before any heavy library is imported: no network, a home of its own, the processor alone.
    os.environ.update(OFFLINE)
    os.environ["EVERYFORM_HOME"], os.environ["EVERYFORM_DEVICE"] = str(work / "home"), "cpu"
    os.environ["OMP_NUM_THREADS"] = "1"  # a process that has computed with several must not be forked

    from tests.diffusers_zoo import table

    results = work / "results.json"
    known: dict[str, Any] = json.loads(results.read_text("utf-8")) if results.exists() else {}
    named = [name if name.endswith("Pipeline") else f"{name}Pipeline" for name in arguments.names]
    every = table.classes()
    with _quiet():
        outcome(WARM)  # imports what nearly all need, which every process has from then on
    for name in named or [name for name in every if name not in known]:
        began = time.monotonic()
        known[name] = apart(name, arguments.limit)
        results.write_text(json.dumps(known, indent=1, sort_keys=True), "utf-8")
        row = known[name]
        print(f"{row['state']:12} {name} {time.monotonic() - began:.0f} s {row.get('why', '')}", flush=True)
    if set(every) <= set(known):
        print(table.write({name: known[name] for name in every}))
    return 0


def apart(name: str, limit: int) -> dict[str, Any]:
    """The outcome, from a process of its own: some crash it, and some stay in one computation for an hour."""
    listen, told = PIPES.Pipe(duplex=False)
    child = PIPES.Process(target=lambda: told.send(outcome(name)))
    child.start()
    told.close()
    try:
        if listen.poll(limit):
            return listen.recv()
        return {"state": "too slow", "why": f"it takes more than {limit} seconds even in miniature"}
    except EOFError:
        return {"state": "fails", "why": "it ends the process that it runs in"}
    finally:
        child.kill()
        child.join()


def outcome(name: str) -> dict[str, Any]:
    """How that class does: `state`, and `why` where it does not run."""
    from models.families.diffusion import diffusers_folder, diffusers_table
    from tests.diffusers_zoo.build import Unbuildable, build

    signature = diffusers_table.find(name)
    assert signature is not None
    if why := diffusers_folder.unusable(signature):
        return {"state": "no media", "why": why}
    folder = Path(tempfile.mkdtemp(prefix="zoo-"))
    try:
        with _quiet():
            try:
                pipeline = build(name)
            except Unbuildable as error:
                return {"state": "not built", "why": str(error)}
            except Exception as error:
                return {"state": "not built", "why": _line(error)}
            pipeline.save_pretrained(folder / "model")
            del pipeline
            plain = _plainly(name, folder / "model")
            return _through_us(name, folder, plain)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _plainly(name: str, folder: Path) -> str:
    """Why a saved one does not run in diffusers itself; empty where it does."""
    import diffusers

    from tests.diffusers_zoo import plain

    try:
        pipeline = getattr(diffusers, name).from_pretrained(folder, local_files_only=True, use_safetensors=True)
        pipeline.set_progress_bar_config(disable=True)
        plain.run(pipeline, name)
    except Exception as error:
        return _line(error)
    return ""


def _through_us(name: str, folder: Path, plain: str) -> dict[str, Any]:
    from models.registry import Registry
    from tests.diffusers_zoo import ours

    try:
        verdict = ours.judge(folder / "model", name, folder / "work", Registry())
        wrong = "; ".join(verdict.wrong)
        told = {
            "task": verdict.task,
            "medium": verdict.medium,
            "by": verdict.architecture,
            "previews": verdict.previews,
        }
    except Exception as error:
        wrong, told = _line(error), {}
    if plain:
        return told | ({"state": "not plainly", "why": plain} if wrong else {"state": "here only", "why": plain})
    return told | ({"state": "fails", "why": wrong} if wrong else {"state": "runs"})


def _line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0] if lines else ''}"[:200]


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    from models.runtime.pipelines.any_pipeline_load import quiet

    quiet()
    with warnings.catch_warnings(), open(os.devnull, "w") as nowhere, contextlib.redirect_stderr(nowhere):  # noqa: PTH123
        warnings.simplefilter("ignore")
        yield


if __name__ == "__main__":
    sys.exit(main())
