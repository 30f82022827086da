"""What GitHub could not say this time is not taken for what is not there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from twisted.internet.task import Clock

from orgloop.connectors.github.access import api_of
from orgloop.connectors.github.answers import data_of
from orgloop.connectors.github.config import GitHubConfig
from orgloop.connectors.github.errors import GitHubError, NoGraphQL
from orgloop.reports import HTTPResponse
from orgloop.testing.github import FakeGitHub, RepositoryModel
from orgloop.testing.github.hooks import FakeHooks
from orgloop.testing.lending import lend
from support.github_polling import Polls, kinds, now

WHOLE = {"repository": {"p1": None}}


@pytest.fixture
def github() -> FakeGitHub:
    return FakeGitHub()


@pytest.fixture
def shop(github: FakeGitHub) -> RepositoryModel:
    return github.repository()


def talk(shop: RepositoryModel, pulls: int) -> None:
    """Let somebody comment on and review every pull request."""
    for pull in [shop.open_pull() for _ in range(pulls)]:
        shop.comment(pull)
        shop.review(pull, lines=("here",))
    shop.advance(10)


@pytest.mark.parametrize("kind", ["SERVICE_UNAVAILABLE", "RESOURCE_LIMITS_EXCEEDED", None])
@pytest.mark.parametrize("pulls", [2, 30])
def test_a_part_that_could_not_be_had_is_asked_for_one_by_one(
    github: FakeGitHub, shop: RepositoryModel, kind: str | None, pulls: int
) -> None:
    polls = Polls(github)
    polls.poll()
    talk(shop, pulls)
    github.withheld = {"p2": kind}

    told = kinds(polls.poll())

    assert {one: told.count(one) for one in told} == dict.fromkeys(
        (
            "pull_request.opened",
            "issue_comment",
            "pull_request.review_submitted",
            "pull_request_review_comment",
        ),
        pulls,
    )
    assert polls.poll() == []


@pytest.mark.parametrize("kind", ["NOT_FOUND", "FORBIDDEN"])
def test_a_part_that_is_gone_or_not_to_be_seen_costs_nothing_more(
    github: FakeGitHub, shop: RepositoryModel, kind: str
) -> None:
    polls = Polls(github)
    polls.poll()
    talk(shop, 2)
    github.withheld = {"p2": kind}
    github.requests.clear()

    assert kinds(polls.poll()).count("pull_request.review_submitted") == 1
    assert len([one for one in github.requests if one.path == "/graphql"]) == 1
    assert not [one for one in github.requests if one.path.startswith("/repos/acme/shop/pulls/2")]


@pytest.mark.parametrize(
    "answer",
    [
        {"data": {"repository": None}, "errors": [{"type": "SERVICE_UNAVAILABLE"}]},
        {"data": None, "errors": [{"type": "MAX_NODE_LIMIT_EXCEEDED", "message": "too many"}]},
        {"errors": [{"message": "Something went wrong while executing your query on 2026-01-31."}]},
        {"data": WHOLE, "errors": [{"message": "Timeout on validation of query"}]},
    ],
)
def test_what_may_be_better_the_next_time_does_not_switch_graphql_off(answer: Any) -> None:
    with pytest.raises(GitHubError) as raised:
        data_of(answer)

    assert not isinstance(raised.value, NoGraphQL)
    assert raised.value.status == 502


@pytest.mark.parametrize(
    "answer",
    [
        [],
        {"data": {"repository": None}, "errors": [{"type": "NOT_FOUND", "message": "no"}]},
        {"errors": [{"message": "Field 'x' doesn't exist", "extensions": {"code": "undefined"}}]},
        {"errors": ["odd", None], "data": "odd"},
        {"message": "Bad credentials"},
    ],
)
def test_what_understands_nothing_is_no_graphql(answer: Any) -> None:
    with pytest.raises(NoGraphQL):
        data_of(answer)


def test_what_is_whole_is_taken() -> None:
    assert data_of({"data": WHOLE}) == WHOLE
    assert data_of({"data": WHOLE, "errors": [{"type": "NOT_FOUND"}]}) == WHOLE


@pytest.mark.parametrize("place", ["ftp://api.github.com/x", "https://[", "//elsewhere.example/"])
def test_a_redirect_to_nowhere_is_not_followed(place: str) -> None:
    hooks = FakeHooks(answers={"/repos/acme/shop": HTTPResponse(301, {"location": place}, b"")})
    context = lend(Path("/"), http=hooks, clock=Clock())
    api = api_of(GitHubConfig(repo=("acme/shop",), token="ghp_x"), context)

    with pytest.raises(GitHubError, match="another host"):
        now(api.get("/repos/acme/shop"))

    assert hooks.asked == ["/repos/acme/shop"]
