"""What happens to an issue in Linear, for who tries a project's wiring."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from orgloop.connectors.linear.config import LinearConfig, LinearWebhookConfig
from orgloop.connectors.linear.events.changes import Change, LabelSet
from orgloop.connectors.linear.events.drafts import comment_created, issue_changed, issue_created
from orgloop.connectors.linear.events.issue import Author, Named
from orgloop.connectors.linear.events.reading import read_comment, read_issue
from orgloop.event import EventDraft, JSONObject
from orgloop.plugin import PluginContext

_AT = "2026-01-15T10:00:00Z"
_ADA = Author("Ada Example", "team_member")
_TODO = Named("sta-todo", "Todo", "unstarted")
_DOING = Named("sta-doing", "In Progress", "started")
_CHANGES = (
    Change("state", _TODO, _DOING),
    Change("assignee", None, Named("usr-ada", "Ada Example")),
    Change("priority", 0, 1),
    Change("labels", LabelSet(), LabelSet(added=(Named("lab-bug", "bug"),))),
    Change("delegate", None, Named("usr-agent", "Agent")),
)


async def samples(
    config: LinearConfig | LinearWebhookConfig | None, context: PluginContext
) -> Sequence[EventDraft]:
    """Return each kind of event; polling and webhooks make the same ones of a change.

    See `orgloop.plugin.Registration`.
    """
    return list(_drafts(_key(config.team if config is not None else None)))


def _key(team: str | None) -> str:
    """Return the key of the source's team, if that is what it says."""
    is_key = team is not None and team.isalnum() and team.isupper()
    return team if team is not None and is_key else "ENG"


def _drafts(team: str) -> Iterator[EventDraft]:
    issue = read_issue(_issue(team))
    yield issue_created(issue, _ADA, _AT)
    for change in _CHANGES:
        issue = change.done_to(issue)
        yield issue_changed(issue, change, _ADA, f"issue:{issue.id}:{change.aspect}", _AT)
    said = {"id": "com-1", "body": "Seen again this morning.", "url": f"{issue.url}#comment-1"}
    yield comment_created(issue, read_comment(said), _ADA, _AT)


def _issue(team: str) -> JSONObject:
    """Return an issue as Linear's API and its webhooks write it."""
    return {
        "id": "iss-42",
        "identifier": f"{team}-42",
        "title": "The export stops at row 1,000",
        "description": "Only with more than one sheet.",
        "url": f"https://linear.app/example/issue/{team}-42",
        "team": {"key": team},
        "state": {"id": _TODO.id, "name": _TODO.name, "type": _TODO.type},
        "creator": {"id": "usr-ada", "name": "Ada Example"},
    }
