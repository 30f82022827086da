"""The same change, polled and delivered: one and the same payload and provenance."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from orgloop.connectors.github.events import KINDS
from orgloop.connectors.github.webhook.config import GitHubWebhookConfig
from orgloop.connectors.github.webhook.source import GitHubWebhookSource
from orgloop.connectors.github.webhook.wanted import SPOKEN
from orgloop.event import EventDraft
from orgloop.reports import WebhookRequest
from orgloop.testing.github import Delivery, FakeGitHub, RepositoryModel
from orgloop.testing.lending import NOW_MS, lend
from support.github_polling import Polls, now


def edit_comment(shop: RepositoryModel, issue: int, pull: int) -> None:
    shop.edit_comment(min(shop.comments), "The answer.")


def edit_review(shop: RepositoryModel, issue: int, pull: int) -> None:
    shop.edit_review(min(shop.reviews), "On second thoughts.")


def edit_line_comment(shop: RepositoryModel, issue: int, pull: int) -> None:
    shop.edit_review_comment(min(shop.review_comments), "Clearer.")


def suite(shop: RepositoryModel, issue: int, pull: int) -> None:
    shop.end_suite(shop.suite(shop.push(pull), pull=pull), "failure")


CHANGES = {
    "issue": lambda shop, issue, pull: shop.open_issue(author="robo[bot]"),
    "pull": lambda shop, issue, pull: shop.open_pull(author_association="NONE"),
    "ready": lambda shop, issue, pull: shop.ready(pull, actor="cat"),
    "label": lambda shop, issue, pull: shop.label(issue, "bug", actor="cat"),
    "assign": lambda shop, issue, pull: shop.assign(issue, "ben", actor="cat"),
    "close": lambda shop, issue, pull: shop.close(pull, actor="cat"),
    "merge": lambda shop, issue, pull: shop.merge(pull, actor="cat"),
    "comment": lambda shop, issue, pull: shop.comment(issue),
    "comment on a pull request": lambda shop, issue, pull: shop.comment(pull, author="r[bot]"),
    "comment of somebody who is gone": lambda shop, issue, pull: shop.comment(
        issue, author="ghost"
    ),
    "edited comment": edit_comment,
    "edited review": edit_review,
    "edited comment on a line": edit_line_comment,
    "review": lambda shop, issue, pull: shop.review(pull, "CHANGES_REQUESTED", lines=("no",)),
    "run": lambda shop, issue, pull: shop.run("failure", pull=pull),
    "suite": suite,
}


WAYS = [
    (change, has_graphql)
    for change in CHANGES
    for has_graphql in (True, False)
    if has_graphql or change != "edited review"  # REST does not tell of it
]


def delivered(delivery: Delivery) -> list[EventDraft]:
    """Return what the webhook source makes of a delivery."""
    source = GitHubWebhookSource(GitHubWebhookConfig(events=KINDS), lend(Path("/")))
    headers = {"x-github-event": delivery.event, "x-github-delivery": delivery.id}
    request = WebhookRequest("/webhook/x", headers, orjson.dumps(delivery.payload), NOW_MS)
    return list(now(source.receive(request)).events)


@pytest.mark.parametrize(("change", "has_graphql"), WAYS)
def test_a_change_looks_the_same(change: str, has_graphql: bool) -> None:
    github = FakeGitHub(has_graphql=has_graphql)
    shop = github.repository()
    issue, pull = shop.open_issue(), shop.open_pull(draft=True)
    shop.comment(issue, "…")
    shop.review(pull, lines=("why?",))
    shop.advance(60)
    polls = Polls(github)
    polls.poll()
    before = len(shop.deliveries)
    CHANGES[change](shop, issue, pull)
    shop.advance(60)

    polled = {draft.provenance["resource_id"]: draft for draft in polls.poll()}

    told = [draft for delivery in shop.deliveries[before:] for draft in delivered(delivery)]
    assert told
    assert polled.keys() == {draft.provenance["resource_id"] for draft in told}
    for draft in told:
        other = polled[draft.provenance["resource_id"]]
        assert other.payload == draft.payload
        assert other.provenance == draft.provenance
        assert other.timestamp == draft.timestamp
        if draft.provenance["platform_event"] in SPOKEN:
            assert other.key == draft.key
