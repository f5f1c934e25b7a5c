"""What of a batch is there, whenever everything stopped: between any two of the steps of a row."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from models.batch import running
from models.batch.ledger import FILE, Ledger
from models.batch.plan import Order, planned
from models.batch.rows import Row
from models.protocol import BadInput, Cancelled, Done, Event, Failed, LastWord, Output, Request
from tests.models.batch.making import source


@pytest.fixture
def rows() -> tuple[Row, ...]:
    return planned(Order((source(),), seeds=(1, 2, 3))).rows


class Scribe:
    """A runner that writes a line into a file, and fails or stops at the seeds it is told."""

    def __init__(self, fails: int = 0, stops: int = 0) -> None:
        self.fails, self.stops = fails, stops
        self.asked: list[int] = []

    def make(self, request: Request, tell: Callable[[Event], None]) -> LastWord:
        self.asked.append(request.seed)
        if request.seed == self.stops:
            return Cancelled()
        if request.seed == self.fails:
            return Failed("It is too dark.")
        path = Path(request.out) / "any-name.png"
        path.write_text(f"picture {request.seed}")
        tell(Output(str(path), "picture", 0.5, {}))
        return Done()


class Quiet:
    """Hears of everything and says nothing."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, str]] = []

    def begin(self, row: Row) -> None: ...

    def event(self, row: Row, event: Event) -> None:
        self.heard.append(("event", str(event)))

    def done(self, row: Row, path: Path, seconds: float) -> None:
        self.heard.append(("done", path.name))

    def failed(self, row: Row, reason: str) -> None:
        self.heard.append(("failed", reason))


def make(folder: Path, rows: tuple[Row, ...], runner: Scribe) -> Quiet:
    quiet = Quiet()
    with Ledger(folder) as ledger:
        ledger.read()
        ledger.expect(rows)
        running.run(rows, ledger, runner, quiet)
    return quiet


def states(folder: Path) -> list[str]:
    return [row["state"] for row in json.loads((folder / FILE).read_text("utf-8"))["rows"]]


def test_a_row_that_fails_stops_nothing_and_is_tried_again_alone(rows: tuple[Row, ...], tmp_path: Path) -> None:
    quiet = make(tmp_path, rows, Scribe(fails=2))
    assert [kind for kind, _ in quiet.heard] == ["done", "failed", "done"]
    assert states(tmp_path) == ["done", "failed", "done"]
    assert sorted(p.name for p in tmp_path.iterdir()) == [FILE, "plain-a-boat-1.png", "plain-a-boat-3.png"]
    again = Scribe()
    make(tmp_path, rows, again)
    assert again.asked == [2] and states(tmp_path) == ["done"] * 3


def test_a_stop_leaves_the_rest_missing_and_what_is_gone_is_made_again(rows: tuple[Row, ...], tmp_path: Path) -> None:
    make(tmp_path, rows, Scribe(stops=2))
    assert states(tmp_path) == ["done", "missing", "missing"]
    (tmp_path / "plain-a-boat-1.png").unlink()
    again = Scribe()
    make(tmp_path, rows, again)
    assert again.asked == [1, 2, 3]


def test_rows_of_an_earlier_order_stay_listed_with_their_names(rows: tuple[Row, ...], tmp_path: Path) -> None:
    make(tmp_path, rows, Scribe())
    with Ledger(tmp_path) as ledger:
        ledger.read()
        more = planned(Order((source(),), seeds=(3, 4), template="{seed}"), ledger.names).rows
        assert [row.file for row in more] == ["plain-a-boat-3.png", "4.png"]
        ledger.expect(more)
        running.run(more, ledger, Scribe(), Quiet())
    assert states(tmp_path) == ["done"] * 4


@pytest.mark.parametrize("moment", ["noted", "named", "listed", "half", "swapped"])
def test_killed_at_any_step_a_whole_row_is_kept_and_a_half_one_is_made_again(
    rows: tuple[Row, ...], tmp_path: Path, moment: str
) -> None:
    """The state of the disk after each step of `Ledger.finish`, as a kill leaves it: nothing is closed or tidied."""
    row = rows[0]
    ledger = Ledger(tmp_path)
    ledger.work.mkdir(parents=True)
    ledger.expect(rows)
    ledger.write()
    room = ledger.room(row)
    whole = room / "any-name.png"
    whole.write_text("picture 1")
    if moment != "half":
        ledger.finish(row, whole, 0.5, "picture")  # its note stays, because `batch.json` was written just now
        assert states(tmp_path)[0] == "missing" and (ledger.work / f"{row.id}.json").is_file()
    if moment in ("noted", "swapped"):
        room.mkdir()
        (tmp_path / row.file).rename(whole)
    if moment == "swapped":
        whole.write_text("not all of")
    if moment == "listed":
        ledger.write()
    again = Scribe()
    make(tmp_path, rows, again)
    assert again.asked == ([1, 2, 3] if moment in ("half", "swapped") else [2, 3])
    assert (tmp_path / row.file).read_text() == "picture 1" and states(tmp_path) == ["done"] * 3
    assert sorted(p.name for p in tmp_path.iterdir()) == [FILE, *sorted(row.file for row in rows)]


def test_nothing_of_others_is_overwritten(rows: tuple[Row, ...], tmp_path: Path) -> None:
    (tmp_path / rows[1].file).write_text("mine")
    quiet = make(tmp_path, rows, Scribe())
    assert [kind for kind, _ in quiet.heard] == ["done", "failed", "done"]
    assert (tmp_path / rows[1].file).read_text() == "mine"


def test_two_runs_do_not_work_in_one_folder(tmp_path: Path) -> None:
    with Ledger(tmp_path), pytest.raises(BadInput, match="Another batch is being made"), Ledger(tmp_path):
        pass
    with Ledger(tmp_path) as ledger:
        (ledger.work / "row").mkdir()
        (ledger.work / "row" / "half.png").write_text("half of")
    assert not list(tmp_path.iterdir()), "nothing of ours stays"


def test_hostile_ledgers_are_refused_and_lead_nowhere_else(rows: tuple[Row, ...], tmp_path: Path) -> None:
    for text in ("{", "[" * 100_000, '{"everyform_batch": 1, "rows": [{"id": "x", "file": "../x"}]}', "[]"):
        (tmp_path / FILE).write_text(text)
        with pytest.raises(BadInput, match="no batch that can be resumed"), Ledger(tmp_path) as ledger:
            ledger.read()
    (tmp_path / FILE).unlink()
    ledger = Ledger(tmp_path)
    ledger.work.mkdir(exist_ok=True)
    told = {"id": rows[0].id, "whole": "../../stolen", "file": "../out.png", "bytes": 1, "sha256": "", "seconds": 0}
    (ledger.work / f"{rows[0].id}.json").write_text(json.dumps(told | {"medium": "picture"}))
    ledger.read()
    assert not ledger.done


def test_what_is_left_is_reckoned_by_model() -> None:
    slow = planned(Order((source(),), seeds=(1, 2, 3))).rows
    quick = tuple(replace(row, request=replace(row.request, model_path="/quick")) for row in slow)
    pace = running.Pace()
    assert pace.left_s(slow) is None
    pace.see(slow[0], 30.0)
    assert pace.left_s(slow[1:]) == 60.0
    pace.see(slow[1], 10.0)  # the first one also read the model
    pace.see(quick[0], 1.0)
    assert pace.left_s([slow[2], quick[1], quick[2]]) == 12.0


def test_a_file_that_the_gallery_could_not_list_is_said(rows: tuple[Row, ...], tmp_path: Path) -> None:
    quiet = Quiet()
    with Ledger(tmp_path) as ledger:
        running.run(rows[:1], ledger, Scribe(), quiet, lambda output: f"{Path(output.path).name} is on no list.")
    assert quiet.heard == [
        ("event", "Notice(text='plain-a-boat-1.png is on no list.')"),
        ("done", "plain-a-boat-1.png"),
    ]


def test_a_list_that_takes_long_to_write_is_written_seldom(rows: tuple[Row, ...], tmp_path: Path) -> None:
    ticks = iter([0.0, 5.0, 20.0, 104.0, 106.0, 106.0])
    with Ledger(tmp_path, lambda: next(ticks)) as ledger:
        ledger.expect(rows)
        ledger.write()  # from 0 to 5
        (tmp_path / FILE).unlink()
        ledger.write(often=True)
        ledger.write(often=True)
        assert not (tmp_path / FILE).exists()
        ledger.write(often=True)
        assert states(tmp_path) == ["missing"] * 3
