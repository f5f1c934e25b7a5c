"""The yardstick of a start: a process that imports torch and nothing else."""

from __future__ import annotations

import time

from tests.bench import child


def main() -> None:
    given = child.given()
    import torch

    child.say(seconds=time.monotonic() - given["began"], version=torch.__version__)


if __name__ == "__main__":
    main()
