"""`main.py models download | search | token`, as people and programs run them: a real process, a real model."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from models import commands
from tests.fakes.hub_server import TOKEN, Fault, Hub, environment, tree
from tests.models.store.downloading import as_on_the_hub, left_over, model

ROOT = Path(__file__).resolve().parents[3]
STARTER = ROOT / "resources" / "starter" / "pixelcnn"


def run(hub: Hub, home: Path, *words: str, given: str = "", **more: str) -> Any:
    command = [sys.executable, str(ROOT / "main.py"), "models", *words]
    options: dict[str, Any] = {"capture_output": True, "text": True, "timeout": 100, "cwd": ROOT}
    return subprocess.run(command, env=environment(hub, home) | more, input=given, check=False, **options)


def rows(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


@pytest.fixture
def starter(hub: Hub) -> dict[str, bytes | Path]:
    """A real model on the hub: one of the program's own, as somebody might have put it there."""
    files = {name: content for name, content in tree(STARTER).items() if name != "everyform.json"}
    hub.add("me/pixels", files, licence="apache-2.0")
    return files


def test_a_model_is_fetched_put_on_the_list_and_verified(
    hub: Hub, home: Path, place: Path, starter: dict[str, bytes | Path]
) -> None:
    dry = run(hub, home, "download", "me/pixels", "--dry-run")
    assert dry.returncode == 0 and not dry.stdout and "model.safetensors" in dry.stderr, dry.stderr
    assert not hub.fetched("model.safetensors") and not place.exists()
    done = run(hub, home, "download", f"{hub.url}/me/pixels/tree/main")
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"{place / 'me--pixels'}\n" and "It is on the list as me-pixels." in done.stderr
    as_on_the_hub(place / "me--pixels", starter, set(starter))
    assert not left_over(place)
    told = run(hub, home, "show", "me-pixels", "--json")
    assert json.loads(told.stdout)["name"] == "pixels", told.stderr
    verified = run(hub, home, "verify", "me-pixels", "--json")
    assert verified.returncode == 0 and [row["ok"] for row in rows(verified.stdout)] == [True]


def test_for_programs_each_step_is_a_line(
    hub: Hub, starter: dict[str, bytes | Path], capsys: pytest.CaptureFixture[str]
) -> None:
    hub.bytes_s = 300_000
    assert commands.main(["models", "download", "me/pixels", "--json"]) == 0
    told = rows(capsys.readouterr().out)
    assert (told[0]["event"], told[-1]["event"]) == ("plan", "done")
    assert {row["event"] for row in told[1:-1]} == {"progress"}
    assert {file["name"] for file in told[0]["files"]} == set(starter) and told[0]["bytes"] == told[-2]["total"]
    assert told[-1]["id"] == "me-pixels" and Path(told[-1]["path"]).is_dir()
    assert any(row["speed"] and row["left_s"] is not None for row in told[1:-1])


def test_ctrl_c_pauses_the_same_words_go_on_and_discard_deletes(hub: Hub, home: Path, place: Path) -> None:
    files = model(600_000)
    hub.add("me/toy", files)
    hub.bytes_s = 150_000
    command = [sys.executable, str(ROOT / "main.py"), "models", "download", "me/toy"]
    for last in (False, True):
        child = subprocess.Popen(command, env=environment(hub, home), stderr=subprocess.PIPE, text=True, cwd=ROOT)
        before = hub.fetched()
        while hub.fetched() < before + 100_000:
            assert child.poll() is None
            time.sleep(0.01)
        child.send_signal(signal.SIGINT)
        _, said = child.communicate(timeout=20)
        assert child.returncode == 130 and said.splitlines()[-1].startswith("Paused: the same command goes on"), said
        assert left_over(place)
        if last:
            assert "Going on with me/toy" in said
    gone = run(hub, home, "download", "me/toy", "--discard")
    assert gone.returncode == 0 and not place.exists(), gone.stderr
    again = run(hub, home, "download", "me/toy", "--discard")
    assert again.returncode == 2 and "no paused download" in again.stderr


def test_what_is_fetched_and_not_known_stays_with_a_sentence(
    hub: Hub, place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hub.add("me/toy", model())
    assert commands.main(["models", "download", "me/toy", "--json"]) == 0
    last = rows(capsys.readouterr().out)[-1]
    assert last["id"] == "" and "not on the list" in last["note"]
    assert (place / "me--toy" / "model.safetensors").is_file()


def test_refusals_are_one_sentence_and_leave_nothing(
    hub: Hub, home: Path, place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hub.add("me/gated", model(), gated=True)
    hub.add("me/old", {"pytorch_model.bin": b"x" * 2000, "config.json": b"{}"})
    for words, sentence in (
        (("me/gated",), "accept them at"),
        (("me/none",), "There is no model me/none"),
        (("me/old",), "import it explicitly"),
        (("../me",), "is no model's name on the hub"),
        ((f"{hub.url}/me/old/tree/v1", "--revision", "v2"), "give one of them"),
    ):
        assert commands.main(["models", "download", *words]) == 2
        said = capsys.readouterr().err
        assert sentence in said and said.count("\n") == 1 and not place.exists()
    assert commands.main(["models", "download", "me/gated", "--json"]) == 2
    told = json.loads(capsys.readouterr().out)
    assert told == {"event": "gated", "reason": told["reason"], "page": f"{hub.url}/me/gated"}


def test_the_token_is_read_from_a_pipe_and_shown_nowhere(hub: Hub, home: Path, place: Path) -> None:
    hub.add("me/gated", model(), gated=True)
    no_ring = run(hub, home, "token", "set", given=f"{TOKEN}\n")
    assert no_ring.returncode == 2 and "no keyring" in no_ring.stderr and "HF_TOKEN" in no_ring.stderr
    assert run(hub, home, "token", "status").stdout == "No token is kept.\n"
    status = run(hub, home, "token", "status", "--json", HF_TOKEN=TOKEN)
    assert rows(status.stdout) == [{"token": "environment", "hub": "127.0.0.1"}]
    hub.trouble("model.safetensors", Fault(after=1000))
    done = run(hub, home, "download", "me/gated", "--json", HF_TOKEN=TOKEN, HF_DEBUG="1")
    assert done.returncode == 0, done.stderr
    texts = [done.stdout, done.stderr, status.stdout, no_ring.stderr, no_ring.stdout]
    texts += [path.read_bytes().decode("latin-1") for path in home.rglob("*") if path.is_file()]
    assert not [text for text in texts if TOKEN in text]


def test_search_asks_the_hub(hub: Hub, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("sailboat-xl", "castle"):
        hub.add(f"me/{name}", {})
    assert commands.main(["models", "search", "sailboat"]) == 0 and "me/sailboat-xl" in capsys.readouterr().out
    assert commands.main(["models", "search", "castle", "--json"]) == 0
    assert [row["id"] for row in json.loads(capsys.readouterr().out)] == ["me/castle"]
    assert commands.main(["models", "search", "no", "such"]) == 0
    assert "has no model with 'no such'" in capsys.readouterr().err


WATCH = """
import sys
def watch(event, words):
    if event in ("socket.getaddrinfo", "socket.bind") or event == "socket.connect" and isinstance(words[1], tuple):
        with open({log!r}, "a") as file:
            print(event, words[1:], file=file)
sys.addaudithook(watch)
"""


def test_nothing_connects_without_being_asked(hub: Hub, home: Path, tmp_path: Path, starter: object) -> None:
    """Every process of a tour of the program, the engine's too, is watched from its first line."""
    log = tmp_path / "log"
    (tmp_path / "sitecustomize.py").write_text(WATCH.format(log=str(log)))
    watched = {"PYTHONPATH": str(tmp_path)}
    for words in (("list",), ("add", str(STARTER)), ("verify",), ("token", "status")):
        assert run(hub, home, *words, **watched).returncode == 0
    generate = [sys.executable, str(ROOT / "main.py"), "generate", "pixelcnn"]
    subprocess.run(generate, env=environment(hub, home) | watched, cwd=ROOT, check=True, capture_output=True)
    assert not hub.seen and not log.exists()
    assert run(hub, home, "download", "me/pixels", **watched).returncode == 0
    assert hub.seen and "socket.connect" in log.read_text()
