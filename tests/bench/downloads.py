"""`python -m tests.bench.downloads`: a gigabyte, fetched by a process that is killed twenty times; prints the table."""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import struct
import tempfile
import time
from pathlib import Path

from models import sizes
from models.store.fetch.download import CHUNK
from models.store.fetch.placing import SIDECAR
from models.store.fetch.staging import PARTS
from tests.fakes import hub_child
from tests.fakes.hub_server import Hub, noise, tree

ID = "bench/gigabyte"
# As a small Stable Diffusion has them, in megabytes.
LARGE = {
    "unet/diffusion_pytorch_model.safetensors": 640,
    "text_encoder/model.safetensors": 250,
    "vae/diffusion_pytorch_model.safetensors": 110,
}
_BLOCK = 2**20


def made(folder: Path, megabytes: int) -> Path:
    """A pipeline's folder of `megabytes` in all: sound heads, and noise."""
    index = {"_class_name": "StableDiffusionPipeline"} | {name.split("/")[0]: ["diffusers", "X"] for name in LARGE}
    for name, share in LARGE.items():
        path = folder / name
        path.parent.mkdir(parents=True)
        (path.parent / "config.json").write_text("{}")
        count = share * 10**6 * megabytes // 1000
        head = json.dumps({"weight": {"dtype": "U8", "shape": [count], "data_offsets": [0, count]}}).encode()
        with path.open("wb") as file:
            file.write(struct.pack("<Q", len(head)) + head)
            for number, start in enumerate(range(0, count, _BLOCK)):
                file.write(noise(min(_BLOCK, count - start), number + share * 10**6))
    (folder / "model_index.json").write_text(json.dumps(index))
    return folder


def main() -> None:
    words = argparse.ArgumentParser(prog="python -m tests.bench.downloads", description=__doc__)
    words.add_argument("--megabytes", type=int, default=1000, help="how large the model is (1000)")
    words.add_argument("--kills", type=int, default=20, help="how often the process is killed (20)")
    words.add_argument("--speed", type=int, default=100, help="megabytes a second for each connection (100)")
    words.add_argument("--seed", type=int, default=0, help="draws the moments (0)")
    asked = words.parse_args()
    os.environ["NO_PROXY"] = "*"
    with tempfile.TemporaryDirectory(prefix="everyform-bench-") as name, Hub() as hub:
        files = tree(made(Path(name) / "hub", asked.megabytes))
        hub.add(ID, files)
        expected = {file: hub.sums(hub.repos[ID], file)[0] for file in files}
        total = sum(map(hub.repos[ID].size, files))
        hub.bytes_s = asked.speed * 1e6
        place, began = Path(name) / "models", time.monotonic()
        kills = hub_child.killed(hub, ID, place, total, asked.kills, seed=asked.seed)
        seconds = time.monotonic() - began
        folder = place / ID.replace("/", "--")
        there = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()} - {SIDECAR}
        right = sum(hashlib.sha256((folder / file).read_bytes()).hexdigest() == expected[file] for file in there)
        orphans = len(there - set(files)) + (place / PARTS).exists()
    print("| kill | had come | came again |\n|---|---|---|")
    for number, kill in enumerate(kills, start=1):
        print(f"| {number} | {sizes.size(kill.sent)} | {sizes.size(kill.again)} |")
    again = sorted(kill.again for kill in kills)
    print(
        f"\n{sizes.size(total)} in {len(files)} files, {len(kills)} kills, {seconds:.0f} s. Fetched again at a kill: "
        f"{sizes.size(again[-1])} at most, {sizes.size(again[len(again) // 2])} in the middle; a chunk is "
        f"{CHUNK >> 20} MiB. Right by SHA-256: {right} of {len(files)} files. Orphans: {orphans}."
    )
    if again[-1] > CHUNK or right != len(files) or orphans:
        raise SystemExit("This is not what is promised.")


if __name__ == "__main__":
    main()
