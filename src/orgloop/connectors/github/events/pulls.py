"""Events about pull requests themselves: opened, ready for review, closed, merged."""

from __future__ import annotations

from typing import Any

from orgloop.connectors.github.events.people import Object, acted, authored, login_of
from orgloop.connectors.github.events.subject import about, draft, merged_at_of, place
from orgloop.event import EventDraft, JSONObject


def pull_request_opened(repository: str, pull: Object) -> EventDraft:
    """Return ``pull_request.opened``; ``pull`` is a pull request as REST gives it alone.

    Known by its number: a pull request is opened once.
    """
    return draft(
        "pull_request.opened",
        {**about(repository, pull), **authored(pull)},
        _payload("opened", pull),
        resource_id=f"{place(repository, pull)}:opened",
        url=pull.get("html_url"),
        at=pull.get("created_at"),
    )


def pull_request_closed(
    repository: str, pull: Object, actor: Object | None, closed_at: object = None
) -> EventDraft:
    """Return ``pull_request.merged`` or ``.closed``, whichever it was.

    ``actor`` is who closed it: a webhook's ``sender``, an issue event's ``actor``. Known by when
    it was closed; ``closed_at`` is for one that was closed again since.
    """
    if merged_at_of(pull) is not None:
        return _merged(repository, pull, actor)
    at = closed_at or pull.get("closed_at")
    return draft(
        "pull_request.closed",
        {**about(repository, pull), **acted(actor, pull)},
        {**_payload("closed", pull), "closed_at": at},
        resource_id=f"{place(repository, pull)}:closed@{at}",
        url=pull.get("html_url"),
        at=at,
    )


def _merged(repository: str, pull: Object, actor: Object | None) -> EventDraft:
    by, at = pull.get("merged_by") or actor, merged_at_of(pull)
    return draft(
        "pull_request.merged",
        {**about(repository, pull), **acted(by, pull)},
        {**_payload("merged", pull), "merged_by": login_of(by), "merged_at": at},
        resource_id=f"{place(repository, pull)}:merged@{at}",
        url=pull.get("html_url"),
        at=at,
    )


def pull_request_ready_for_review(
    repository: str, pull: Object, actor: Object | None, at: object, event_id: object = None
) -> EventDraft:
    """Return ``pull_request.ready_for_review``, known by the issue event's id where there is one.

    ``at`` is when it happened: an issue event's ``created_at``, a webhook's
    ``pull_request.updated_at``.
    """
    return draft(
        "pull_request.ready_for_review",
        {**about(repository, pull), **acted(actor, pull)},
        _payload("ready_for_review", pull),
        resource_id=f"{place(repository, pull)}:ready_for_review",
        url=pull.get("html_url"),
        at=at,
        key=None if event_id is None else f"issue_event:{event_id}",
    )


def _payload(action: str, pull: Object) -> JSONObject:
    """Return what a pull request is like, from the fields that REST gives of one alone."""
    head, base = _branch(pull, "head"), _branch(pull, "base")
    return {
        "action": action,
        "pr_number": pull["number"],
        "pr_title": pull.get("title"),
        "pr_body": pull.get("body"),
        "draft": bool(pull.get("draft")),
        "head_branch": head.get("ref"),
        "head_sha": head.get("sha"),
        "base_branch": base.get("ref"),
        "additions": pull.get("additions"),
        "deletions": pull.get("deletions"),
        "changed_files": pull.get("changed_files"),
    }


def _branch(pull: Object, end: str) -> dict[str, Any]:
    return pull.get(end) or {}
