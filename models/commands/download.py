"""`main.py models download | search | token`: what asks the hub, because the person has just said so."""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import getpass
import shutil
import sys
from pathlib import Path
from typing import Any

from models import folders, sizes
from models.commands import BAD_INPUT, DONE, FAILED, STOPPED, say
from models.commands.job import heard
from models.protocol import BadInput
from models.store.fetch import asking, connection, hub, placing, token
from models.store.fetch.choice import Choice
from models.store.fetch.download import Download
from models.store.fetch.halt import Halt
from models.store.fetch.patience import Patience, insist
from models.store.fetch.staging import Ask, Busy, Plan, Staging
from models.store.fetch.state import State

_LISTEN_S = 0.2
_BAR = 24


def download(arguments: argparse.Namespace) -> int:
    """0 once the model is in its place and on the list; 1 where it paused or failed and can be gone on with."""
    id, revision = hub.model_id(arguments.id)
    if revision and arguments.revision not in ("", revision):
        raise BadInput(f"The address names version {revision} and --revision {arguments.revision}: give one of them.")
    ask = Ask(id, arguments.revision or revision, tuple(arguments.include), arguments.variant)
    teller = _JsonTeller() if arguments.json else _Teller()
    if arguments.discard:
        return _discard(ask, teller)
    staging = Staging(folders.models(), ask)
    if arguments.dry_run or staging.plan() is None:
        try:
            with connection.asked():
                plan, chosen = asking.look(ask, token.find, Patience(), Halt(), teller.waits)
        except BadInput as error:
            teller.refused(error)
            raise
        teller.plan(plan, chosen)
        if arguments.dry_run:
            return DONE
        staging.begin()
        staging.write_plan(plan)
    else:
        teller.plan(staging.plan(), None)
    with heard() as stop:
        one = Download(ask, told=teller.state)
        one.start()
        while not one.wait(_LISTEN_S):
            if stop.wanted:
                one.pause()
    code = _last(one.state, teller, stopped=bool(stop.wanted))
    if one.state.resumable and not one.state.progress.bytes:
        with contextlib.suppress(Busy):
            Download(ask).cancel()  # nothing has come, so there is nothing to go on with
    return code


def search(arguments: argparse.Namespace) -> int:
    """Models on the hub, those that most people fetch first."""
    words = " ".join(arguments.words)
    with connection.asked():
        found = insist(lambda: hub.search(words, min(max(arguments.limit, 1), 100)), Patience(), Halt())
    if arguments.json:
        say.json_line([dataclasses.asdict(one) for one in found])
    elif found:
        rows = [(one.id, one.task, one.licence, f"{one.downloads:,}", "gated" if one.gated else "") for one in found]
        say.table([("ID", "MAKES", "LICENCE", "DOWNLOADS", ""), *rows])
    else:
        say.sentence(f"{connection.host()} has no model with {words!r} in its name.")
    return DONE


def secret(arguments: argparse.Namespace) -> int:
    """The token is read without an echo, or from a pipe; never from a word of the command line, which others see."""
    if arguments.deed == "set":
        if sys.stdin.isatty():
            given = getpass.getpass(f"Access token from {token.PAGE} (nothing is shown): ")
        else:
            given = sys.stdin.readline()
        if token.keep(given) != "keyring":
            token.forget()
            raise BadInput(
                "This system has no keyring, and no file is safe for a token: "
                f"set {token.VARIABLE} in the environment for as long as it is needed."
            )
    elif arguments.deed == "remove":
        token.forget()
    kept = token.kept()
    if arguments.json:
        say.json_line({"token": kept, "hub": connection.host()})
    else:
        where = {
            "keyring": "A token is kept in the system's keyring.",
            "session": "A token is there for this session.",
            "environment": f"A token is in the environment, as {token.VARIABLE}.",
            "nowhere": "No token is kept.",
        }
        say.line(where[kept])
    return DONE


class _Teller:
    """For people: the list first, then a line that moves on a terminal; the model's folder is the result."""

    def __init__(self) -> None:
        self._terminal = sys.stderr.isatty()
        self._said = ""
        self._shown = False

    def plan(self, plan: Plan | None, chosen: Choice | None) -> None:
        if plan is None:
            return
        if chosen is None:
            say.sentence(f"Going on with {plan.id}: {len(plan.files)} files, {sizes.size(plan.total)} in all.")
            return
        say.sentence(f"{plan.id}, version {plan.commit[:7]}, licence: {plan.licence or 'not stated'}.")
        for file in plan.files:
            say.sentence(f"{sizes.size(file.size):>8}  {file.name}")
        say.sentence(f"{sizes.size(plan.total):>8}  in {len(plan.files)} files")
        for name, size in chosen.others:
            say.sentence(f"It also comes as {name}, with {sizes.size(size)}: --variant {name}.")

    def waits(self, reason: str) -> None:
        if reason:
            say.sentence(f"{reason}; trying again.")

    def state(self, state: State) -> None:
        if state.phase not in ("listing", "running"):
            return
        if state.sentence and state.sentence != self._said:
            self.clear()
            say.sentence(state.sentence)
        self._said = state.sentence
        if self._terminal:
            line = progress_line(state)[: max(shutil.get_terminal_size().columns - 1, 10)]
            print(f"\r\033[K{line}", end="", file=sys.stderr, flush=True)
            self._shown = True

    def done(self, id: str, path: str, note: str) -> None:
        say.line(path)
        say.sentence(note or f"It is on the list as {id}.")

    def refused(self, error: BadInput) -> None:
        """The sentence itself is said where all are."""

    def clear(self) -> None:
        if self._shown:
            print("\r\033[K", end="", file=sys.stderr, flush=True)
            self._shown = False


class _JsonTeller(_Teller):
    """For programs: `plan`, `progress`, and the last word `done`, `paused`, `failed`, `gated` or `cancelled`."""

    def plan(self, plan: Plan | None, chosen: Choice | None) -> None:
        if plan is not None:
            files = [{"name": file.name, "bytes": file.size} for file in plan.files]
            others = [{"variant": name, "bytes": size} for name, size in chosen.others] if chosen else []
            row = {"event": "plan", "id": plan.id, "commit": plan.commit, "licence": plan.licence}
            say.json_line(row | {"gated": plan.locked, "bytes": plan.total, "files": files, "others": others})

    def waits(self, reason: str) -> None:
        pass

    def refused(self, error: BadInput) -> None:
        row = {"event": "gated" if isinstance(error, hub.Gated) else "failed", "reason": str(error)}
        say.json_line(row | ({"page": error.page} if isinstance(error, hub.Gated) else {}))

    def state(self, state: State) -> None:
        row: dict[str, Any] = {"event": "progress" if state.phase in ("listing", "running") else state.phase}
        if state.phase in ("done", "listing"):
            return
        now = dataclasses.asdict(state.progress)
        row |= {name: round(value, 3) if isinstance(value, float) else value for name, value in now.items()}
        row |= {"reason": state.sentence} if state.sentence else {}
        say.json_line(row | ({"page": state.page} if state.page else {}))

    def done(self, id: str, path: str, note: str) -> None:
        say.json_line({"event": "done", "id": id, "path": path} | ({"note": note} if note else {}))


def progress_line(state: State) -> str:
    """`━━━━━━━━────── 1.2 of 6.9 GB, 24 MB/s, 4 min left`."""
    now = state.progress
    full = round(_BAR * min(max(now.fraction, 0.0), 1.0))
    text = "━" * full + "─" * (_BAR - full) + f" {sizes.size(now.bytes)} of {sizes.size(now.total)}"
    if now.checking:
        return f"{text}, checking"
    text += f", {sizes.size(now.speed)}/s" if now.speed else ""
    return text + (f", {sizes.time(now.left_s)} left" if now.left_s else "")


def _last(state: State, teller: _Teller, *, stopped: bool) -> int:
    """What became of it, said, as an exit code."""
    teller.clear()
    if state.phase == "done":
        id, note = _added(Path(state.path))
        teller.done(id, state.path, note)
        return DONE
    if state.phase == "paused" and stopped:
        say.sentence("Paused: the same command goes on with it, and --discard deletes what has come.")
        return STOPPED
    say.sentence(state.sentence)
    return BAD_INPUT if state.phase == "gated" else FAILED


def _added(path: Path) -> tuple[str, str]:
    """The id on the list; or why it is not there, in a sentence: the files are right and stay all the same."""
    from models.commands.models import store

    reasons = []
    for one in placing.offered(path):
        try:
            return store().add(one).id, ""
        except BadInput as error:
            reasons.append(str(error))
    return "", f"The files are in {path}, but not on the list: {reasons[0]}"


def _discard(ask: Ask, teller: _Teller) -> int:
    one = Download(ask, told=teller.state)
    if not Staging(folders.models(), ask).folder.exists():
        raise BadInput(f"There is no paused download of {ask.id} with these words: nothing was deleted.")
    one.cancel()
    say.sentence(f"What had come of {ask.id} is deleted.")
    return DONE
