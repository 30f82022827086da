"""The options of ``linear`` and ``linear-webhook``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from attrs import frozen

from orgloop.connectors.linear.api import KEYS_PAGE, URL
from orgloop.connectors.linear.events import KINDS
from orgloop.durations import Duration
from orgloop.errors import InvalidValue
from orgloop.event import EventDraft
from orgloop.options import ignored_option, option
from orgloop.sdk.requesthead import check_header
from orgloop.sdk.urls import parse_url
from orgloop.sdk.webhookoptions import path_option, secret_option

_ISSUE = "issue."
_COMMENT = "comment."


def _events(value: object) -> tuple[str, ...]:
    if value is None:
        return KINDS
    if not isinstance(value, Sequence) or isinstance(value, str):
        raise InvalidValue("events is a list of kinds")
    for kind in value:
        if kind not in KINDS:
            raise InvalidValue(f"there is no kind {kind!r}; known: {', '.join(KINDS)}")
    if not value:
        raise InvalidValue("events is empty: name at least one kind, or leave the key out")
    return tuple(value)


def _optional_key(value: object) -> str | None:
    return None if value is None else _key(value)


def _key(value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise InvalidValue("an API key is text and not empty")
    check_header("Authorization", value.strip())
    return value.strip()


def _name(value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise InvalidValue("a team is text and not empty: its key, as in ENG, its name or its id")
    return value.strip()


def _optional_name(value: object) -> str | None:
    return None if value is None else _name(value)


def _project(value: object) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str) or not value.strip():
        raise InvalidValue("a project is text and not empty: its name, slug or id")
    return value.strip()


def _url(value: object) -> str:
    if not isinstance(value, str):
        raise InvalidValue("a URL is text")
    parse_url(value)
    return value


def _events_option() -> Any:
    return option(
        "Which kinds to report: " + ", ".join(f"`{kind}`" for kind in KINDS) + ". All by default.",
        default=KINDS,
        convert=_events,
        schema={"type": ["array", "null"], "items": {"enum": list(KINDS)}, "minItems": 1},
    )


def _api_url_option() -> Any:
    return option(
        "Where Linear's GraphQL API is: for a proxy in between.",
        default=URL,
        convert=_url,
        schema={"type": "string"},
    )


@frozen(kw_only=True)
class LinearConfig:
    """What a linear source may be told."""

    team: str = option(
        "Whose issues: the team's key (`ENG`), its name or its id.",
        structural=True,
        convert=_name,
        schema={"type": "string", "minLength": 1},
    )
    api_key: str = option(
        f"A personal API key ({KEYS_PAGE}) that may read, or the token of an OAuth application.",
        secret=True,
        convert=_key,
        schema={"type": "string", "minLength": 1},
    )
    project: str | None = option(
        "Only issues of this project: its name, the last part of its URL, or its id.",
        default=None,
        convert=_project,
        schema={"type": ["string", "null"], "minLength": 1},
    )
    events: tuple[str, ...] = _events_option()
    initial_lookback: Duration = option(
        "How far back the very first poll looks; `0s` begins now.",
        default=Duration(300_000),
    )
    api_url: str = _api_url_option()
    cache_dir: Any = ignored_option("What it must remember between polls is its checkpoint.")

    @property
    def wants_issues(self) -> bool:
        """Whether any kind of event about issues is wanted."""
        return any(kind.startswith(_ISSUE) for kind in self.events)

    @property
    def wants_comments(self) -> bool:
        """Whether comments are wanted."""
        return any(kind.startswith(_COMMENT) for kind in self.events)

    def wants(self, draft: EventDraft) -> bool:
        """Whether an event is of a kind that is wanted."""
        return draft.provenance["platform_event"] in self.events


@frozen(kw_only=True)
class LinearWebhookConfig:
    """What a linear-webhook source may be told."""

    secret: str | None = secret_option(
        "The signing secret that Linear shows with the webhook. Requests must then carry a valid "
        "`Linear-Signature` and have been sent within the last minute, or carry the control token."
    )
    path: str | None = path_option()
    events: tuple[str, ...] = _events_option()
    team: str | None = option(
        "Only issues of this team: its key (`ENG`), its name or its id. All by default.",
        default=None,
        convert=_optional_name,
        schema={"type": ["string", "null"], "minLength": 1},
    )
    api_key: str | None = option(
        "A personal API key that may read. With one, names that no webhook has said since the "
        "start (of a previous state, say) are looked up.",
        default=None,
        secret=True,
        convert=_optional_key,
        schema={"type": ["string", "null"], "minLength": 1},
    )
    api_url: str = _api_url_option()
    buffer_dir: Any = ignored_option("Events are durable before the sender is answered.")
    max_buffer_size: Any = ignored_option("Nothing is buffered: events are kept on disk.")

    def wants(self, draft: EventDraft) -> bool:
        """Whether an event is of a kind that is wanted."""
        return draft.provenance["platform_event"] in self.events
