"""What GitHub delivers, as event drafts: known kinds by the normaliser, the rest as it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from attrs import evolve, frozen

from orgloop.connectors.github.events import (
    Object,
    check_suite_completed,
    is_failed_run,
    issue_assigned,
    issue_comment,
    issue_labeled,
    issue_opened,
    pull_request_closed,
    pull_request_opened,
    pull_request_ready_for_review,
    review_comment,
    review_submitted,
    workflow_run_completed,
)
from orgloop.connectors.github.webhook.raw import raw_event
from orgloop.event import EventDraft, JSONObject

PING = "ping"
"""GitHub asks whether anybody is there; nothing has happened."""

_BY_THEMSELVES = frozenset({"issue_comment", "pull_request_review", "pull_request_review_comment"})
"""What has the identity that polling sees, too: everything else is known by its delivery."""


@frozen(kw_only=True)
class Delivered:
    """One event as GitHub has put it together for its webhooks."""

    name: str
    """``X-GitHub-Event``: ``pull_request``."""
    guid: str | None
    """``X-GitHub-Delivery``: the same each time this event is delivered, to whichever webhook."""
    body: JSONObject

    @property
    def action(self) -> str | None:
        """What happened to it: ``opened``. Not every event has one."""
        action = self.body.get("action")
        return action if isinstance(action, str) and action else None

    @property
    def full_name(self) -> str:
        """``pull_request.opened``, or ``push`` without an action."""
        return f"{self.name}.{self.action}" if self.action else self.name

    def draft(self) -> EventDraft | None:
        """Return the event, `None` for a kind that is known and not reported."""
        read = _KNOWN.get(self.full_name)
        if read is None:
            return self._raw()
        try:
            found = read(self.body["repository"]["full_name"], self.body)
        except (KeyError, TypeError, AttributeError):
            return self._raw()  # it lacks what such an event always has: so it goes on as it is
        if found is None or self._is_known_by_itself:
            return found
        return self._known_by_delivery(found)

    def _raw(self) -> EventDraft:
        return self._known_by_delivery(raw_event(self.full_name, self.guid, self.body))

    def _known_by_delivery(self, draft: EventDraft) -> EventDraft:
        return draft if self.guid is None else evolve(draft, key=f"delivery:{self.guid}")

    @property
    def _is_known_by_itself(self) -> bool:
        if self.full_name == "pull_request_review.edited":
            # Not every GitHub Enterprise Server says when a review was edited.
            return bool(self.body["review"].get("updated_at"))
        return self.name in _BY_THEMSELVES


Read = Callable[[str, Object], EventDraft | None]


def _failed_run(repository: str, body: Object) -> EventDraft | None:
    run = body["workflow_run"]
    return workflow_run_completed(repository, run) if is_failed_run(run) else None


def _check_suite(repository: str, body: Object) -> EventDraft:
    home = str(body["repository"].get("html_url") or "")
    return check_suite_completed(repository, body["check_suite"], home)


def _ready_for_review(repository: str, body: Object) -> EventDraft:
    pull = body["pull_request"]
    return pull_request_ready_for_review(
        repository, pull, body.get("sender"), pull.get("updated_at")
    )


def _labeled(repository: str, body: Object) -> EventDraft:
    issue = body["issue"]
    sender, at = body.get("sender"), issue.get("updated_at")
    return issue_labeled(repository, issue, body["label"], sender, at)


def _assigned(repository: str, body: Object) -> EventDraft:
    issue = body["issue"]
    sender, at = body.get("sender"), issue.get("updated_at")
    return issue_assigned(repository, issue, body.get("assignee"), sender, at)


def _comment(*, is_edit: bool) -> Read:
    return lambda repository, body: issue_comment(
        repository, body["issue"], body["comment"], is_edit=is_edit
    )


def _line_comment(*, is_edit: bool) -> Read:
    return lambda repository, body: review_comment(
        repository, body["pull_request"], body["comment"], is_edit=is_edit
    )


def _review(*, is_edit: bool) -> Read:
    return lambda repository, body: review_submitted(
        repository, body["pull_request"], body["review"], is_edit=is_edit
    )


_KNOWN: Mapping[str, Read] = {
    "pull_request.opened": lambda name, body: pull_request_opened(name, body["pull_request"]),
    "pull_request.closed": lambda name, body: pull_request_closed(
        name, body["pull_request"], body.get("sender")
    ),
    "pull_request.ready_for_review": _ready_for_review,
    "pull_request_review.submitted": _review(is_edit=False),
    "pull_request_review.edited": _review(is_edit=True),
    "pull_request_review_comment.created": _line_comment(is_edit=False),
    "pull_request_review_comment.edited": _line_comment(is_edit=True),
    "issue_comment.created": _comment(is_edit=False),
    "issue_comment.edited": _comment(is_edit=True),
    "issues.opened": lambda name, body: issue_opened(name, body["issue"]),
    "issues.labeled": _labeled,
    "issues.assigned": _assigned,
    "workflow_run.completed": _failed_run,
    "check_suite.completed": _check_suite,
}
