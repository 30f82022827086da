"""Which events wait until nobody edits any more."""

from __future__ import annotations

from orgloop.connectors.github.webhook.config import GitHubWebhookConfig
from orgloop.event import Event
from orgloop.reports import Debounced
from orgloop.times import to_epoch_ms

_LONGEST = 10  # times the quiet time, as where a route says no more than `debounce: 30s`
_NAMED_BY = {
    "issue_comment": "comment_id",
    "issue_comment.edited": "comment_id",
    "pull_request_review_comment": "comment_id",
    "pull_request.review_submitted": "review_id",
}


def debounce(config: GitHubWebhookConfig, event: Event) -> Debounced | None:
    """Let edits of a comment or review wait, and a bot's new comment, which may be a placeholder.

    See `Registration`.
    """
    quiet_ms = config.issue_comment_edit_debounce_ms
    kind = str(event.provenance.get("platform_event"))
    if not quiet_ms or kind not in _NAMED_BY or not _may_change(kind, event):
        return None
    name = (event.payload or {}).get(_NAMED_BY[kind])
    key = f"{event.provenance.get('repo')}:{_NAMED_BY[kind]}:{name}"
    # GitHub delivers in no particular order, and what was lost is fetched later.
    version = to_epoch_ms(event.timestamp)
    return Debounced(key=key, quiet_ms=quiet_ms, max_ms=quiet_ms * _LONGEST, version=version)


def _may_change(kind: str, event: Event) -> bool:
    is_edit = (event.payload or {}).get("action") == "edited"
    is_by_bot = event.provenance.get("author_type") == "bot"
    return is_edit or (kind == "issue_comment" and is_by_bot)
