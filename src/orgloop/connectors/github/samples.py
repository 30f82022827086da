"""What happens in a repository of GitHub's, for who tries a project's wiring.

The objects have the fields of https://docs.github.com/en/rest that the normaliser reads.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from orgloop.connectors.github import events
from orgloop.connectors.github.config import GitHubConfig
from orgloop.event import EventDraft
from orgloop.plugin import PluginContext

_Object = dict[str, Any]

REPOSITORY = "our-org/app"
"""For a source that names none."""
_AT = "2026-01-15T10:00:00Z"
_ADA: _Object = {"login": "ada", "type": "User"}
_GRACE: _Object = {"login": "grace", "type": "User"}
_SHA = "6dcb09b5b57875f334f61aebed695e2e4193db5e"


async def samples(config: GitHubConfig | None, context: PluginContext) -> Sequence[EventDraft]:
    """Return each kind of event; see `orgloop.plugin.Registration`."""
    named = config.repo if config is not None else ()
    whole = (one for one in named if "/" in one and "*" not in one)
    return list(drafts_in(next(whole, REPOSITORY)))


def drafts_in(repository: str) -> Iterator[EventDraft]:
    """Yield each kind of event in a repository; polling and webhooks make the same ones."""
    home = f"https://github.com/{repository}"
    issue, pull = _issue(home), _pull(home)
    yield events.review_submitted(repository, pull, _review(pull))
    yield events.pull_request_opened(repository, pull)
    yield events.pull_request_ready_for_review(repository, pull, _ADA, _AT, 9001)
    yield events.review_comment(repository, pull, _line_comment(pull))
    comment = _comment(issue)
    yield events.issue_comment(repository, issue, comment)
    yield events.issue_comment(repository, issue, comment, is_edit=True)
    merged = {**pull, "state": "closed", "closed_at": _AT, "merged_at": _AT, "merged_by": _GRACE}
    yield events.pull_request_closed(repository, merged, _GRACE)
    closed = {**pull, "state": "closed", "closed_at": _AT}
    yield events.pull_request_closed(repository, closed, _ADA)
    yield events.issue_opened(repository, issue)
    labelled = {**issue, "labels": [{"name": "bug"}]}
    yield events.issue_labeled(repository, labelled, {"name": "bug"}, _GRACE, _AT, 9002)
    assigned = {**issue, "assignees": [_ADA]}
    yield events.issue_assigned(repository, assigned, _ADA, _GRACE, _AT, 9003)
    yield events.workflow_run_completed(repository, _run(home))
    yield events.check_suite_completed(repository, _suite(), home)


def _item(number: int, page: str, title: str) -> _Object:
    return {
        "number": number,
        "title": title,
        "body": "It has worked until yesterday.",
        "state": "open",
        "user": _ADA,
        "author_association": "MEMBER",
        "labels": [],
        "assignees": [],
        "created_at": _AT,
        "updated_at": _AT,
        "html_url": page,
    }


def _issue(home: str) -> _Object:
    return _item(17, f"{home}/issues/17", "The export stops at row 1,000")


def _pull(home: str) -> _Object:
    return {
        **_item(42, f"{home}/pull/42", "Write all rows"),
        "draft": False,
        "merged_at": None,
        "head": {"ref": "all-rows", "sha": _SHA},
        "base": {"ref": "main"},
        "additions": 12,
        "deletions": 3,
        "changed_files": 2,
    }


def _said(number: int, by: _Object, body: str, page: str) -> _Object:
    return {
        "id": number,
        "user": by,
        "author_association": "MEMBER",
        "body": body,
        "created_at": _AT,
        "updated_at": _AT,
        "html_url": page,
    }


def _review(pull: _Object) -> _Object:
    page = f"{pull['html_url']}#pullrequestreview-3001"
    said = _said(3001, _GRACE, "Please cover the empty sheet, too.", page)
    return {**said, "state": "CHANGES_REQUESTED", "submitted_at": _AT}


def _line_comment(pull: _Object) -> _Object:
    return {
        **_said(3002, _GRACE, "And if it is empty?", f"{pull['html_url']}#discussion_r3002"),
        "pull_request_review_id": 3001,
        "path": "src/export.py",
        "diff_hunk": "@@ -1,3 +1,3 @@",
        "line": 3,
    }


def _comment(issue: _Object) -> _Object:
    page = f"{issue['html_url']}#issuecomment-3003"
    return _said(3003, _GRACE, "Seen again this morning.", page)


def _run(home: str) -> _Object:
    return {
        "id": 5001,
        "name": "tests",
        "run_number": 7,
        "run_attempt": 1,
        "event": "push",
        "status": "completed",
        "conclusion": "failure",
        "actor": _ADA,
        "head_branch": "main",
        "head_sha": _SHA,
        "pull_requests": [],
        "updated_at": _AT,
        "html_url": f"{home}/actions/runs/5001",
    }


def _suite() -> _Object:
    return {
        "id": 6001,
        "app": {"slug": "github-actions", "name": "GitHub Actions"},
        "status": "completed",
        "conclusion": "success",
        "head_branch": "main",
        "head_sha": _SHA,
        "pull_requests": [],
        "updated_at": _AT,
    }
