"""Loaded models that stay: the last used ones, and none of those that are let go of."""

from __future__ import annotations

import weakref

from models.planning.plan import Need, Peak
from models.runtime.fitting.slot import Slots


class Loaded:
    pass


def test_the_last_used_comes_first_and_is_made_once() -> None:
    slots = Slots()
    first = slots.get("a", Loaded)
    slots.get("b", Loaded)
    slots.get("c", Loaded)
    assert slots.get("a", Loaded) is first
    assert slots.keys == ("a", "c", "b")
    assert slots.holds("b") and not slots.holds("d")


def test_what_is_let_go_is_gone_from_memory() -> None:
    slots = Slots()
    seen = {key: weakref.ref(slots.get(key, Loaded)) for key in "abc"}
    slots.let_go(["b", "never there"])
    assert {key: one() is not None for key, one in seen.items()} == {"a": True, "b": False, "c": True}
    slots.clear()
    assert not any(one() for one in seen.values())
    assert slots.keys == ()


def test_what_cannot_be_read_takes_no_place() -> None:
    slots = Slots()

    def broken() -> Loaded:
        raise ValueError("cut short")

    slots.get("a", Loaded)
    try:
        slots.get("b", broken)
    except ValueError:
        assert slots.keys == ("a",)


def test_a_limit_lets_go_of_those_not_used_for_longest() -> None:
    slots = Slots()
    for key in "abcd":
        slots.get(key, Loaded)
        slots.tell(key, Peak(ram=Need(100)))
    slots.keep_within(250)  # the one used last is in nobody's way
    assert slots.keys == ("d", "c", "b")
    slots.keep_within(None)
    assert slots.keys == ("d", "c", "b")
    slots.keep_within(0)
    assert slots.keys == ("d",)


def test_where_others_want_the_memory_models_that_wait_make_way_one_by_one() -> None:
    slots = Slots()
    for key in "abc":
        slots.get(key, Loaded)
    slots.make_way(1000, 500)
    assert slots.keys == ("c", "b", "a")
    slots.make_way(1000, 50)
    assert slots.keys == ("c", "b")
    for _ in range(3):
        slots.make_way(1000, 50)
    assert slots.keys == ("c",), "whoever made the last picture will make the next"
