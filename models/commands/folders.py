"""`main.py models link | unlink | links | duplicates | import`: what other programs have, and what lies here twice."""

from __future__ import annotations

import argparse
from pathlib import Path

from models import cards, sizes
from models.commands import DONE, say
from models.commands.models import store
from models.protocol import BadInput, Found


def link(arguments: argparse.Namespace) -> int:
    shelf = store()
    one = shelf.link(arguments.folder)
    inside = [model for model in shelf.look().everything if model.found_in == one.path]
    runs = sum(not isinstance(model, Found) for model in inside)
    additions = sum(isinstance(model, Found) and model.addition for model in inside)
    if arguments.json:
        say.json_line(
            {"path": one.path, "program": one.program, "models": runs, "additions": additions}
            | {"others": len(inside) - runs - additions}
        )
    else:
        what = [(runs, "model", "models"), (additions, "addition", "additions")]
        what.append((len(inside) - runs - additions, "file that does not run", "files that do not run"))
        said = ", ".join(f"{count} {word if count == 1 else words}" for count, word, words in what if count)
        say.line(f"{one.path} is linked ({one.program}): {said}. Everything stays where it is.")
    return DONE


def unlink(arguments: argparse.Namespace) -> int:
    path = store().unlink(arguments.folder)
    if arguments.json:
        say.json_line({"path": path, "linked": False})
    else:
        say.line(f"{path} is not linked any more; every file in it stays.")
    return DONE


def links(arguments: argparse.Namespace) -> int:
    known = store().links()
    if arguments.json:
        say.json_line([{"path": one.path, "program": one.program, "count": one.count} for one in known])
    elif known:
        say.table([("FOLDER", "FILES", "OF"), *((one.path, str(one.count), one.program) for one in known)])
    else:
        say.sentence("No folder is linked: `main.py models link FOLDER` lists another program's models where they lie.")
    return DONE


def duplicates(arguments: argparse.Namespace) -> int:
    """What lies here more than once. Nothing is deleted."""
    from models.store.duplicates import duplicates as find

    shelf = store()
    with say.counting("Comparing files") as progress:
        found = find(shelf.look().everything, shelf.cache, progress)
    if arguments.json:
        for one in found:
            files = [{"model": copy.model, "path": copy.path} for copy in one.files]
            say.json_line({"sha256": one.sha256, "size_bytes": one.size_bytes, "files": files})
        return DONE
    for one in found:
        say.line(f"{len(one.files)} copies of {sizes.size(one.size_bytes)}:")
        say.table([(copy.path, copy.model) for copy in one.files], indent="  ")
    spare = sum(one.spare_bytes for one in found)
    say.sentence(f"{sizes.size(spare)} could be spared." if found else "No file of weights lies here twice.")
    return DONE


def convert(arguments: argparse.Namespace) -> int:
    """A checkpoint as safetensors, and on the list."""
    from models.store.importing import convert as write

    with say.counting("Converting") as progress:
        path = write(arguments.file, arguments.out, progress)
    # Beside its settings it is the folder's weights, and the folder is the model.
    whole = path.parent if (path.parent / "config.json").is_file() else path
    try:
        model = store().add(whole, arguments.name)
    except BadInput as error:
        raise BadInput(f"It is converted, in {path}, but not on the list: {error}") from error
    if arguments.json:
        row = cards.found_to_dict(model) if isinstance(model, Found) else cards.model_summary(model)
        say.json_line(row | {"file": str(path)})
    else:
        say.line(f"{model.id}: {Path(arguments.file).name} is converted, in {path}; the original is as it was.")
    return DONE
