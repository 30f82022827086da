"""The normaliser: what GitHub says about one change becomes one event draft.

Both connectors use it, so that the same change has the same payload, provenance and (for comments
and reviews) key, whether it was polled or delivered. Every function takes the repository's full
name (``owner/name``) and objects as the REST API writes them; a webhook's payload carries the same
ones. All drafts are ``resource.changed``; ``provenance.platform_event`` is one of `KINDS`.

``provenance.resource_id`` names the change without what only one of the two connectors knows, so
that ``dedup`` over it joins what both report.
"""

from orgloop.connectors.github.events.checks import (
    check_suite_completed,
    is_failed_run,
    workflow_run_completed,
)
from orgloop.connectors.github.events.comments import (
    changed_at,
    issue_comment,
    review_comment,
    review_submitted,
)
from orgloop.connectors.github.events.issues import issue_assigned, issue_labeled, issue_opened
from orgloop.connectors.github.events.people import Object, login_of
from orgloop.connectors.github.events.pulls import (
    pull_request_closed,
    pull_request_opened,
    pull_request_ready_for_review,
)
from orgloop.connectors.github.events.subject import is_pull_request, merged_at_of

KINDS = (
    "pull_request.opened",
    "pull_request.closed",
    "pull_request.merged",
    "pull_request.ready_for_review",
    "pull_request.review_submitted",
    "pull_request_review_comment",
    "issue_comment",
    "issue_comment.edited",
    "issues.opened",
    "issues.labeled",
    "issues.assigned",
    "workflow_run.completed",
    "check_suite.completed",
)
"""What ``provenance.platform_event`` may be, and what ``events`` chooses from."""

__all__ = [
    "KINDS",
    "Object",
    "changed_at",
    "check_suite_completed",
    "is_failed_run",
    "is_pull_request",
    "issue_assigned",
    "issue_comment",
    "issue_labeled",
    "issue_opened",
    "login_of",
    "merged_at_of",
    "pull_request_closed",
    "pull_request_opened",
    "pull_request_ready_for_review",
    "review_comment",
    "review_submitted",
    "workflow_run_completed",
]
