"""A batch over several machines, as threads of this process with real hands and engines: some of them are lost."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from models.batch import running
from models.batch.ledger import Ledger
from models.batch.plan import Order, planned
from models.batch.rows import Row, Source
from models.batch.sources import axes
from models.commands import job
from models.commands.batch_engine import Local
from models.commands.cluster.fingerprint import fingerprint
from models.commands.cluster.hand import Answer, Hand
from models.commands.cluster.machines import Ended, Worker, joined
from models.commands.cluster.spread import NOWHERE, TRIES, Spread
from models.outputs import read
from models.protocol import BadInput
from models.registry import Registry
from models.store.store import Store
from tests import fakes
from tests.fakes import batch_child
from tests.models.batch import making
from tests.models.batch.test_ledger import Quiet

pytestmark = pytest.mark.timeout(1200)


class Threads:
    """Each machine is a thread. `loses` says which rows take their machine with them, by seed and how often."""

    def __init__(self, count: int, loses: dict[int, int] | None = None, lacks: bool = False) -> None:
        self.pool = ThreadPoolExecutor(count)
        self.loses = loses or {}
        self.prints = "" if lacks else None
        self.workers: list[Worker] = []
        self.given: list[tuple[Worker, Row]] = []
        self.most = 0  # rows at once
        self._count = count

    @property
    def idle(self) -> list[Worker]:
        return [worker for worker in self.workers if worker.row is None]

    def look(self) -> None:
        while len(self.workers) < self._count:
            self.workers.append(Worker("", "here", Hand(fakes.PACKAGE), None, ready=True))

    def give(self, worker: Worker, row: Row) -> None:
        self.given.append((worker, row))
        worker.row = row
        path = row.source.model.path
        prints = {path: fingerprint(path) if self.prints is None else self.prints}
        files = [Path(path).read_bytes() for path in row.request.inputs.values()]
        worker.task = self.pool.submit(worker.actor.make, row, prints, tuple(row.request.inputs), *files)
        self.most = max(self.most, sum(other.row is not None for other in self.workers))

    def ended(self, timeout_s: float) -> Iterator[Ended]:
        for worker in list(self.workers):
            if worker.row is not None and self.loses.get(worker.row.request.seed, 0):
                self.loses[worker.row.request.seed] -= 1
                self.workers.remove(worker)  # what it makes is never heard of
                yield Ended(worker, worker.row, None)
        tasks: dict[Future[Answer], Worker] = {w.task: w for w in self.workers if w.row is not None}
        for task in wait(tasks, timeout_s, FIRST_COMPLETED).done:
            worker, answer = tasks[task], task.result()
            row, worker.row = worker.row, None
            assert row is not None
            yield Ended(worker, row, answer)

    def stop(self) -> None:
        for worker in self.workers:
            worker.actor.stop()

    def close(self) -> None:
        self.pool.shutdown()
        for worker in {id(w): w for w, _ in self.given}.values():
            worker.actor._engine.close()


@pytest.fixture
def source(tmp_path: Path, home: Path) -> Source:
    making.models(tmp_path / "models", home)
    return Source(making.PLAIN, making.info(str(tmp_path / "models" / "counter")))


def spread(rows: Sequence[Row], folder: Path, machines: Threads, stop: job.Stop | None = None) -> tuple[Ledger, bool]:
    ledger = Ledger(folder)
    try:
        with ledger:
            ledger.expect(rows)
            return ledger, Spread(ledger, machines, Quiet(), stop or job.Stop()).run(rows)
    finally:
        machines.close()


def test_rows_of_lost_machines_are_made_by_others_once_and_the_same(source: Source, tmp_path: Path) -> None:
    Image.new("RGB", (32, 32), (90, 20, 200)).save(tmp_path / "start.png")
    chosen = replace(source, preset=replace(making.PLAIN, prompt="a {red|blue|white} boat"))
    change = replace(source, preset=replace(making.PLAIN, name="Change", task="picture-to-picture"))
    order = Order((chosen, change), seeds=(1, 2), inputs=(("picture", str(tmp_path / "start.png")),))
    rows = planned(order).rows
    machines = Threads(2, loses={1: TRIES - 1})
    ledger, whole = spread(rows, tmp_path / "many", machines)
    assert whole and not ledger.failed and len(ledger.done) == 4 and machines.most == 2
    assert len(machines.given) == 4 + TRIES - 1
    assert not any("{" in row.request.prompt for _, row in machines.given)  # others may have other lists of words
    with Ledger(tmp_path / "one") as alone, job.engine(fakes.PACKAGE) as engine:
        assert running.run(rows, alone, Local(engine, job.Stop()), Quiet())
    one, many = batch_child.sums(tmp_path / "one"), batch_child.sums(tmp_path / "many")
    assert len(one) == 4 and one == many  # also of what was started from: the record tells where it lies here
    record = read.read_settings(tmp_path / "many" / "change-a-boat-start-1.png")
    assert record is not None and record["inputs"] == {"picture": str(tmp_path / "start.png")}


def test_a_poisoned_row_is_one_failed_row_whether_it_ends_engines_or_machines(source: Source, tmp_path: Path) -> None:
    rows = planned(Order((source,), seeds=(1, 7), axes=axes(["behave=well,killed"]))).rows
    ledger, whole = spread(rows, tmp_path / "out", Threads(1, loses={7: 99}))
    assert whole and len(ledger.done) == 1
    reasons = {row.request.seed * (row.request.settings["behave"] != "well"): ledger.failed.get(row.id) for row in rows}
    assert "was killed" in str(reasons[1]) and "lost, 3 times" in str(reasons[7])
    assert len(ledger.failed) == 3


def test_a_model_that_no_machine_has_is_said(source: Source, tmp_path: Path) -> None:
    rows = planned(Order((source,), seeds=(1, 2))).rows
    ledger, whole = spread(rows, tmp_path / "out", Threads(2, lacks=True))
    assert whole and set(ledger.failed.values()) == {NOWHERE.format("The counter")}


@pytest.mark.parametrize("last", [1, 3])
def test_a_stop_ends_it_and_leaves_the_rest_missing(source: Source, tmp_path: Path, last: int) -> None:
    rows = planned(Order((source,), seeds=tuple(range(1, 9)), axes=axes(["pause_ms=50"]))).rows
    stop, machines = job.Stop(), Threads(2)
    give = machines.give

    def given(worker: Worker, row: Row) -> None:
        give(worker, row)
        if len(machines.given) == last:  # the other is idle at first
            stop(0, None)

    machines.give = given  # type: ignore[method-assign]
    ledger, whole = spread(rows, tmp_path / "out", machines, stop)
    assert not whole and not ledger.failed and len(machines.given) == last
    assert last - 2 <= len(ledger.done) <= last  # all that began but those in hand have ended


def test_a_model_is_known_by_what_is_in_it_not_by_its_name(source: Source, tmp_path: Path) -> None:
    here = Path(source.model.path)
    there = fakes.model_folder(tmp_path / "elsewhere" / "renamed", name=making.STEPS.name)
    other = fakes.model_folder(tmp_path / "elsewhere" / "other", name="Another")
    (there / "everyform.json").write_text("{}")
    assert fingerprint(here) == fingerprint(there) != fingerprint(other)
    assert fingerprint(tmp_path / "nothing") == ""
    Store(Registry(fakes.PACKAGE).recognise).add(there)
    gone = replace(source.model, path=str(tmp_path / "not on this machine"))
    found = Hand(fakes.PACKAGE)._here(gone, {gone.path: fingerprint(here)})
    assert found is not None and fingerprint(found.path) == fingerprint(here) and found.id == gone.id
    assert Hand(fakes.PACKAGE)._here(gone, {gone.path: fingerprint(other)}) is None


def test_the_fingerprint_tells_parts_apart_that_lie_in_another_model(tmp_path: Path) -> None:
    for place, weights in (("one", b"1"), ("two", b"1"), ("three", b"3")):
        for name in ("base", "light"):
            (tmp_path / place / name / "unet").mkdir(parents=True)
        (tmp_path / place / "base" / "unet" / "weights").write_bytes(weights)
        (tmp_path / place / "light" / "unet" / "adapter").write_bytes(b"2")
        (tmp_path / place / "light" / "everyform.json").write_text('{"adapts": {"unet": "base"}}')
    one, two, three = (fingerprint(tmp_path / place / "light") for place in ("one", "two", "three"))
    assert one == two != three and one


def test_without_ray_one_sentence_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(BadInput, match=r"its extra `cluster`"), joined("auto", print):
        pass
