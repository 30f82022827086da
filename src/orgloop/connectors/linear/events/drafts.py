"""Write the events: an issue that is new, a change of one, a comment."""

from __future__ import annotations

from attrs import frozen

from orgloop.connectors.linear.events.changes import Change, name_of
from orgloop.connectors.linear.events.issue import Author, Issue
from orgloop.event import EventDraft, JSONObject


@frozen(kw_only=True)
class Comment:
    """A comment on an issue."""

    id: str
    body: str
    url: str | None
    parent_id: str | None


def issue_created(issue: Issue, author: Author, at: str) -> EventDraft:
    """Report an issue, as it was when it was made."""
    payload = {
        **_payload("created", issue),
        "issue_description": issue.description,
        "state": issue.state.name if issue.state else None,
        "assignee": issue.assignee.name if issue.assignee else None,
        "delegate": issue.delegate.name if issue.delegate else None,
        "priority": issue.priority,
        "labels": [label.name for label in issue.labels],
    }
    provenance = _provenance("issue.created", issue, author, issue.id, issue.url)
    return EventDraft("resource.changed", provenance, payload, f"issue:{issue.id}:created", at)


def issue_changed(issue: Issue, change: Change, author: Author, key: str, at: str) -> EventDraft:
    """Report a change that made ``issue`` what it is; ``key`` is what the connector calls it."""
    kind = f"{change.aspect}_changed"
    resource = f"{issue.id}:{change.aspect}:{name_of(change.after)}"
    provenance = _provenance(f"issue.{kind}", issue, author, resource, issue.url)
    payload = {**_payload(kind, issue), **change.told(issue)}
    return EventDraft("resource.changed", provenance, payload, key, at)


def comment_created(issue: Issue, comment: Comment, author: Author, at: str) -> EventDraft:
    """Report a comment."""
    payload = {
        **_payload("created", issue),
        "comment_id": comment.id,
        "comment_body": comment.body,
        "parent_comment_id": comment.parent_id,
    }
    url = comment.url or issue.url
    provenance = _provenance("comment.created", issue, author, comment.id, url)
    return EventDraft("resource.changed", provenance, payload, f"comment:{comment.id}", at)


def _payload(action: str, issue: Issue) -> JSONObject:
    return {"action": action, "issue_id": issue.identifier, "issue_title": issue.title}


def _provenance(
    kind: str, issue: Issue, author: Author, resource_id: str, url: str | None
) -> JSONObject:
    return {
        "platform": "linear",
        "platform_event": kind,
        "author": author.name,
        "author_type": author.type,
        "resource_id": resource_id,
        "issue_id": issue.identifier,
        "issue_assignee": issue.assignee.name if issue.assignee else None,
        "issue_creator": issue.creator,
        "state": issue.state.name if issue.state else None,
        "team": issue.team,
        "url": url or None,
    }
