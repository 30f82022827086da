"""Events about what people say: comments, reviews, comments on lines."""

from __future__ import annotations

from hashlib import blake2b

from orgloop.connectors.github.events.people import Object, authored
from orgloop.connectors.github.events.subject import about, draft, is_pull_request, place
from orgloop.event import EventDraft, JSONObject


def issue_comment(
    repository: str, issue: Object, comment: Object, *, is_edit: bool = False
) -> EventDraft:
    """Return ``issue_comment``, or ``issue_comment.edited`` of one that was known before.

    ``issue`` is the issue, or the pull request as an issue. Known by id, ``updated_at`` and
    what it says; see `_key`.
    """
    is_pull = is_pull_request(issue)
    number, title = issue["number"], issue.get("title")
    payload: JSONObject = {
        "action": "edited" if is_edit else "created",
        "comment_id": comment["id"],
        "comment_body": comment.get("body"),
        "comment_url": comment.get("html_url"),
        "is_pull_request": is_pull,
        "issue_number": number,
        "issue_title": title,
    }
    if is_pull:
        payload |= {"pr_number": number, "pr_title": title}
    resource_id = f"{place(repository, issue)}:comment:{comment['id']}@{changed_at(comment)}"
    return draft(
        "issue_comment.edited" if is_edit else "issue_comment",
        {**about(repository, issue), **authored(comment), "comment_id": comment["id"]},
        payload,
        resource_id=resource_id,
        url=comment.get("html_url"),
        at=changed_at(comment),
        key=_key(resource_id, comment),
    )


def review_submitted(
    repository: str, pull: Object, review: Object, *, is_edit: bool = False
) -> EventDraft:
    """Return ``pull_request.review_submitted``; ``payload.action`` tells an edited one apart.

    Known by id, when it was submitted or, with ``is_edit``, edited (``updated_at``), and what it
    says: REST has no time of an edit.
    """
    at = (is_edit and review.get("updated_at")) or review.get("submitted_at")
    # Webhooks write "approved" where the API writes "APPROVED".
    state = str(review.get("state") or "").lower()
    resource_id = f"{place(repository, pull)}:review:{review['id']}@{at}"
    return draft(
        "pull_request.review_submitted",
        {
            **about(repository, pull),
            **authored(review),
            "review_id": review["id"],
            "review_state": state,
        },
        {
            "action": "edited" if is_edit else "submitted",
            "review_id": review["id"],
            "review_state": state,
            "review_body": review.get("body") or "",
            "review_url": review.get("html_url"),
            "pr_number": pull["number"],
            "pr_title": pull.get("title"),
        },
        resource_id=resource_id,
        url=review.get("html_url"),
        at=at,
        key=_key(resource_id, review),
    )


def review_comment(
    repository: str, pull: Object, comment: Object, *, is_edit: bool = False
) -> EventDraft:
    """Return ``pull_request_review_comment``; ``payload.action`` tells an edited one apart.

    Known by id, ``updated_at`` and what it says; see `_key`.
    """
    number, at = comment["id"], changed_at(comment)
    resource_id = f"{place(repository, pull)}:review_comment:{number}@{at}"
    return draft(
        "pull_request_review_comment",
        {
            **about(repository, pull),
            **authored(comment),
            "comment_id": number,
            "review_id": comment.get("pull_request_review_id"),
        },
        {
            "action": "edited" if is_edit else "created",
            "comment_id": number,
            "comment_body": comment.get("body"),
            "comment_url": comment.get("html_url"),
            "path": comment.get("path"),
            "diff_hunk": comment.get("diff_hunk"),
            "line": comment.get("line"),
            "in_reply_to_id": comment.get("in_reply_to_id"),
            "pr_number": pull["number"],
            "pr_title": pull.get("title"),
        },
        resource_id=resource_id,
        url=comment.get("html_url"),
        at=at,
        key=_key(resource_id, comment),
    )


def changed_at(comment: Object) -> object:
    """Return when a comment was last written to."""
    return comment.get("updated_at") or comment.get("created_at")


def _key(resource_id: str, comment: Object) -> str:
    """Return what tells versions of a comment or review apart that have the same second.

    GitHub's times have no fractions, and agents fill their placeholders in quickly.
    """
    said = str(comment.get("body") or "").encode("utf-8", "surrogatepass")
    return f"{resource_id}:{blake2b(said, digest_size=8).hexdigest()}"
