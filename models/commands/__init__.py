"""The headless commands: `main.py generate | compare | models | info | doctor`.

Exit codes: 0 done, 1 failed, 2 bad input (one sentence on stderr), 130 stopped.
"""

from __future__ import annotations

import sys

DONE, FAILED, BAD_INPUT, STOPPED = 0, 1, 2, 130


def main(words: list[str]) -> int:
    """Run one command; its exit code. Nothing heavy is imported before a command needs it."""
    import os

    from models.commands import say
    from models.commands.words import read
    from models.offline import OFFLINE
    from models.protocol import BadInput

    say.settle()
    os.environ.update(OFFLINE)
    try:
        arguments = read(words)
        code = int(arguments.run(arguments))
        sys.stdout.flush()
    except BadInput as error:
        say.sentence(str(error))
        return BAD_INPUT
    except KeyboardInterrupt:
        say.sentence("Stopped.")
        return STOPPED
    except BrokenPipeError:  # whoever read our lines has seen enough (`| head`)
        say.hush()
        return FAILED
    return code
