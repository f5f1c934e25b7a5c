"""Everything that goes wrong on the way: flipped bytes, cut connections, busy servers, links that run out."""

from __future__ import annotations

import random
import threading
import time
from pathlib import Path

import pytest

from models.store.fetch.download import Download
from models.store.fetch.patience import Patience
from models.store.fetch.staging import Ask, Staging
from models.store.fetch.state import State
from tests.fakes.hub_server import Fault, Hub, noise
from tests.models.store.downloading import HASTY, WAIT_S, as_on_the_hub, fetch, left_over, model

NAMES = {"config.json", "README.md", "model.safetensors"}


# ── flipped bytes ─────────────────────────────────────────────────────────────


@pytest.mark.parametrize("large_from", [10, 10_000], ids=["sha256", "git"])
def test_every_flipped_byte_is_caught_and_only_that_file_comes_again(hub: Hub, place: Path, large_from: int) -> None:
    """One bit at each of 150 places, first and last byte among them, one place for each file."""
    files: dict[str, bytes | Path] = {f"{n:03}.txt": noise(150, n) for n in range(150)}
    hub.add("me/toy", files, large_from=large_from)
    for n, name in enumerate(files):
        hub.trouble(name, Fault(flips=n))
    told: list[State] = []
    state = fetch(Ask("me/toy", include=("*.txt",)), place, told=told.append)
    assert state.phase == "done"
    as_on_the_hub(Path(state.path), files, set(files))
    for name in files:
        assert [s.sent for s in hub.seen if s.path.endswith(name) and s.sent] == [150, 150]
    said = {s.sentence for s in told} - {""}
    assert said <= {f"{name} arrived broken and is fetched again." for name in files} and len(said) > 50


def test_a_file_that_never_arrives_whole_is_given_up_in_a_sentence(hub: Hub, place: Path) -> None:
    files = model() | {"vocab.txt": noise(5000)}
    hub.add("me/toy", files)
    hub.trouble("model.safetensors", Fault(flips=100_000, times=3))
    state = fetch("me/toy", place)
    assert state.phase == "failed" and state.resumable
    assert state.sentence == (
        "model.safetensors arrived broken 3 times and was not kept: try again later; what else has arrived stays."
    )
    assert not list(place.rglob("*/arriving/model.safetensors"))
    asked = len(hub.seen)
    state = fetch("me/toy", place)
    assert state.phase == "done"
    as_on_the_hub(Path(state.path), files, NAMES | {"vocab.txt"})
    assert not [s for s in hub.seen[asked:] if s.sent and s.path.endswith("vocab.txt")]


def test_a_byte_that_flips_on_the_disk_while_it_rests_is_caught(hub: Hub, place: Path) -> None:
    files = model(500_000)
    hub.add("me/toy", files)
    hub.trouble("model.safetensors", *[Fault(after=300_000)], *[Fault(after=0)] * 3)
    assert fetch("me/toy", place, chunk=10_000).phase == "failed"
    (part,) = place.rglob("arriving/model.safetensors")
    data = bytearray(part.read_bytes())
    assert len(data) == 300_000
    data[150_000] ^= 16
    part.write_bytes(data)
    told: list[State] = []
    state = fetch("me/toy", place, told=told.append)
    assert state.phase == "done" and "model.safetensors arrived broken and is fetched again." in {
        s.sentence for s in told
    }
    as_on_the_hub(Path(state.path), files, NAMES)
    assert any(s.progress.checking for s in told)


# ── cuts ──────────────────────────────────────────────────────────────────────


def test_each_cut_is_gone_on_with_and_nothing_comes_twice(hub: Hub, place: Path) -> None:
    files = model(2_000_000)
    hub.add("me/toy", files)
    draw = random.Random(1)
    hub.trouble("model.safetensors", *[Fault(after=draw.randrange(1, 200_000)) for _ in range(12)])
    told: list[State] = []
    state = fetch("me/toy", place, told=told.append)
    assert state.phase == "done"
    as_on_the_hub(Path(state.path), files, NAMES)
    answers = [s for s in hub.seen if "/storage/" in s.path]
    assert [s.status for s in answers] == [200] + [206] * 12
    assert sum(s.sent for s in answers) == hub.repos["me/toy"].size("model.safetensors")
    assert "The connection to 127.0.0.1 was lost; trying again." in {s.sentence for s in told}


@pytest.mark.parametrize("second", [Fault(whole=True), Fault(etag='"other"')], ids=["no ranges", "another etag"])
def test_what_cannot_be_gone_on_with_begins_anew(hub: Hub, place: Path, second: Fault) -> None:
    files = model(500_000)
    hub.add("me/toy", files)
    hub.trouble("model.safetensors", Fault(after=300_000), second)
    state = fetch("me/toy", place)
    assert state.phase == "done" and state.progress.bytes == state.progress.total
    as_on_the_hub(Path(state.path), files, NAMES)
    assert [(s.start, s.status) for s in hub.seen if "/storage/" in s.path] == [(0, 200), (300_000, 200)]


def test_a_server_without_ranges_that_always_cuts_is_given_up(hub: Hub, place: Path) -> None:
    hub.add("me/toy", model(500_000))
    hub.trouble("model.safetensors", Fault(after=300_000, whole=True, times=50))
    state = fetch("me/toy", place)
    assert state.phase == "failed" and "times in a row" in state.sentence
    assert len([s for s in hub.seen if "/storage/" in s.path]) < 6


def test_a_part_that_has_grown_too_long_is_asked_for_anew(hub: Hub, place: Path) -> None:
    files = model(500_000)
    hub.add("me/toy", files)
    hub.trouble("model.safetensors", Fault(after=100_000), Fault(status=416))
    state = fetch("me/toy", place)
    assert state.phase == "done"
    as_on_the_hub(Path(state.path), files, NAMES)


# ── busy, gone, expired ───────────────────────────────────────────────────────


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504, 403, 401])
def test_a_busy_server_or_a_link_that_ran_out_is_asked_again(hub: Hub, place: Path, status: int) -> None:
    files = model()
    hub.add("me/toy", files)
    hub.trouble("model.safetensors", Fault(status=status), Fault(status=status))
    hub.trouble("api", Fault(status=503))
    state = fetch("me/toy", place)
    assert state.phase == "done"
    as_on_the_hub(Path(state.path), files, NAMES)


def test_retry_after_is_obeyed_up_to_a_point(hub: Hub, place: Path) -> None:
    hub.add("me/toy", model())
    hub.trouble("model.safetensors", Fault(status=429, retry_after="1"))
    began = time.monotonic()
    assert fetch("me/toy", place, patience=Patience(first_s=0.01)).phase == "done"
    assert time.monotonic() - began >= 1
    hub.add("me/two", model(seed=3))
    hub.trouble("model.safetensors", Fault(status=429, retry_after="7200"))
    state = fetch("me/two", place)
    assert state.phase == "failed" and state.resumable
    assert state.sentence == "127.0.0.1 is busy (429) and asks for 2 h: go on then. What has arrived is kept."
    hub.add("me/three", model(seed=4))
    hub.trouble("api", Fault(status=429, retry_after="7200"))
    assert "asks for 2 h" in fetch("me/three", place).sentence


def test_a_file_that_has_gone_from_the_hub_is_said_so(hub: Hub, place: Path) -> None:
    hub.add("me/toy", model())
    hub.trouble("model.safetensors", Fault(status=404))
    state = fetch("me/toy", place)
    assert state.phase == "failed" and "has no model.safetensors of me/toy any more" in state.sentence


def test_a_hub_that_does_not_answer_is_given_up_in_a_sentence_and_gone_on_with(
    hub: Hub, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.add("me/toy", model())
    with monkeypatch.context() as patch:
        patch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
        one = Download(Ask("me/toy"), place, patience=HASTY)
        one.start()
        assert one.wait(WAIT_S)
    assert one.state.phase == "failed" and one.state.resumable
    assert one.state.sentence == (
        "127.0.0.1 does not answer, 3 times in a row: check the connection to 127.0.0.1, then go on."
    )
    one.start()
    assert one.wait(WAIT_S) and one.state.phase == "done" and not left_over(place)


def test_waiting_to_try_again_ends_at_once_with_a_pause(hub: Hub, place: Path) -> None:
    hub.add("me/toy", model())
    hub.trouble("model.safetensors", Fault(status=503, times=9))
    waits = threading.Event()
    one = Download(
        Ask("me/toy"), place, patience=Patience(first_s=60), told=lambda s: waits.set() if "trying" in s.sentence else 0
    )
    one.start()
    assert waits.wait(WAIT_S)
    one.pause()
    assert one.wait(2) and one.state.phase == "paused"


def test_a_slow_start_is_waited_for(hub: Hub, place: Path) -> None:
    hub.add("me/toy", model())
    hub.trouble("model.safetensors", Fault(stall_s=0.7))
    assert fetch("me/toy", place).phase == "done"
    assert len([s for s in hub.seen if "/storage/" in s.path]) == 1


def test_a_journal_of_nonsense_costs_bytes_and_no_more(hub: Hub, place: Path) -> None:
    files = model(500_000)
    hub.add("me/toy", files)
    hub.trouble("model.safetensors", Fault(after=300_000), *[Fault(after=0)] * 3)
    assert fetch("me/toy", place).phase == "failed"
    journal = Staging(place, Ask("me/toy")).folder / "journal"
    whole = journal.read_bytes()
    draw = random.Random(5)
    for _ in range(20):
        broken = bytearray(whole)
        for _ in range(6):
            broken[draw.randrange(len(broken))] = draw.randrange(256)
        journal.write_bytes(broken[: draw.randrange(len(broken))])
        hub.trouble("model.safetensors", *[Fault(after=0)] * 3)
        assert fetch("me/toy", place).phase == "failed"
    hub.faults.clear()
    state = fetch("me/toy", place)
    assert state.phase == "done"
    as_on_the_hub(Path(state.path), files, NAMES)
