"""Killed in the last moments, when files get their names and the folder its place: it is done to the end next time."""

from __future__ import annotations

import pkgutil
from pathlib import Path
from typing import Any

import pytest

from models.store.fetch import placing
from models.store.fetch.download import Download
from models.store.fetch.staging import Ask
from tests.fakes.hub_server import Hub
from tests.models.store.downloading import WAIT_S, as_on_the_hub, fetch, left_over, model, weights

NAMES = {"config.json", "README.md", "model.safetensors"}


class Killed(BaseException):
    """Nothing catches it, as nothing catches a SIGKILL."""


def at(monkeypatch: pytest.MonkeyPatch, where: str, *, after: bool, call: int = 1) -> None:
    """Die before or after the `call`-th call of that function."""
    plain, calls = pkgutil.resolve_name(where), [0]

    def deadly(*words: Any, **options: Any) -> Any:
        calls[0] += 1
        if calls[0] == call and not after:
            raise Killed
        found = plain(*words, **options)
        if calls[0] == call:
            raise Killed
        return found

    monkeypatch.setattr(where, deadly)


def die(ask: Ask, place: Path) -> None:
    one = Download(ask, place)
    one.start()
    one.wait(WAIT_S)
    # Where the thread of the last file dies after its last line, all is there for those that live on.
    assert one.state.phase in ("listing", "running", "done")


MOMENTS = (
    "models.store.fetch.journal.Journal.finish",
    "models.store.fetch.journal.Journal._move",
    "models.store.fetch.journal.Journal._add",
    "models.store.fetch.staging.Staging.write_plan",
    "models.store.fetch.staging.Staging.discard",
    "models.store.fetch.placing.put",
    "models.store.fetch.asking.refuse",
)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("where", MOMENTS)
def test_every_moment_is_gone_on_from(
    hub: Hub, place: Path, monkeypatch: pytest.MonkeyPatch, where: str, after: bool
) -> None:
    files = model(50_000)
    hub.add("me/toy", files)
    with monkeypatch.context() as patch:
        at(patch, where, after=after, call=3 if "Journal" in where else 1)
        die(Ask("me/toy"), place)
    fetched = hub.fetched("model.safetensors")
    state = fetch("me/toy", place)
    assert state.phase == "done"
    as_on_the_hub(Path(state.path), files, NAMES)
    assert not left_over(place)
    if "placing" in where or "discard" in where:
        assert hub.fetched("model.safetensors") == fetched  # what had come did not come again


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.parametrize("call", [1, 2, 3])
def test_a_folder_that_gets_more_files_is_never_lost(
    hub: Hub, place: Path, monkeypatch: pytest.MonkeyPatch, call: int
) -> None:
    files: dict[str, bytes | Path] = {f"{n}.safetensors": weights(9000, n) for n in range(3)}
    hub.add("me/toy", files)
    first = Path(fetch(Ask("me/toy", include=("0.*",)), place).path)
    more = Ask("me/toy", include=("1.*", "2.*"))
    moved: list[Path] = []
    with monkeypatch.context() as patch:
        plain = Path.replace

        def deadly(path: Path, target: Path) -> Any:
            if Path(target).parent == first:
                moved.append(path)
                if len(moved) == call:
                    raise Killed
            return plain(path, target)

        patch.setattr(Path, "replace", deadly)
        die(more, place)
    assert list(placing.recorded(first / "0.safetensors")) == ["0.safetensors"]
    state = fetch(more, place)
    assert state.phase == "done" and Path(state.path) == first
    as_on_the_hub(first, files, set(files))
    assert not left_over(place)
    assert placing.offered(first) == (first,)


def test_one_file_of_weights_is_offered_by_itself_too(hub: Hub, place: Path) -> None:
    hub.add("me/toy", {"toy.safetensors": weights(9000), "README.md": b"x"})
    folder = Path(fetch("me/toy", place).path)
    assert placing.offered(folder) == (folder, folder / "toy.safetensors")
