"""When another engine is started: at once after work, with a pause after nothing, not for ever."""

from __future__ import annotations

from desktop.revival import ATTEMPTS, PAUSE_S, SETTLED_S, Revival


def test_the_first_start_is_due_at_once() -> None:
    assert Revival().due_in(123.0) == 0.0


def test_engines_that_never_did_anything_are_given_up_after_some() -> None:
    revival, now = Revival(), 100.0
    for attempt in range(ATTEMPTS - 1):
        assert revival.died(now, 0.1, at_work=False)
        assert revival.due_in(now) == PAUSE_S[attempt]
        assert revival.due_in(now + 60) == 0.0
    assert not revival.died(now, 0.1, at_work=False)
    assert revival.given_up
    assert revival.due_in(now + 1e6) is None
    revival.wanted()
    assert revival.due_in(now) == 0.0
    assert revival.died(now, 0.1, at_work=False)  # the count began anew


def test_an_engine_that_worked_or_lived_long_may_die_any_number_of_times() -> None:
    revival = Revival()
    for now in range(100, 120):
        assert revival.died(now, 0.5, at_work=True)
        assert revival.due_in(now) == 0.0
        assert revival.died(now, SETTLED_S + 1, at_work=False)
        revival.worked()
        assert revival.died(now, 0.5, at_work=False)


def test_an_end_on_purpose_counts_for_nothing() -> None:
    revival = Revival()
    for _ in range(10):
        revival.at_once()
        assert revival.due_in(5.0) == 0.0
    assert not revival.given_up
