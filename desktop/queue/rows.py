"""Jobs as rows of a table, and back: what the journal writes, as plain statements."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import MISSING, fields
from typing import Any, NamedTuple, get_args

from desktop.job import LEFT, Job, State
from models.protocol import MEDIA, Output, Request

SCHEMA = """
CREATE TABLE IF NOT EXISTS jobs (
    key INTEGER PRIMARY KEY,
    rank INTEGER NOT NULL,
    state TEXT NOT NULL,
    request TEXT NOT NULL,
    follow TEXT NOT NULL,
    label TEXT NOT NULL,
    placed INTEGER NOT NULL,
    outputs TEXT NOT NULL,
    reason TEXT NOT NULL,
    bad_input INTEGER NOT NULL,
    seconds REAL NOT NULL,
    ended INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value INTEGER NOT NULL);
"""
COLUMNS = "key, rank, state, request, follow, label, placed, outputs, reason, bad_input, seconds, ended"
PAUSED = "SELECT max(value) FROM facts WHERE name = 'paused'"
READ = f"SELECT {COLUMNS} FROM jobs ORDER BY rank"
# What was taken off stays as it is until the next start, for it may be brought back.
GONE = "gone"
PURGE = f"DELETE FROM jobs WHERE state = '{GONE}'"


class Order(NamedTuple):
    """A statement, and the values of each time that it is carried out; `encode` makes values of them, on the
    journal's thread."""

    statement: str
    values: list[tuple[Any, ...]]
    encode: Callable[[tuple[Any, ...]], tuple[Any, ...]] | None = None


_PUT = f"INSERT OR REPLACE INTO jobs ({COLUMNS}) VALUES ({', '.join('?' * len(COLUMNS.split(',')))})"
_FIELDS = {one.name: one for one in fields(Request)}


def put(jobs: Iterable[Job]) -> Order:
    """All that is known of them now. What nobody asked to keep is not kept here either."""
    return Order(_PUT, [_as_it_is(job) for job in jobs if job.request.keep], _encoded)


def _as_it_is(job: Job) -> tuple[Any, ...]:
    # What runs is begun again after a kill: on the disk it waits until it has ended.
    state = job.state if job.ended else "waiting"
    made, end = tuple(job.outputs), (job.reason, job.bad_input, job.seconds, job.end)
    return job.key, job.rank, state, job.request, job.then, job.name, job.placed, made, *end


def _encoded(held: tuple[Any, ...]) -> tuple[Any, ...]:
    key, rank, state, request, then, name, at_place, outputs, reason, *rest = held
    made = json.dumps([[one.path, one.medium, one.seconds, one.item] for one in outputs])
    follow = _text(then) if then is not None else ""
    return key, rank, state, _text(request), follow, _plain(name), at_place, made, _plain(reason), *rest


def placed(jobs: Iterable[Job]) -> Order:
    """Where they stand."""
    values = [(one.rank, one.placed, one.key) for one in jobs]
    return Order("UPDATE jobs SET rank = ?, placed = ? WHERE key = ?", values)


def gone(jobs: Iterable[Job]) -> Order:
    return Order(f"UPDATE jobs SET state = '{GONE}' WHERE key = ?", [(one.key,) for one in jobs])


def again(jobs: Iterable[tuple[Job, State, int]]) -> Order:
    """In that state, which ended as the number says, also those that were gone: nothing else of them has changed."""
    return Order("UPDATE jobs SET state = ?, ended = ? WHERE key = ?", [(how, end, job.key) for job, how, end in jobs])


def paused(on: bool) -> Order:
    return Order("INSERT OR REPLACE INTO facts (name, value) VALUES ('paused', ?)", [(on,)])


def job(row: tuple[Any, ...]) -> Job:
    """The job of a row that was read, held where it has not ended. Raises ValueError where it is none."""
    key, rank, state, request, then, label, at_place, outputs, reason, bad_input, seconds, end = row
    if state not in get_args(State):
        raise ValueError(f"no state is called {state}")
    if not all(type(number) is int for number in (key, rank, end)):
        raise ValueError("its place is no number")
    found = Job(0, _request(request), then=_request(then) if then else None, key=key, rank=rank, label=label)
    found.outputs = [_output(one) for one in json.loads(outputs)]
    found.placed, found.reason, found.bad_input = bool(at_place), reason, bool(bad_input)
    found.seconds, found.end = seconds, end
    found.state = state
    if state == "waiting" and found.made >= found.request.count:  # the power went before its last word
        found.state = "done"
    found.held = LEFT if found.state == "waiting" else ""
    return found


def _text(request: Request) -> str:
    return json.dumps({name: _json(getattr(request, name)) for name in _FIELDS})


def _json(value: Any) -> Any:
    return dict(value) if isinstance(value, Mapping) else value


def _request(text: str) -> Request:
    """Fields of another version are left out, and those that it did not have are as they are by default."""
    held = json.loads(text)
    if not isinstance(held, dict):
        raise ValueError("no request")
    given: dict[str, Any] = {}
    for name, one in _FIELDS.items():
        if name not in held:
            if one.default is MISSING and one.default_factory is MISSING:
                raise ValueError(f"it has no {name}")
            continue
        value = held[name]
        given[name] = tuple((str(role), str(said)) for role, said in value) if name == "history" else value
        if type(given[name]) is not _kind(one):
            raise ValueError(f"{name} is {value!r}")
    return Request(**given)


def _kind(one: Any) -> type:
    if one.default is not MISSING:
        return type(one.default)
    return str if one.default_factory is MISSING else one.default_factory


def _output(held: list[Any]) -> Output:
    path, medium, seconds, item = held
    if not isinstance(path, str) or medium not in MEDIA or not isinstance(item, int):
        raise ValueError("no output")
    return Output(path, medium, float(seconds), {}, item)


def _plain(text: str) -> str:
    """Halves of letters, which a text from outside may hold, are no text to SQLite."""
    return text.encode("utf-8", "replace").decode("utf-8")
