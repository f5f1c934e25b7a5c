"""What of a download is on the disk already: in its hidden folder, or where an earlier one has put it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from models.store.fetch import placing
from models.store.fetch.halt import Halt
from models.store.fetch.hub import HubFile
from models.store.fetch.journal import Journal
from models.store.fetch.staging import Plan
from models.store.fetch.transfer import Wrong, read_again


class Stock:
    """The files of `plan`, as `journal` and the disk know them; `place` is where models lie."""

    def __init__(self, place: Path, plan: Plan, journal: Journal) -> None:
        self.plan = plan
        self.journal = journal
        self._target = placing.target(place, plan)

    def has(self, file: HubFile) -> bool:
        """Whether it has come, was right, and still lies where it was put."""
        if not self.journal.sha256(file.name):
            return False
        whole = self.journal.whole(file.name)
        lies = whole if whole.is_file() else self._target / file.name
        return lies.is_file() and lies.stat().st_size == file.size

    def missing(self) -> list[HubFile]:
        """What has yet to come, at least in part."""
        return [file for file in self.plan.files if not self.has(file)]

    def there(self) -> int:
        """Bytes that need not come again."""
        missing = self.missing()
        return self.plan.total - sum(file.size - self.journal.offset(file.name) for file in missing)

    def find(self, halt: Halt) -> Iterator[str]:
        """Take what an earlier download has put in place, once it has been read from there and is right.

        Yields the name of each file before it is read. Raises Halted and OSError.
        """
        for file in self.missing():
            lies = self._target / file.name
            if not lies.is_file() or lies.stat().st_size != file.size:
                continue
            yield file.name
            try:
                self.journal.here(file.name, read_again(file, lies, halt))
            except Wrong:
                continue  # it is fetched again

    def sums(self) -> dict[str, str]:
        """The SHA-256 of every file that has come."""
        return {file.name: self.journal.sha256(file.name) for file in self.plan.files}
