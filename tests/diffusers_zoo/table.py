"""The zoo's results as a page of the guides."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from models import folders
from models.families.diffusion import diffusers_folder, diffusers_table

WHERE = folders.resources() / "diffusers" / "pipelines.md"


def classes() -> list[str]:
    """Every pipeline class that there is."""
    return list(_known()["pipelines"])


def _known() -> dict[str, Any]:
    return json.loads((folders.resources() / "diffusers" / "pipelines.json").read_text("utf-8"))


def write(results: Mapping[str, Mapping[str, Any]]) -> str:
    """Write the page; one line that sums it up. Classes without a result stand there as not run yet."""
    results = {name: results.get(name) or _without_a_run(name) for name in classes()}
    of: dict[str, list[str]] = {}
    for name, row in results.items():
        of.setdefault(row["state"], []).append(name)
    runs, fails = of.get("runs", []), of.get("fails", [])
    share = 100 * len(runs) / max(len(runs) + len(fails), 1)
    only, media = of.get("here only", []), len(results) - len(of.get("no media", []))
    summed = (
        f"Of the {len(results)} pipeline classes of diffusers {_known()['diffusers']}, {media} make something that a "
        f"person can see, hear or read. {len(runs) + len(fails)} of them could be made in miniature and run in diffusers "
        f"itself; {len(runs)} of these ({share:.0f} %) run through Everyform, and {len(only)} more that diffusers alone "
        "does not run here."
    ) + (f" {len(of['not run'])} have not been run yet." if "not run" in of else "")
    lines = [
        "# Diffusers' pipelines", "", summed, "",
        "Each was made with random weights, saved to a folder, and run by `generate FOLDER`: it told of its steps, made a",
        "right file, made the same again from the same seed and another thing from another, and stopped when told to.",
        "`python -m tests.diffusers_zoo` writes this page.", "",
        "## What runs", "", "| Pipeline | Makes | First task | Run by | Previews |", "|---|---|---|---|---|",
        *(_row(name, results[name]) for name in sorted(runs + only)),
    ]  # fmt: skip
    for state, title in (
        ("fails", "What runs in diffusers and not here"), ("too slow", "Too slow even in miniature"),
        ("not plainly", "What does not run in diffusers itself, with the libraries of the program"),
        ("not built", "What could not be made in miniature, so that nobody knows"),
        ("no media", "What makes nothing by itself"),
    ):  # fmt: skip
        if of.get(state):
            lines += [
                "",
                f"## {title}",
                "",
                *(f"- `{name}`: {results[name]['why'].rstrip('.')}." for name in of[state]),
            ]
    if "not run" in of:
        lines += ["", "## Not run yet", "", ", ".join(f"`{name}`" for name in of["not run"]) + "."]
    WHERE.write_text("\n".join(lines) + "\n", "utf-8")
    return summed


def _without_a_run(name: str) -> dict[str, Any]:
    """What is known of a class before it was run: whether it makes anything by itself."""
    signature = diffusers_table.find(name)
    assert signature is not None
    why = diffusers_folder.unusable(signature)
    return {"state": "no media", "why": why} if why else {"state": "not run"}


def _row(name: str, row: Mapping[str, Any]) -> str:
    return (
        f"| `{name}` | {row['medium']} | {row['task']} | {row['by']} | {'yes' if row['previews'] else 'steps alone'} |"
    )
