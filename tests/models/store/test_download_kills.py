"""The process is killed twenty times on the way: each kill costs one chunk at most, and the end is right."""

from __future__ import annotations

from pathlib import Path

from tests.fakes import hub_child
from tests.fakes.hub_server import Hub
from tests.models.store.downloading import as_on_the_hub, left_over, weights

KILLS = 20
CHUNK = 2_000_000


def test_twenty_kills_cost_a_chunk_each_and_leave_no_orphan(hub: Hub, place: Path) -> None:
    files: dict[str, bytes | Path] = {
        "config.json": b'{"model_type": "toy"}',
        "model-00001-of-00002.safetensors": weights(9_000_000),
        "model-00002-of-00002.safetensors": weights(6_000_000, 1),
        "model.safetensors.index.json": b'{"weight_map": {}}',
        "tokenizer/tokenizer_config.json": b"{}",
        "tokenizer/vocab.txt": b"a\n" * 200_000,
    }
    hub.add("me/toy", files)
    hub.bytes_s = 12_000_000
    total = sum(map(hub.repos["me/toy"].size, files))
    kills = hub_child.killed(hub, "me/toy", place, total, KILLS, chunk=CHUNK)
    assert len(kills) == KILLS
    assert max(kill.again for kill in kills) <= CHUNK
    assert [kill.sent for kill in kills] == sorted(kill.sent for kill in kills) and kills[-1].sent < total
    as_on_the_hub(place / "me--toy", files, set(files))
    assert not left_over(place)
