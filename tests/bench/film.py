"""`python -m tests.bench.film`: 2,000 frames opened, scrubbed and played; gaps in the event loop, in milliseconds."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from tests.bench import child, event_loop

FRAMES, SIZE = 2000, (320, 200)


def film(path: Path) -> Path:
    """A film that moves: a picture that is wider than the frame, walked along."""
    import numpy as np

    from models.outputs.export import export
    from models.outputs.media import Video

    width, height = SIZE
    chance = np.random.default_rng(1)
    coarse = chance.integers(0, 255, (height // 8, width // 4, 3), dtype=np.uint8)
    wide = coarse.repeat(8, 0).repeat(8, 1)

    class Walk:
        def __len__(self) -> int:
            return FRAMES

        def __iter__(self) -> Any:
            return (np.ascontiguousarray(wide[:, k % width : k % width + width]) for k in range(FRAMES))

    frames: Any = Walk()
    return export(Video(frames, 24.0), path, {"everyform": 1})


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="everyform-film-") as name:
        path = film(Path(name) / "film.mp4")
        found = child.run("film_child", {"film": str(path)}, Path(name) / "home")
    print(f"{found['frames']} frames of {SIZE[0]}×{SIZE[1]}, H.264")
    print(f"first frame after {found['open_s'] * 1000:.0f} ms, thumbnails after {found['thumbs_s'] * 1000:.0f} ms more")
    for part in ("idle", "open", "scrub", "play"):
        taken, own = zip(*found[part], strict=True)
        gaps = event_loop.counted(list(taken))
        print(
            f"{part}: longest gap {gaps.longest:.0f} ms, 99th of 100 {gaps.p99:.1f} ms; "
            f"of one gap computed by the window itself at most {max(own):.1f} ms"
        )
    print("a frame anywhere in it, in ms:", ", ".join(f"{one * 1000:.0f}" for one in found["seek_s"]))


if __name__ == "__main__":
    main()
