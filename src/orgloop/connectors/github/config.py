"""The options of ``github``."""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import get_close_matches
from typing import Any

from attrs import frozen

from orgloop.connectors.github.events import KINDS
from orgloop.durations import Duration
from orgloop.errors import InvalidValue
from orgloop.options import ignored_option, option
from orgloop.sdk.requesthead import check_header
from orgloop.sdk.urls import base_url

PUBLIC_API = "https://api.github.com"
_NAME = r"[A-Za-z0-9_.-]+"
_REPOSITORY = re.compile(rf"{_NAME}/(?:{_NAME}|\*)")
_WORDS = {"type": ["string", "array"], "items": {"type": "string"}}


def words(value: object, what: str) -> tuple[str, ...]:
    """Return a list of texts, however it is written; raise `InvalidValue` for what is none."""
    if value is None:
        return ()
    if isinstance(value, str):
        value = [one for one in (part.strip() for part in value.split(",")) if one]
    if not isinstance(value, Sequence) or not all(isinstance(one, str) for one in value):
        raise InvalidValue(f"{what} is a list of texts")
    return tuple(value)


def _repositories(value: object) -> tuple[str, ...]:
    names = words(value, "repo")
    if not names:
        raise InvalidValue("repo names at least one repository, as in owner/name")
    for name in names:
        if not _REPOSITORY.fullmatch(name):
            raise InvalidValue(f"{name!r} is no repository: write owner/name, or owner/* for all")
    return tuple(dict.fromkeys(names))


def kinds(value: object) -> tuple[str, ...]:
    """Return the kinds of events that are wanted; none named means all."""
    named = words(value, "events")
    for kind in named:
        if kind not in KINDS:
            near = get_close_matches(kind, KINDS, n=1)
            hint = f"the nearest is {near[0]}" if near else f"there are {', '.join(KINDS)}"
            raise InvalidValue(f"there is no kind of event {kind!r}; {hint}")
    return named or KINDS


def _authors(value: object) -> tuple[str, ...]:
    return words(value, "authors")


def _labels(value: object) -> tuple[str, ...]:
    return words(value, "labels")


def token(value: object) -> str:
    """Return a usable token; raise `InvalidValue` for one that no header can carry."""
    if not isinstance(value, str) or not value.strip():
        raise InvalidValue("token is text and not empty")
    check_header("Authorization", f"Bearer {value.strip()}")
    return value.strip()


def api_url(value: object) -> str:
    """Return where the REST API is, without a slash at the end."""
    return base_url(value, "api_url", "https://github.example.com/api/v3")


@frozen(kw_only=True)
class GitHubConfig:
    """What a github source may be told."""

    repo: tuple[str, ...] = option(
        "The repository (`owner/name`), a list of them, or `owner/*` for all of an owner's that "
        "the token may see and that are not archived.",
        structural=True,
        convert=_repositories,
        schema=_WORDS,
    )
    token: str = option(
        "A token that may read the repositories.",
        secret=True,
        convert=token,
        schema={"type": "string", "minLength": 1},
    )
    events: tuple[str, ...] = option(
        "The kinds of events to report; all by default.",
        default=KINDS,
        convert=kinds,
        schema={"type": ["array", "string"], "items": {"enum": list(KINDS)}},
    )
    authors: tuple[str, ...] = option(
        "Report only what these accounts did (`provenance.author`); upper and lower case are the "
        "same.",
        default=(),
        convert=_authors,
        schema=_WORDS,
    )
    labels: tuple[str, ...] = option(
        "Report only what is about an issue or pull request that carries one of these labels.",
        default=(),
        convert=_labels,
        schema=_WORDS,
    )
    api_url: str = option(
        "Where the REST API is; for GitHub Enterprise Server `https://<host>/api/v3`.",
        default=PUBLIC_API,
        convert=api_url,
        schema={"type": "string"},
    )
    initial_lookback: Duration = option(
        "How far back the very first poll goes. `0s` begins now.",
        default=Duration(7 * 86_400_000),
    )
    rate_budget: int | None = option(
        "How many requests that count against the token's quota the source may make in an hour. "
        "Polls fail until there is room again.",
        default=None,
        minimum=1,
    )
    cache_dir: Any = ignored_option("What was seen is remembered in the checkpoint.")
