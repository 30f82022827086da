"""Events about issues: opened, labelled, assigned."""

from __future__ import annotations

from orgloop.connectors.github.events.people import Object, acted, authored, login_of
from orgloop.connectors.github.events.subject import about, draft, labels_of, place
from orgloop.event import EventDraft, JSONObject


def issue_opened(repository: str, issue: Object) -> EventDraft:
    """Return ``issues.opened``. Known by its number: an issue is opened once."""
    return draft(
        "issues.opened",
        {**about(repository, issue), **authored(issue)},
        _payload("opened", issue),
        resource_id=f"{place(repository, issue)}:opened",
        url=issue.get("html_url"),
        at=issue.get("created_at"),
    )


def issue_labeled(
    repository: str,
    issue: Object,
    label: Object,
    actor: Object | None,
    at: object,
    event_id: object = None,
) -> EventDraft:
    """Return ``issues.labeled``, known by the issue event's id where there is one.

    ``actor`` and ``at``: an issue event's ``actor`` and ``created_at``, a webhook's ``sender`` and
    ``issue.updated_at``.
    """
    name = str(label.get("name"))
    return draft(
        "issues.labeled",
        {**about(repository, issue), **acted(actor, issue)},
        {**_payload("labeled", issue), "label": name},
        resource_id=f"{place(repository, issue)}:labeled:{name}",
        url=issue.get("html_url"),
        at=at,
        key=None if event_id is None else f"issue_event:{event_id}",
    )


def issue_assigned(
    repository: str,
    issue: Object,
    assignee: Object | None,
    actor: Object | None,
    at: object,
    event_id: object = None,
) -> EventDraft:
    """Return ``issues.assigned``; see `issue_labeled`.

    ``actor`` is who assigned it: an issue event's ``assigner`` where it has one.
    """
    name = login_of(assignee)
    return draft(
        "issues.assigned",
        {**about(repository, issue), **acted(actor, issue)},
        {**_payload("assigned", issue), "assignee": name},
        resource_id=f"{place(repository, issue)}:assigned:{name}",
        url=issue.get("html_url"),
        at=at,
        key=None if event_id is None else f"issue_event:{event_id}",
    )


def _payload(action: str, issue: Object) -> JSONObject:
    return {
        "action": action,
        "issue_number": issue["number"],
        "issue_title": issue.get("title"),
        "issue_body": issue.get("body"),
        "issue_url": issue.get("html_url"),
        "issue_state": issue.get("state"),
        "labels": labels_of(issue),
        "assignees": [login_of(one) for one in issue.get("assignees") or ()],
    }
