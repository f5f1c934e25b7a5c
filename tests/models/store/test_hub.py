"""What the hub says of a model, through the real huggingface_hub, and how its refusals read."""

from __future__ import annotations

import pytest

from models.protocol import BadInput
from models.store.fetch import connection, hub
from models.store.fetch.patience import Again, retry_after
from models.store.fetch.token import Secret
from tests.fakes.hub_server import COMMIT, TOKEN, Fault, Hub, noise


def listing(id: str, revision: str = "", secret: Secret | None = None) -> hub.Listing:
    with connection.asked():
        return hub.listing(id, revision, secret)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("me/toy", ("me/toy", "")),
        (" gpt2 ", ("gpt2", "")),
        ("https://huggingface.co/me/toy", ("me/toy", "")),
        ("https://huggingface.co/me/toy/tree/v1.0", ("me/toy", "v1.0")),
        ("https://huggingface.co/me/toy/blob/main/model.safetensors?x=1", ("me/toy", "main")),
    ],
)
def test_a_model_is_named_by_its_id_or_its_page(given: str, expected: tuple[str, str]) -> None:
    assert hub.model_id(given) == expected


@pytest.mark.parametrize(
    "wrong",
    ["", "a/b/c", "../etc", "me/..", "me/to y", "me--x/y", "/abs", "me/toy.git", "C:\\models", "me/", "x" * 200,
     "https://huggingface.co/", "https://huggingface.co/datasets/me/toy", "https://huggingface.co/spaces/me/toy"],
)  # fmt: skip
def test_what_names_no_model_is_said_so(wrong: str) -> None:
    with pytest.raises(BadInput, match=r"is no model"):
        hub.model_id(wrong)


def test_a_listing_has_sizes_and_sums(hub: Hub) -> None:
    files = {"config.json": b"{}", "model.safetensors": noise(5000), ".gitattributes": b"x", "a/.hidden/x": b"y"}
    hub.add("me/toy", files, licence="openrail++")
    told = listing("me/toy")
    assert (told.id, told.commit, told.licence, told.gated) == ("me/toy", COMMIT, "openrail++", False)
    small, large = told.files
    assert (small.name, small.size, small.sha256) == ("config.json", 2, "") and len(small.blob) == 40
    assert (large.name, large.size, large.blob) == ("model.safetensors", 5000, "") and len(large.sha256) == 64
    assert set(told.skipped) == {".gitattributes", "a/.hidden/x"}
    assert listing("me/toy", COMMIT) == told
    assert (
        hub.seen[0].headers["user-agent"].startswith("Everyform/") and "torch" not in hub.seen[0].headers["user-agent"]
    )


def test_each_refusal_is_a_sentence(hub: Hub) -> None:
    hub.add("me/toy", {"model.safetensors": noise(2000)})
    hub.add("me/private", {"model.safetensors": noise(2000)}, private=True)
    for id, revision, secret, words in (
        ("me/none", "", None, "There is no model me/none"),
        ("me/private", "", None, "If it is private, give your access token"),
        ("me/toy", "v9", None, "me/toy has no version 'v9'"),
        ("me/toy", "", Secret("hf_wrong_wrong"), "does not know your access token"),
    ):
        with pytest.raises(BadInput, match=words) as refused:
            listing(id, revision, secret)
        assert str(refused.value).endswith(".") and "hf_wrong" not in str(refused.value)
    assert listing("me/private", "", Secret(TOKEN)).id == "me/private"


def test_a_busy_hub_is_worth_another_try(hub: Hub) -> None:
    hub.add("me/toy", {"model.safetensors": noise(2000)})
    hub.trouble("api", Fault(status=503), Fault(status=429, retry_after="7"))
    with pytest.raises(Again, match=r"is busy \(503\)"):
        listing("me/toy")
    with pytest.raises(Again) as again:
        listing("me/toy")
    assert again.value.after_s == 7


def test_two_names_that_one_system_takes_for_the_same_are_not_both_fetched(hub: Hub) -> None:
    hub.add("me/toy", {"Model.safetensors": noise(2000), "model.safetensors": noise(2000, 1)})
    told = listing("me/toy")
    assert len(told.files) == len(told.skipped) == 1


def test_search_tells_what_fits(hub: Hub) -> None:
    for name in ("sailboat-xl", "sailboat-small", "castle"):
        hub.add(f"me/{name}", {}, gated=name == "castle")
    with connection.asked():
        from models.store.fetch.hub import search

        found = search("sailboat")
        assert [one.id for one in found] == ["me/sailboat-xl", "me/sailboat-small"]
        assert found[0].licence == "apache-2.0" and found[0].task == "text-to-image" and found[0].downloads == 7
        assert search("castle")[0].gated and search("nothing") == ()
        assert len(search("a", limit=1)) == 1


def test_what_a_server_asks_to_wait() -> None:
    assert retry_after("12") == 12 and retry_after(None) == retry_after("soon") == 0
    assert retry_after("Wed, 21 Oct 2015 07:28:00 GMT") == 0
    assert retry_after("Wed, 21 Oct 2115 07:28:00 GMT") > 10**6
