"""Write what the GraphQL API says the way the REST API and webhooks say it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from orgloop.connectors.github.events import Object

Node = Mapping[str, Any]


def user_of(actor: Node | None) -> dict[str, Any] | None:
    """Return an actor as a user. GraphQL leaves the ``[bot]`` off a bot's login."""
    if not actor:
        return None
    login, kind = str(actor.get("login")), str(actor.get("__typename"))
    if kind == "Bot" and not login.endswith("[bot]"):
        login += "[bot]"
    return {"login": login, "type": kind}


def nodes_of(connection: Node | None) -> list[Node]:
    """Return the nodes of a connection that may be seen."""
    return [node for node in (connection or {}).get("nodes") or () if node]


def comment_of(node: Node) -> Object:
    """Return a comment on an issue or pull request."""
    return {
        "id": _number(node),
        "body": node.get("body"),
        "html_url": node.get("url"),
        "created_at": node.get("createdAt"),
        "updated_at": node.get("updatedAt"),
        "user": user_of(node.get("author")),
        "author_association": node.get("authorAssociation"),
    }


def review_of(node: Node) -> Object:
    """Return a review; ``updated_at`` is there only if its text was edited after submission."""
    edited, submitted = node.get("lastEditedAt"), node.get("submittedAt")
    review = {
        "id": _number(node),
        "body": node.get("body"),
        "state": node.get("state"),
        "html_url": node.get("url"),
        "submitted_at": submitted,
        "user": user_of(node.get("author")),
        "author_association": node.get("authorAssociation"),
    }
    if isinstance(edited, str) and isinstance(submitted, str) and edited > submitted:
        return {**review, "updated_at": edited}
    return review


def review_comment_of(node: Node, review: Node) -> Object:
    """Return a comment on a line, which belongs to a review."""
    return {
        **comment_of(node),
        "pull_request_review_id": _number(review),
        "path": node.get("path"),
        "diff_hunk": node.get("diffHunk"),
        "line": node.get("line"),
        "in_reply_to_id": _number(node["replyTo"]) if node.get("replyTo") else None,
    }


def pull_fields_of(node: Node) -> Object:
    """Return what a pull request has beyond what it has as an issue."""
    return {
        "head": {"ref": node.get("headRefName"), "sha": node.get("headRefOid")},
        "base": {"ref": node.get("baseRefName")},
        "draft": bool(node.get("isDraft")),
        "additions": node.get("additions"),
        "deletions": node.get("deletions"),
        "changed_files": node.get("changedFiles"),
        "merged_by": user_of(node.get("mergedBy")),
    }


def suites_of(commit: Node | None) -> Iterable[Object]:
    """Return the check suites of a commit."""
    for node in nodes_of((commit or {}).get("checkSuites")):
        app, branch = node.get("app") or {}, node.get("branch") or {}
        yield {
            "id": node.get("databaseId"),
            "head_branch": branch.get("name"),
            "head_sha": (commit or {}).get("oid"),
            "status": str(node.get("status") or "").lower(),
            "conclusion": str(node.get("conclusion") or "").lower() or None,
            "created_at": node.get("createdAt"),
            "updated_at": node.get("updatedAt"),
            "app": {"name": app.get("name"), "slug": app.get("slug")},
            "pull_requests": [
                {"number": pull.get("number")}
                for pull in nodes_of(node.get("matchingPullRequests"))
            ],
            "latest_check_runs_count": (node.get("checkRuns") or {}).get("totalCount"),
        }


def _number(node: Node) -> int:
    # A BigInt is written as text: it may be larger than a number of GraphQL.
    return int(node.get("fullDatabaseId") or node.get("databaseId") or 0)
