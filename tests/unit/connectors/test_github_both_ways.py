"""The same change, polled and delivered: one and the same payload and provenance."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from orgloop.connectors.github.events import KINDS
from orgloop.connectors.github.webhook.config import GitHubWebhookConfig
from orgloop.connectors.github.webhook.source import GitHubWebhookSource
from orgloop.event import EventDraft
from orgloop.reports import WebhookRequest
from orgloop.testing.github import Delivery, FakeGitHub, RepositoryModel
from orgloop.testing.lending import NOW_MS, lend
from support.github_polling import Polls, now


def edit_comment(shop: RepositoryModel, issue: int, pull: int) -> None:
    shop.edit_comment(shop.comment(issue, "…"), "The answer.")


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
    "edited comment": edit_comment,
    "review": lambda shop, issue, pull: shop.review(pull, "CHANGES_REQUESTED", lines=("no",)),
    "run": lambda shop, issue, pull: shop.run("failure", pull=pull),
    "suite": suite,
}


def delivered(delivery: Delivery) -> list[EventDraft]:
    """Return what the webhook source makes of a delivery."""
    source = GitHubWebhookSource(GitHubWebhookConfig(events=KINDS), lend(Path("/")))
    headers = {"x-github-event": delivery.event, "x-github-delivery": delivery.id}
    request = WebhookRequest("/webhook/x", headers, orjson.dumps(delivery.payload), NOW_MS)
    return list(now(source.receive(request)).events)


@pytest.mark.parametrize("has_graphql", [True, False], ids=["GraphQL", "REST"])
@pytest.mark.parametrize("change", CHANGES)
def test_a_change_looks_the_same(change: str, has_graphql: bool) -> None:
    github = FakeGitHub(has_graphql=has_graphql)
    shop = github.repository()
    issue, pull = shop.open_issue(), shop.open_pull(draft=True)
    shop.advance(60)
    polls = Polls(github)
    polls.poll()
    before = len(shop.deliveries)
    CHANGES[change](shop, issue, pull)
    shop.advance(60)

    polled = {draft.provenance["resource_id"]: draft for draft in polls.poll()}

    told = [draft for delivery in shop.deliveries[before:] for draft in delivered(delivery)]
    assert polled
    for draft in told:
        if draft.payload["action"] == "created" and change == "edited comment":
            continue  # polling finds it as it is by then
        other = polled.pop(draft.provenance["resource_id"])
        kind = other.provenance["platform_event"]
        assert other.payload == {**draft.payload, "action": other.payload["action"]}
        assert other.provenance == {**draft.provenance, "platform_event": kind}
        assert other.timestamp == draft.timestamp
        if "comment" in kind or kind.endswith("review_submitted"):
            assert other.key == draft.key
        if change != "edited comment":
            assert (kind, other.payload["action"]) == (
                draft.provenance["platform_event"],
                draft.payload["action"],
            )
    assert polled == {}
