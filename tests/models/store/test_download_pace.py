"""One progress for the whole model: its speed is that of the last seconds, and the time left follows from it."""

from __future__ import annotations

from models import sizes
from models.commands.download import progress_line
from models.store.fetch.pace import WINDOW_S, Pace, Progress
from models.store.fetch.staging import Ask
from models.store.fetch.state import State


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_what_was_there_before_makes_no_speed() -> None:
    clock = Clock()
    pace = Pace(clock)
    assert pace.progress() == Progress() and pace.progress().fraction == 0
    pace.begin(total=1000, of_files=3, there=400, files=1)
    assert pace.progress() == Progress(400, 1000, 1, 3)
    clock.now += 1
    assert pace.progress().speed == 0 and pace.progress().left_s is None
    pace.arrived(100)
    clock.now += 1
    now = pace.progress()
    assert (now.bytes, now.speed, now.left_s, now.fraction) == (500, 50, 10, 0.5)


def test_a_stall_and_a_new_speed_are_seen_within_the_window() -> None:
    clock = Clock()
    pace = Pace(clock)
    pace.begin(10_000, 1, 0, 0)
    for _ in range(40):
        clock.now += 0.5
        pace.arrived(50)
        last = pace.progress()
    assert last.speed == 100 and last.left_s == (10_000 - 2000) / 100
    for _ in range(int(WINDOW_S)):
        clock.now += 1
        stalled = pace.progress()
    assert stalled.speed == 0 and stalled.left_s is None


def test_bytes_that_must_come_again_go_back_but_were_fetched() -> None:
    pace = Pace(Clock())
    pace.begin(1000, 1, 0, 0)
    pace.arrived(600)
    pace.arrived(-600)
    pace.arrived(100)
    assert pace.progress().bytes == 100 and pace.fetched == 700


def test_the_line_says_it_as_people_do() -> None:
    half = Progress(1_200_000_000, 2_400_000_000, 1, 2, 24e6, 50.0)
    assert progress_line(State(Ask("me/toy"), "running", half)) == (
        "━━━━━━━━━━━━──────────── 1.2 GB of 2.4 GB, 24 MB/s, 50 s left"
    )
    assert progress_line(State(Ask("me/toy"), "running", Progress(5, 5, checking=True))).endswith(
        "5 B of 5 B, checking"
    )
    assert (sizes.time(0.2), sizes.time(89), sizes.time(120), sizes.time(5 * 3600)) == ("1 s", "89 s", "2 min", "5 h")
    assert [sizes.size(n) for n in (0, 999, 1000, 9_949_999, 10**12)] == ["0 B", "999 B", "1.0 kB", "9.9 MB", "1.0 TB"]
