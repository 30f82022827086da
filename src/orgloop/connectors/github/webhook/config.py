"""The options of ``github-webhook``."""

from __future__ import annotations

import re
from typing import Any

from attrs import frozen

from orgloop.connectors.github.config import PUBLIC_API, api_url, token, words
from orgloop.connectors.github.events import KINDS
from orgloop.errors import InvalidValue
from orgloop.options import ignored_option, option
from orgloop.sdk.webhookoptions import path_option, secret_option

_EVENT = re.compile(r"[a-z][a-z0-9_]*(\.[a-z0-9_]+)?")
_PART = re.compile(r"[A-Za-z0-9_.-]+")


def _events(value: object) -> tuple[str, ...]:
    named = words(value, "events")
    for name in named:
        if not _EVENT.fullmatch(name):
            raise InvalidValue(
                f"{name!r} is no event: write a kind ({KINDS[0]}, …) or GitHub's own name of an "
                "event (push, star.created)"
            )
    return named


def _token(value: object) -> str | None:
    return None if value in (None, "") else token(value)


def _part(value: object) -> str | None:
    if value in (None, ""):
        return None
    if not isinstance(value, str) or not _PART.fullmatch(value):
        raise InvalidValue(
            "owner and name of a repository are given one by one, as GitHub has them"
        )
    return value


@frozen(kw_only=True)
class GitHubWebhookConfig:
    """What a github-webhook source may be told."""

    secret: str | None = secret_option(
        "The webhook's secret, as GitHub has it: requests must then carry a valid "
        "`X-Hub-Signature-256`."
    )
    path: str | None = path_option()
    events: tuple[str, ...] = option(
        "What to report: kinds, or GitHub's own names (`push`, `star`, `star.created`). Everything "
        "that is delivered by default.",
        default=(),
        convert=_events,
        schema={"type": ["array", "string"], "items": {"type": "string"}},
    )
    issue_comment_edit_debounce_ms: int = option(
        "How long a comment or review that is being edited must have been quiet before it goes "
        "out; `0` lets every edit go out at once.",
        default=120_000,
        minimum=0,
    )
    token: str | None = option(
        "For reconciliation: a token that may read the repository, and its webhooks.",
        default=None,
        secret=True,
        convert=_token,
        schema={"type": ["string", "null"]},
    )
    repo_owner: str | None = option(
        "For reconciliation: whose repository it is.",
        default=None,
        convert=_part,
        schema={"type": ["string", "null"]},
    )
    repo_name: str | None = option(
        "For reconciliation: the repository's name.",
        default=None,
        convert=_part,
        schema={"type": ["string", "null"]},
    )
    reconciliation_interval_ms: int = option(
        "How often to look for what was not delivered; `0` never.", default=300_000, minimum=0
    )
    reconciliation_lookback_ms: int = option(
        "How far back each look goes beyond the one before it.", default=900_000, minimum=0
    )
    api_url: str = option(
        "For reconciliation: where the REST API is; for GitHub Enterprise Server "
        "`https://<host>/api/v3`.",
        default=PUBLIC_API,
        convert=api_url,
        schema={"type": "string"},
    )
    buffer_dir: Any = ignored_option("Events are durable before GitHub is answered.")
    max_buffer_size: Any = ignored_option("Nothing is buffered: events are kept on disk.")
    cache_dir: Any = ignored_option("What was looked for is remembered in the checkpoint.")

    @property
    def repository(self) -> str | None:
        """``owner/name`` of the repository to reconcile with, if it is known."""
        if self.repo_owner is None or self.repo_name is None:
            return None
        return f"{self.repo_owner}/{self.repo_name}"

    @property
    def reconciles(self) -> bool:
        """Whether what was not delivered is looked for."""
        is_told = self.token is not None and self.repository is not None
        return is_told and self.reconciliation_interval_ms > 0
