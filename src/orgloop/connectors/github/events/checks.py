"""Events about automation: workflow runs and check suites that came to an end."""

from __future__ import annotations

from orgloop.connectors.github.events.people import Object, author_type, login_of
from orgloop.connectors.github.events.subject import draft
from orgloop.event import EventDraft, JSONObject

FAILURES = frozenset({"failure", "timed_out", "startup_failure"})
"""Conclusions of a workflow run that something has to be done about."""


def is_failed_run(run: Object) -> bool:
    """Whether a workflow run has ended badly; others are not reported."""
    return run.get("status") == "completed" and run.get("conclusion") in FAILURES


def workflow_run_completed(repository: str, run: Object) -> EventDraft:
    """Return ``workflow_run.completed``, known by id and attempt. See `is_failed_run`."""
    actor = run.get("triggering_actor") or run.get("actor")
    attempt = run.get("run_attempt") or 1
    return draft(
        "workflow_run.completed",
        {
            **_about(repository, run),
            "author": login_of(actor),
            "author_type": author_type(actor),
        },
        {
            "action": "completed",
            "run_id": run["id"],
            "run_number": run.get("run_number"),
            "run_attempt": attempt,
            "run_url": run.get("html_url"),
            "workflow_name": run.get("name"),
            "trigger": run.get("event"),
            **_outcome(run),
        },
        resource_id=f"{repository}:workflow_run:{run['id']}:{attempt}",
        url=run.get("html_url"),
        at=run.get("updated_at"),
    )


def check_suite_completed(repository: str, suite: Object, home: str) -> EventDraft:
    """Return ``check_suite.completed``, known by id and when it was completed.

    ``home`` is the repository's page (a webhook's ``repository.html_url``): a suite names none.
    """
    app = suite.get("app") or {}
    at = suite.get("updated_at")
    return draft(
        "check_suite.completed",
        {
            **_about(repository, suite),
            "author": f"{app['slug']}[bot]" if app.get("slug") else "ghost",
            "author_type": "bot" if app.get("slug") else "unknown",
        },
        {
            "action": "completed",
            "check_suite_id": suite["id"],
            "app_name": app.get("name"),
            **_outcome(suite),
        },
        resource_id=f"{repository}:check_suite:{suite['id']}@{at}",
        url=f"{home}/commit/{suite.get('head_sha')}/checks",
        at=at,
    )


def _about(repository: str, thing: Object) -> JSONObject:
    owner, _, name = repository.partition("/")
    known: JSONObject = {"repo": repository, "repo_owner": owner, "repo_name": name, "labels": []}
    pulls = thing.get("pull_requests") or ()
    return {**known, "pr_number": pulls[0]["number"]} if pulls else known


def _outcome(thing: Object) -> JSONObject:
    return {
        "conclusion": thing.get("conclusion"),
        "head_branch": thing.get("head_branch"),
        "head_sha": thing.get("head_sha"),
        "pr_numbers": [pull["number"] for pull in thing.get("pull_requests") or ()],
    }
