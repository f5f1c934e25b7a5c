"""One measured process: started on a clock that it shares, and its findings read back."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from models.offline import OFFLINE

if TYPE_CHECKING:
    from models.protocol import Request

ROOT = Path(__file__).resolve().parent.parent.parent
QUIET = OFFLINE | {"PYTHONWARNINGS": "ignore"}


def run(module: str, given: dict[str, Any], home: Path) -> dict[str, Any]:
    """What `python -m tests.bench.<module>` finds. It gets `given` and `began`, the time.monotonic() of its start.

    Raises RuntimeError with the child's last words where it fails.
    """
    environment = os.environ | QUIET | {"EVERYFORM_HOME": str(home)}
    # As for a person, whose second start reads what the first has compiled; the libraries came compiled.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    if sys.platform.startswith("linux") and not os.environ.get("DISPLAY") and not os.environ.get("WAYLAND_DISPLAY"):
        environment |= {"QT_QPA_PLATFORM": "offscreen"}
    command = [sys.executable, "-m", f"tests.bench.{module}", json.dumps(given | {"began": time.monotonic()})]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=900, check=False)
    if done.returncode:
        raise RuntimeError(f"{module} ended with {done.returncode}: {done.stderr.strip()[-800:]}")
    return json.loads(done.stdout.splitlines()[-1])


def given() -> dict[str, Any]:
    """In the child: what `run` handed over."""
    return json.loads(sys.argv[1])


def request() -> Request:
    """In the child: the pictures of `given`, as our engine is asked for them."""
    # Here, because the plain side imports this file too, and is to load nothing of ours.
    from models.protocol import Request

    asked = given()
    return Request(
        model_id=asked["folder"],
        model_path=asked["folder"],
        architecture="latent-diffusion",
        task="text-to-picture",
        prompt=asked["prompt"],
        negative_prompt=asked["negative_prompt"],
        seed=asked["seed"],
        count=asked["count"],
        settings={name: asked[name] for name in ("steps", "guidance_scale", "width", "height", "scheduler")},
        out=asked.get("out", ""),
    )


def say(**found: Any) -> None:
    """In the child: what it found, as its last line."""
    print(json.dumps(found), flush=True)
