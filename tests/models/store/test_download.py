"""A model from the hub into its folder: whole, checked, paused, cancelled, refused, and never by itself."""

from __future__ import annotations

import itertools
import json
import threading
from pathlib import Path

import pytest

from models import offline
from models.protocol import BadInput, Card, Match
from models.store.fetch import connection, placing, room, token
from models.store.fetch.download import Download
from models.store.fetch.staging import Ask, Staging
from models.store.fetch.state import State
from models.store.files import Files
from models.store.store import Store
from tests.fakes.hub_server import TOKEN, Fault, Hub, noise
from tests.models.store.downloading import HASTY, WAIT_S, as_on_the_hub, fetch, left_over, model, weights

NAMES = {"config.json", "README.md", "model.safetensors"}


def test_what_is_needed_comes_and_the_note_says_from_where(hub: Hub, place: Path) -> None:
    files = model()
    hub.add("me/toy", files, licence="mit")
    told: list[State] = []
    state = fetch("me/toy", place, told=told.append)
    assert state.phase == "done" and state.sentence == "" and not state.resumable
    assert Path(state.path) == place / "me--toy"
    as_on_the_hub(Path(state.path), files, NAMES)
    note = json.loads((place / "me--toy" / "everyform.json").read_text())
    assert note["name"] == "toy" and note["licence"] == "mit" and list(note["sha256"]) == ["model.safetensors"]
    assert note["source"]["id"] == "me/toy" and note["source"]["commit"] == hub.repos["me/toy"].commit
    assert not left_over(place)
    assert told[0].phase == "listing" and told[-1] == state and "running" in {s.phase for s in told}
    last = state.progress
    assert last.bytes == last.total == sum(hub.repos["me/toy"].size(name) for name in NAMES)
    assert last.files == last.of_files == 3
    assert last.fraction == 1.0
    assert all(a.progress.bytes <= b.progress.bytes for a, b in itertools.pairwise(told))


def test_the_store_takes_the_sums_over_without_reading(hub: Hub, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hub.add("me/toy", model())
    path = Path(fetch("me/toy", place).path)

    def recognise(path: Path) -> tuple[str, Match]:
        return "toy", Match(Card("toy", "Toy", "vae", "picture", ("text-to-picture",), ()))

    store = Store(recognise, place / "none")
    with monkeypatch.context() as patch:
        patch.setattr("models.store.store.checksums", lambda *words: pytest.fail("the weights were read again"))
        added = store.add(path)
    assert added.name == "toy" and added.licence == "apache-2.0"
    assert [(v.file, v.ok) for v in store.verify(added.id)] == [("model.safetensors", True)]
    data = bytearray((path / "model.safetensors").read_bytes())
    data[-1] ^= 1
    (path / "model.safetensors").write_bytes(data)
    assert [v.ok for v in store.verify(added.id)] == [False]
    # Asked for again, the broken file alone comes again.
    before = len(hub.seen)
    assert fetch("me/toy", place).phase == "done"
    assert [s.path.rpartition("/")[2] for s in hub.seen[before:] if s.sent] == ["model.safetensors"]
    assert [v.ok for v in store.verify(added.id)] == [True]


def test_sums_of_a_changed_or_foreign_folder_are_not_believed(hub: Hub, place: Path, tmp_path: Path) -> None:
    hub.add("me/toy", model())
    path = Path(fetch("me/toy", place).path)
    assert placing.recorded(path) and placing.recorded(path / "model.safetensors")
    assert placing.recorded(path.rename(tmp_path / "me--toy")) == {}
    path = (tmp_path / "me--toy").rename(path)
    (path / "more.safetensors").write_bytes(weights(10))
    assert placing.recorded(path) == {}
    (path / "more.safetensors").unlink()
    (path / "model.safetensors").write_bytes(weights(10))
    assert placing.recorded(path) == {}


def test_another_file_of_the_same_version_joins_it_and_another_version_lies_beside(hub: Hub, place: Path) -> None:
    files: dict[str, bytes | Path] = {f"toy-{q}.gguf": weights(5000, n) for n, q in enumerate(("Q4_K_M", "Q8_0"))}
    hub.add("me/toy", files)
    first = fetch("me/toy", place)
    as_on_the_hub(Path(first.path), files, {"toy-Q4_K_M.gguf"})
    second = fetch(Ask("me/toy", variant="Q8_0"), place)
    assert second.path == first.path
    as_on_the_hub(Path(second.path), files, set(files))
    hub.repos["me/toy"].commit = "f" * 40
    third = fetch("me/toy", place)
    assert third.path == f"{first.path}@fffffff" and not left_over(place)
    assert len(list(place.iterdir())) == 2


def test_pause_keeps_what_has_come_and_going_on_fetches_the_rest(hub: Hub, place: Path) -> None:
    files = model(600_000)
    hub.add("me/toy", files)
    hub.bytes_s = 150_000
    some = threading.Event()
    one = Download(
        Ask("me/toy"), place, chunk=64_000, told=lambda s: some.set() if s.progress.bytes > 100_000 else None
    )
    one.start()
    assert some.wait(WAIT_S)
    one.pause()
    assert one.wait(5)
    state = one.state
    assert state.phase == "paused" and state.resumable and 100_000 < state.progress.bytes < 600_000
    assert [path.name for path in place.iterdir()] == [".parts"]  # no half of a model where models lie
    hub.bytes_s = 0
    again = Download(Ask("me/toy"), place)  # as after a new start of the program
    again.hold()
    assert again.state.phase == "paused" and again.state.progress.bytes == state.progress.bytes
    asked = len(hub.seen)
    again.start()
    assert again.wait(WAIT_S) and again.state.phase == "done"
    as_on_the_hub(Path(again.state.path), files, NAMES)
    assert not [s for s in hub.seen[asked:] if s.path.startswith("/api/models/")]  # the list is known
    ranged = [s for s in hub.seen[asked:] if "/storage/" in s.path]
    assert [s.status for s in ranged] == [206] and ranged[0].headers["if-range"].startswith('"')
    assert ranged[0].start >= state.progress.bytes - len(b'{"model_type": "toy"}') - len(b"# toy")


@pytest.mark.parametrize("where", ["api", "model.safetensors"])
def test_a_pause_does_not_wait_for_a_server_that_is_silent(hub: Hub, place: Path, where: str) -> None:
    hub.add("me/toy", model())
    hub.trouble(where, Fault(stall_s=20))
    one = Download(Ask("me/toy"), place, patience=HASTY)
    one.start()
    while not any(s.path.endswith(where) or where == "api" for s in list(hub.seen) if "/resolve/" not in s.path):
        assert not one.wait(0.01)
    one.pause()
    assert one.wait(2) and one.state.phase == "paused"


def test_cancelled_at_work_or_at_rest_it_leaves_nothing(hub: Hub, place: Path) -> None:
    hub.add("me/toy", model(600_000))
    hub.bytes_s = 150_000
    for rest in (False, True):
        some = threading.Event()
        one = Download(
            Ask("me/toy"), place, told=lambda s, some=some: some.set() if s.progress.bytes > 100_000 else None
        )
        one.start()
        assert some.wait(WAIT_S)
        if rest:
            one.pause()
            assert one.wait(5) and one.state.phase == "paused"
        one.cancel()
        assert one.wait(5) and one.state.phase == "cancelled" and not one.state.resumable
        assert not place.exists()
        one.start()
        assert one.state.phase == "cancelled" and not one.running


def test_two_at_the_same_one_do_not_disturb_each_other(hub: Hub, place: Path) -> None:
    hub.add("me/toy", model(600_000))
    hub.bytes_s = 150_000
    some = threading.Event()
    one = Download(Ask("me/toy"), place, told=lambda s: some.set() if s.progress.bytes > 100_000 else None)
    one.start()
    assert some.wait(WAIT_S)
    other = Download(Ask("me/toy"), place)
    other.start()
    assert other.wait(5) and other.state.phase == "failed" and "being fetched already" in other.state.sentence
    with pytest.raises(BadInput, match="being fetched already"):
        other.cancel()
    hub.bytes_s = 0
    assert one.wait(WAIT_S) and one.state.phase == "done"


# ── gated, private, token ─────────────────────────────────────────────────────


def test_a_gated_model_is_explained_and_comes_with_the_token(hub: Hub, place: Path) -> None:
    files = model()
    hub.add("me/toy", files, gated=True)
    one = Download(Ask("me/toy"), place)
    one.start()
    assert one.wait(WAIT_S)
    assert one.state.phase == "gated" and one.state.page == f"{hub.url}/me/toy"
    assert "accept them at" in one.state.sentence and "models token set" in one.state.sentence
    assert token.keep(TOKEN) == "session"
    hub.repos["me/toy"].admitted = False
    one.start()
    assert one.wait(WAIT_S)
    assert one.state.phase == "gated" and "not open to your token yet" in one.state.sentence
    hub.repos["me/toy"].admitted = True
    one.start()
    assert one.wait(WAIT_S)
    assert one.state.phase == "done"
    as_on_the_hub(Path(one.state.path), files, NAMES)


def test_the_token_goes_to_the_hub_alone_and_only_where_it_is_wanted(hub: Hub, place: Path) -> None:
    hub.add("me/open", model())
    hub.add("me/gated", model(seed=7), gated=True)
    hub.add("me/private", model(seed=8), private=True)
    token.keep(TOKEN)
    for name in ("open", "gated", "private"):
        assert fetch(f"me/{name}", place).phase == "done"
    shown = [s for s in hub.seen if "authorization" in s.headers]
    assert {s.host for s in shown} == {hub.url.partition("//")[2]} and {s.headers["authorization"] for s in shown} == {
        f"Bearer {TOKEN}"
    }
    assert not [s for s in shown if "me/open" in s.path]
    assert [s for s in hub.seen if "/storage/" in s.path] and [s for s in shown if "resolve-cache" in s.path]


def test_nothing_on_the_disk_and_no_text_holds_the_token(
    hub: Hub, place: Path, home: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    told: list[State] = []
    hub.add("me/gated", model(400_000), gated=True)
    token.keep(TOKEN)
    hub.bytes_s = 150_000
    hub.trouble("model.safetensors", Fault(after=100_000), Fault(status=503))
    one = Download(Ask("me/gated"), place, told=told.append, patience=HASTY)
    one.start()
    while one.state.progress.bytes < 150_000:
        assert not one.wait(0.01)
    one.pause()
    assert one.wait(5)
    texts = [path.read_bytes() for path in home.rglob("*") if path.is_file() and path.stat().st_size < 100_000]
    assert any(b"model.safetensors" in text for text in texts)  # the journal is among them
    hub.bytes_s = 0
    one.start()
    assert one.wait(WAIT_S) and one.state.phase == "done"
    texts += [path.read_bytes() for path in home.rglob("*") if path.is_file()]
    texts += [repr(state).encode() for state in told] + [repr(token.find()).encode()]
    assert not [text for text in texts if TOKEN.encode() in text or b"signature=secret" in text]
    assert "model.safetensors" in caplog.text and TOKEN not in caplog.text


def test_a_token_that_the_hub_does_not_know_is_said_so(hub: Hub, place: Path) -> None:
    hub.add("me/gated", model(), gated=True)
    token.keep("hf_anotherTokenThatIsNotKnown")
    state = fetch("me/gated", place)
    assert state.phase == "failed" and "does not know your access token" in state.sentence


# ── refusals ──────────────────────────────────────────────────────────────────


def test_what_is_not_there_is_said_and_leaves_nothing(hub: Hub, place: Path) -> None:
    hub.add("me/toy", model())
    for ask, words in (
        (Ask("me/none"), "There is no model me/none"),
        (Ask("me/toy", revision="v9"), "no version 'v9'"),
        (Ask("me/toy", include=("*.zip",)), "No file of me/toy is called"),
        (Ask("me/toy", variant="fp16"), "does not come as fp16"),
    ):
        state = fetch(ask, place)
        assert state.phase == "failed" and words in state.sentence and state.sentence.count("\n") == 0
        assert not place.exists()


def test_a_hostile_config_is_refused_before_any_weight_comes(hub: Hub, place: Path) -> None:
    files = model(600_000) | {"config.json": b'{"auto_map": {"AutoModel": "evil.Model"}}'}
    hub.add("me/evil", files)
    state = fetch("me/evil", place)
    assert state.phase == "failed" and "code of its own" in state.sentence
    assert not hub.fetched("model.safetensors") and not place.exists()


@pytest.mark.parametrize("name", ["../../evil.json", "a/../../b.json", "/etc/evil.json", "C:evil.json", "nul.json"])
def test_names_that_lead_away_are_refused(hub: Hub, place: Path, name: str) -> None:
    hub.add("me/evil", model() | {name: b"{}"})
    state = fetch("me/evil", place)
    assert state.phase == "failed" and "leads out of its folder" in state.sentence and not place.exists()


def test_a_pickle_comes_only_by_its_name_and_is_opened_by_nobody(hub: Hub, place: Path) -> None:
    files: dict[str, bytes | Path] = {"old.ckpt": b"cos\nsystem\n" + noise(5000), "README.md": b"# old"}
    hub.add("me/old", files)
    refused = fetch("me/old", place)
    assert refused.phase == "failed" and "import it explicitly" in refused.sentence and not place.exists()
    state = fetch(Ask("me/old", include=("old.ckpt",)), place)
    assert state.phase == "done"
    as_on_the_hub(Path(state.path), files, set(files))


def test_a_note_of_the_hubs_own_is_not_ours(hub: Hub, place: Path) -> None:
    hub.add("me/evil", model() | {"everyform.json": b'{"shares": {"vae": ".."}}'})
    path = Path(fetch("me/evil", place).path)
    assert "shares" not in Files(path).sidecar and Files(path).sidecar["source"]["id"] == "me/evil"


# ── room ──────────────────────────────────────────────────────────────────────


def test_room_is_asked_for_first_and_what_is_there_counts(
    hub: Hub, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.add("me/toy", model(2_000_000))
    monkeypatch.setattr(room, "free", lambda place: room.SPARE_BYTES + 1_000_000)
    one = Download(Ask("me/toy"), place)
    one.start()
    assert one.wait(WAIT_S) and one.state.phase == "paused"
    assert one.state.sentence.startswith("me/toy needs 2.0 MB, and 68 MB are free in ") and "free 1.0 MB" in (
        one.state.sentence
    )
    assert not hub.fetched()
    monkeypatch.setattr(room, "free", lambda place: 10**9)
    hub.trouble("model.safetensors", *[Fault(after=500_000 * n) for n in (3, 0, 0, 0)])
    two = Download(Ask("me/toy"), place, patience=HASTY)
    two.start()
    assert two.wait(WAIT_S) and two.state.phase == "failed" and two.state.progress.bytes >= 1_500_000
    monkeypatch.setattr(room, "free", lambda place: room.SPARE_BYTES + 600_000)
    two.start()
    assert two.wait(WAIT_S) and two.state.phase == "done"


# ── offline ───────────────────────────────────────────────────────────────────


def test_no_connection_opens_unless_it_was_asked_for(hub: Hub) -> None:
    hub.add("me/toy", model())
    with connection.client() as client:
        with pytest.raises(connection.Refused, match="Nobody asked"):
            client.get(hub.url)
        with connection.asked():
            assert offline.is_lifted()
            assert client.get(hub.url).status_code == 404
            seen: list[bool] = []
            other = threading.Thread(target=lambda: seen.append(offline.is_lifted()))
            other.start()
            other.join()
            assert seen == [False]  # not even the threads beside
        with pytest.raises(connection.Refused, match="Nobody asked"):
            client.get(hub.url)
    from models.store.fetch import hub as asking

    with pytest.raises(connection.Refused):
        asking.listing("me/toy")
    assert [s.path for s in hub.seen] == ["/"]


def test_libraries_stay_offline_while_a_download_runs(hub: Hub, place: Path) -> None:
    from huggingface_hub import constants

    hub.add("me/toy", model())
    during: list[bool] = []
    assert fetch("me/toy", place, told=lambda s: during.append(constants.is_offline_mode())).phase == "done"
    assert during and all(during)


def test_links_that_are_not_encrypted_are_not_followed(hub: Hub, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hub.add("me/toy", model())
    monkeypatch.setattr(hub, "storage", "http://storage.example")
    state = fetch("me/toy", place)
    assert state.phase == "failed" and "not encrypted" in state.sentence


@pytest.mark.parametrize("wrong", ["http://example.org", "ftp://127.0.0.1", "huggingface.co", "https://"])
def test_an_endpoint_must_be_encrypted(monkeypatch: pytest.MonkeyPatch, wrong: str) -> None:
    monkeypatch.setenv("HF_ENDPOINT", wrong)
    with pytest.raises(BadInput, match="HF_ENDPOINT"):
        connection.endpoint()


def test_a_broken_plan_is_made_anew(hub: Hub, place: Path) -> None:
    hub.add("me/toy", model())
    staging = Staging(place, Ask("me/toy"))
    staging.begin()
    for text in ("{", "[]", '{"id": 1}', '{"id": "a", "commit": "b", "licence": "", "locked": false, "files": [1]}'):
        (staging.folder / "plan.json").write_text(text)
        assert staging.plan() is None
    assert fetch("me/toy", place).phase == "done" and not left_over(place)
