"""Several downloads: in turns, with connections in common, and still known after the program has ended."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from models.store.fetch.downloads import Downloads
from models.store.fetch.staging import PARTS, Ask
from models.store.fetch.state import State
from tests.fakes.hub_server import Hub
from tests.models.store.downloading import WAIT_S, as_on_the_hub, left_over, model

NAMES = {"config.json", "README.md", "model.safetensors"}
ASKS = [Ask(f"me/{n}") for n in range(4)]


class Watch:
    """The states as they come, and how many were at work at once."""

    def __init__(self) -> None:
        self.changed = threading.Condition()
        self.last: dict[str, State] = {}
        self.most = 0

    def __call__(self, state: State) -> None:
        with self.changed:
            self.last[state.ask.id] = state
            self.most = max(self.most, sum(s.phase in ("listing", "running") for s in self.last.values()))
            self.changed.notify_all()

    def until(self, phase: str, *ids: str, bytes: int = 0) -> None:
        def reached() -> bool:
            found = [self.last.get(id) for id in ids]
            return all(s is not None and s.phase == phase and s.progress.bytes >= bytes for s in found)

        with self.changed:
            assert self.changed.wait_for(reached, WAIT_S), self.last


def test_two_at_once_and_the_others_wait_for_their_turn(hub: Hub, place: Path) -> None:
    files = [model(100_000, seed=n) for n in range(4)]
    for ask, these in zip(ASKS, files, strict=True):
        hub.add(ask.id, these)
    watch = Watch()
    downloads = Downloads(place, told=watch)
    for ask in ASKS:
        downloads.add(ask)
    watch.until("done", *(ask.id for ask in ASKS))
    assert watch.most == 2
    assert [s.phase for s in downloads.states()] == ["done"] * 4
    for ask, these in zip(ASKS, files, strict=True):
        as_on_the_hub(place / ask.id.replace("/", "--"), these, NAMES)
    assert not left_over(place)
    downloads.clear()
    assert downloads.states() == ()
    downloads.close()


def test_what_was_asked_for_outlives_the_program(hub: Hub, place: Path) -> None:
    for n, ask in enumerate(ASKS):
        hub.add(ask.id, model(300_000, seed=n))
    hub.bytes_s = 50_000
    watch = Watch()
    first = Downloads(place, told=watch, chunk=40_000)
    for ask in ASKS:
        first.add(ask)
    assert [s.phase for s in first.states()][2:] == ["queued", "queued"]
    watch.until("running", "me/0", "me/1", bytes=20_000)
    first.close()
    assert not [s for s in first.states() if s.phase not in ("paused", "queued")]
    hub.bytes_s = 0
    watch = Watch()
    second = Downloads(place, told=watch)
    assert [(s.ask, s.phase) for s in second.states()] == [(ask, "paused") for ask in ASKS]
    assert all(s.resumable for s in second.states()) and second.states()[0].progress.bytes >= 10_000
    second.cancel(ASKS[3].key)
    for ask in ASKS[:3]:
        second.resume(ask.key)
    watch.until("done", "me/0", "me/1", "me/2")
    assert second.states()[3].phase == "cancelled"
    assert sorted(path.name for path in place.iterdir()) == ["me--0", "me--1", "me--2"]
    second.close()
    assert Downloads(place).states() == ()


def test_one_that_waits_can_be_paused_and_cancelled_and_a_failed_one_gives_up_its_turn(hub: Hub, place: Path) -> None:
    for n, ask in enumerate(ASKS):
        hub.add(ask.id, model(200_000, seed=n))
    hub.repos["me/1"].gated = True
    hub.bytes_s = 50_000
    watch = Watch()
    downloads = Downloads(place, told=watch, at_once=1)
    keys = [downloads.add(ask) for ask in ASKS]
    watch.until("running", "me/0", bytes=1)
    downloads.pause(keys[2])
    downloads.cancel(keys[3])
    assert [s.phase for s in downloads.states()] == ["running", "queued", "paused", "cancelled"]
    watch.until("gated", "me/1")
    hub.bytes_s = 0
    assert downloads.states()[0].phase == "done" and watch.last["me/2"].phase == "paused"
    assert downloads.add(ASKS[2]) == keys[2]
    watch.until("done", "me/2")
    assert sorted(path.name for path in place.iterdir()) == [PARTS, "me--0", "me--2"]
    downloads.cancel(keys[1])
    downloads.close()
    assert not left_over(place)


def test_a_wish_that_is_done_can_be_asked_for_again(hub: Hub, place: Path) -> None:
    hub.add("me/0", model())
    watch = Watch()
    downloads = Downloads(place, told=watch)
    for _ in range(2):
        downloads.add(ASKS[0])
        watch.until("done", "me/0")
        watch.last.clear()
    assert len(downloads.states()) == 1
    downloads.close()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"id": 7}', '{"id": "me/x", "revision": "", "include": 3}'])
def test_nonsense_in_the_hidden_folder_is_passed_over(place: Path, text: str) -> None:
    folder = place / PARTS / "me--x.12345678"
    folder.mkdir(parents=True)
    (folder / "ask.json").write_text(text)
    assert Downloads(place).states() == ()
