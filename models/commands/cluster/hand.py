"""What works on each machine of a cluster: one engine, that makes a row in a folder of a moment and hands it over."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PureWindowsPath

from models.batch import running
from models.batch.rows import Row
from models.commands import job
from models.commands.batch_engine import Local
from models.commands.cluster.fingerprint import fingerprint
from models.protocol import PACKAGE, Event, Failed, LastWord, ModelInfo, Notice, Output
from models.registry import Registry
from models.store.store import Store
from models.version import SOFTWARE


@dataclass(frozen=True)
class Answer:
    """What came of a row: its last word, and where it was made, its file's bytes, whose name is `output.path`.

    `lacking` is the path of a model that is not on that machine, as the row has it: the row itself was not tried.
    """

    word: LastWord
    output: Output | None = None
    data: bytes = b""
    notices: tuple[str, ...] = ()
    lacking: str = ""


class Hand:
    """Made by Ray on the machine where it works, in a process of its own. `stop` is called beside `make`."""

    def __init__(self, package: str = PACKAGE) -> None:
        self._package = package
        self._stop = job.Stop()
        self._engine = job.Engine(package)

    def hello(self) -> str:
        """The program that is here."""
        return SOFTWARE

    def stop(self) -> None:
        """Let the row in hand be the last."""
        self._stop(0, None)

    def make(self, row: Row, prints: Mapping[str, str], names: Sequence[str], *files: bytes) -> Answer:
        """Make it from the models with these fingerprints (by path there) and the files of these inputs. Raises OSError
        where the system gives no process or no room."""
        source = row.source
        model = self._here(source.model, prints)
        upscaler = self._here(source.upscaler, prints) if source.upscaler else None
        if model is None or (source.upscaler and upscaler is None):
            lacking = source.upscaler.path if model is not None and source.upscaler else source.model.path
            return Answer(Failed("A model is missing."), lacking=lacking)
        notices: list[str] = []

        def tell(_: Row, event: Event) -> None:
            if isinstance(event, Notice):
                notices.append(event.text)

        with tempfile.TemporaryDirectory(prefix="everyform-row-") as folder:
            given = {name: str(path) for name, path in _put(Path(folder), row, names, files)}
            request = replace(row.request, model_path=model.path, inputs=given, given=dict(row.request.inputs))
            here = replace(row, source=replace(source, model=model, upscaler=upscaler), request=request)
            room = Path(folder) / "made"
            room.mkdir()
            word, output = running.made(here, room, Local(self._engine, self._stop), tell)
            if output is None:
                return Answer(word, notices=tuple(notices))
            data = Path(output.path).read_bytes()
            return Answer(word, replace(output, path=Path(output.path).name), data, tuple(notices))

    def _here(self, wanted: ModelInfo, prints: Mapping[str, str]) -> ModelInfo | None:
        """That model with its place on this machine; None where it is not here."""
        printed = prints.get(wanted.path, "")
        if printed and fingerprint(wanted.path) == printed:
            return wanted
        models = [m for m in self._models() if m.card.architecture == wanted.card.architecture and not m.missing]
        for model in sorted(models, key=lambda m: (m.id != wanted.id, m.name != wanted.name)):
            if printed and fingerprint(model.path) == printed:
                return replace(wanted, path=model.path)
        return None

    def _models(self) -> tuple[ModelInfo, ...]:
        return Store(Registry(self._package).recognise).models()


def _put(folder: Path, row: Row, names: Sequence[str], files: Sequence[bytes]) -> Iterator[tuple[str, Path]]:
    """Write what the row starts from; each under its own name, which may tell a reader what it is."""
    for number, (name, data) in enumerate(zip(names, files, strict=True)):
        # A path of either kind of system ends in the same name.
        path = folder / f"input-{number}" / (PureWindowsPath(row.request.inputs[name]).name or "file")
        path.parent.mkdir()
        path.write_bytes(data)
        yield name, path
