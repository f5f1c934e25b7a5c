"""What the hub says of a model: its files with sizes and checksums, its licence, and whether it is gated.

Listing and search go through huggingface_hub, over our own connection. Nothing here asks by itself.
"""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, TypeVar
from urllib.parse import quote, unquote, urlsplit

from models import offline
from models.protocol import BadInput
from models.store.fetch import connection
from models.store.fetch.patience import Again, retry_after
from models.store.fetch.token import PAGE, Secret
from models.store.files import MAX_DEPTH, MAX_NAMES
from models.version import SOFTWARE

T = TypeVar("T")
_NAME = r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,95}"
_once = threading.Lock()
_through_us = False
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)


class Gated(BadInput):
    """Only for those who have accepted its licence on `page`, and show their token."""

    def __init__(self, sentence: str, page: str) -> None:
        super().__init__(sentence)
        self.page = page


class Hidden(BadInput):
    """The hub knows no such model, or does not show it without a token."""


@dataclass(frozen=True)
class HubFile:
    """One file; `size` in bytes. `sha256` of what is in LFS, else `blob`: git's SHA-1 of it."""

    name: str
    size: int
    sha256: str = ""
    blob: str = ""


@dataclass(frozen=True)
class Listing:
    """A model at one commit. `skipped` are files that the hub has and that can't lie in a model's folder."""

    id: str
    commit: str
    files: tuple[HubFile, ...]
    licence: str = ""
    gated: bool = False
    skipped: tuple[str, ...] = ()


@dataclass(frozen=True)
class Found:
    """One answer of a search."""

    id: str
    task: str = ""
    licence: str = ""
    downloads: int = 0
    likes: int = 0
    gated: bool = False


def model_id(text: str) -> tuple[str, str]:
    """Id and revision ("" where none is named) of `owner/name` or of the address of its page. Raises BadInput."""
    given = text.strip()
    if "://" in given:
        path = [unquote(part) for part in urlsplit(given).path.split("/") if part]
        if path[:1] == ["datasets"] or path[:1] == ["spaces"]:
            raise BadInput(f"{given} is no model but one of the {path[0]}: give the address of a model.")
        revision = path[3] if len(path) > 3 and path[2] in ("tree", "blob", "resolve") else ""
        given = "/".join(path[:2])
    else:
        revision = ""
    if not re.fullmatch(rf"{_NAME}(/{_NAME})?", given) or ".." in given or "--" in given or given.endswith(".git"):
        raise BadInput(f"{text.strip()!r} is no model's name on the hub: give it as OWNER/NAME, or its page's address.")
    return given, revision


def page(id: str) -> str:
    """The model's own page, where its licence is read and accepted."""
    return f"{connection.endpoint()}/{id}"


def address(id: str, commit: str, name: str) -> str:
    """Where the bytes of one file are."""
    return f"{connection.endpoint()}/{id}/resolve/{quote(commit, safe='')}/{quote(name)}"


def gated(id: str, secret: Secret | None) -> Gated:
    """Why the hub refuses a gated model, and what to do."""
    where = page(id)
    if secret is None:
        todo = f"accept them at {where}, then give an access token from {PAGE}"
        return Gated(f"{id} is only for those who accept its terms: {todo} (`main.py models token set`).", where)
    return Gated(
        f"{id} is not open to your token yet: accept its terms at {where}, or wait until its owners let you in.", where
    )


def listing(id: str, revision: str = "", secret: Secret | None = None) -> Listing:
    """Ask the hub for a model's files. Raises BadInput, Gated and Again (worth another try)."""
    where = revision or "main"
    told = _asked(id, where, secret, lambda api, token: api.model_info(
        id, revision=where, files_metadata=True, timeout=connection.READ_S, token=token
    ))  # fmt: skip
    commit = str(told.sha or "")
    if not re.fullmatch(r"[0-9a-fA-F]{7,64}", commit):
        raise BadInput(f"{connection.host()} does not say which version of {id} it has: try again later.")
    files, skipped = _files(id, told.siblings or [])
    found, _ = model_id(str(told.id))
    return Listing(found, commit, files, _licence(told), bool(told.gated), skipped)


def search(words: str, limit: int = 20, secret: Secret | None = None) -> tuple[Found, ...]:
    """Models on the hub whose name has these words, those that most people fetch first. Raises BadInput, Again."""
    rows = _asked(words, "", secret, lambda api, token: list(api.list_models(
        search=words, limit=limit, sort="downloads", cardData=True, token=token
    )))  # fmt: skip
    return tuple(
        Found(str(m.id), str(m.pipeline_tag or ""), _licence(m), m.downloads or 0, m.likes or 0, bool(m.gated))
        for m in rows
    )


def _asked(id: str, revision: str, secret: Secret | None, question: Callable[[Any, Any], T]) -> T:
    api = _library()
    import httpx2
    from huggingface_hub import errors

    # `from None` below: the library's errors hold the request, and the request held the token.
    try:
        return question(api, secret.reveal() if secret is not None else False)
    except errors.GatedRepoError:
        raise gated(id, secret) from None
    except errors.RevisionNotFoundError:
        raise BadInput(f"{id} has no version {revision!r}: leave it out for the newest, or see {page(id)}.") from None
    except errors.RepositoryNotFoundError:
        raise _missing(id, secret) from None
    except errors.DisabledRepoError:
        raise BadInput(f"{connection.host()} has closed {id}: choose another model.") from None
    except (errors.HfHubHTTPError, httpx2.HTTPError) as error:
        raise trouble(error) from None
    except (ValueError, TypeError, KeyError, AttributeError):
        raise Again(f"{connection.host()} answered what is no list of files") from None


def _library() -> Any:
    """The library's own asker, on our connection."""
    global _through_us
    os.environ.update(offline.OFFLINE)  # before the library is imported: whatever else it does stays at home
    from huggingface_hub.hf_api import HfApi
    from huggingface_hub.utils import set_client_factory

    with _once:  # setting it ends what other threads are asking through it
        if not _through_us:
            set_client_factory(connection.client)
            _through_us = True
    name, version = SOFTWARE.split(" ")
    return HfApi(connection.endpoint(), token=False, library_name=name, library_version=version)


def trouble(error: Exception) -> Exception:
    """What an error of the connection means: Again where another try is worth it, else BadInput."""
    where = connection.host()
    answer = getattr(error, "response", None)
    if answer is None:
        return Again(f"{where} does not answer")
    code = answer.status_code
    if code in (408, 425, 429) or code >= 500:
        return Again(f"{where} is busy ({code})", retry_after(answer.headers.get("Retry-After")))
    if code == 401:
        return unknown_token()
    return BadInput(f"{where} refuses this ({code}): see its page, or try again later.")


def unknown_token() -> BadInput:
    """The hub does not take the token for one of its own."""
    return BadInput(f"{connection.host()} does not know your access token: give a new one from {PAGE}.")


def _missing(id: str, secret: Secret | None) -> Hidden:
    also = "" if secret is not None else " If it is private, give your access token (`main.py models token set`)."
    return Hidden(f"There is no model {id} on {connection.host()} for you: check the name.{also}")


def _files(id: str, siblings: list[Any]) -> tuple[tuple[HubFile, ...], tuple[str, ...]]:
    """What may lie in a folder, and what may not. Raises BadInput where a name leads out of it."""
    kept: dict[str, HubFile] = {}
    skipped: list[str] = []
    for one in siblings:
        name = str(one.rfilename)
        if leads_away(name):
            raise BadInput(f"{id} has a file whose name leads out of its folder ({name!r}): it is not fetched.")
        size = one.lfs.size if one.lfs else one.size
        sums = (str(one.lfs.sha256) if one.lfs else "", str(one.blob_id or ""))
        parts = PurePosixPath(name).parts
        known = re.fullmatch(r"[0-9a-f]{64}", sums[0]) or (not sums[0] and re.fullmatch(r"[0-9a-f]{40}", sums[1]))
        if any(part.startswith(".") for part in parts) or len(parts) > MAX_DEPTH + 1 or name.lower() in kept:
            skipped.append(name)
        elif not known or not isinstance(size, int) or size < 0:
            raise BadInput(f"{connection.host()} gives no checksum for {name}, so it cannot be checked: try later.")
        else:
            kept[name.lower()] = HubFile(name, size, sums[0], "" if sums[0] else sums[1])
    if len(kept) > MAX_NAMES:
        raise BadInput(f"{id} holds more than {MAX_NAMES:,} files: choose a model, not a collection.")
    return tuple(sorted(kept.values(), key=lambda file: file.name)), tuple(skipped)


def leads_away(name: str) -> bool:
    """True for what no system should take as a name below a folder, as Windows has it the strictest."""
    parts = name.split("/")
    return (
        len(name) > 500
        or any(part in ("", ".", "..") or part.endswith((".", " ")) or _RESERVED.fullmatch(part) for part in parts)
        or re.search(r'[\x00-\x1f\x7f\\:*?"<>|]', name) is not None
    )


def _licence(told: Any) -> str:
    """As the model's page names it; empty where it does not."""
    card = getattr(told, "card_data", None)
    named = getattr(card, "license", None) or next(
        (tag.partition(":")[2] for tag in getattr(told, "tags", None) or [] if tag.startswith("license:")), ""
    )
    if named == "other":
        named = getattr(card, "license_name", None) or named
    return ", ".join(map(str, named)) if isinstance(named, list) else str(named or "")
