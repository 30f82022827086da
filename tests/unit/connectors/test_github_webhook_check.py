"""What the doctor says of a github-webhook source."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from attrs import evolve
from twisted.internet.task import Clock

from orgloop.connectors.github.webhook.check import check_hooks, check_surroundings
from orgloop.connectors.github.webhook.config import GitHubWebhookConfig
from orgloop.plugin import Finding
from orgloop.testing.github import FakeGitHub
from orgloop.testing.github.hooks import FakeHooks, answer, hook_document
from orgloop.testing.lending import lend
from support.world import done

OURS = "https://ci.acme.example/webhook/component"


def surroundings(*, is_exposed: bool = False, **options: Any) -> dict[str, Finding]:
    context = evolve(lend(Path("/nowhere")), is_exposed=is_exposed)
    return {one.name: one for one in check_surroundings(GitHubWebhookConfig(**options), context)}


def asked(hooks: FakeHooks, **options: Any) -> list[Finding]:
    told = {"token": FakeGitHub().token, "repo_owner": "acme", "repo_name": "shop", **options}
    context = lend(Path("/nowhere"), http=hooks, clock=Clock())
    return list(done(check_hooks(GitHubWebhookConfig(**told), context)))


@pytest.fixture
def hooks() -> FakeHooks:
    github = FakeGitHub()
    github.repository("acme/shop")
    return FakeHooks(beyond=github.client())


def test_strangers_must_not_be_able_to_send() -> None:
    def signing(**options: Any) -> str:
        return surroundings(**options)[""].status

    assert signing(secret="s3cret", is_exposed=True) == "ok"
    assert signing() == "degraded"  # GitHub comes from beyond this machine, and is refused
    assert signing(is_exposed=True) == "error"


def test_it_says_whether_what_does_not_come_is_looked_for() -> None:
    told = {"token": "t", "repo_owner": "acme", "repo_name": "shop"}

    assert "acme/shop" in surroundings(**told)["reconciliation"].message
    assert "off" in surroundings()["reconciliation"].message
    assert "off" in surroundings(**told, reconciliation_interval_ms=0)["reconciliation"].message
    assert surroundings(token="t", repo_owner="acme")["reconciliation"].status == "degraded"


def test_without_a_token_github_is_not_asked(hooks: FakeHooks) -> None:
    assert asked(hooks, token=None) == []
    assert hooks.asked == []


def test_it_says_whose_the_token_is_and_that_the_webhook_leads_here(hooks: FakeHooks) -> None:
    token, hook = asked(hooks, secret="s3cret")

    assert "robot" in token.message
    assert (hook.name, hook.status) == ("webhook 1", "ok")


def test_a_token_that_is_refused_is_all_there_is_to_say(hooks: FakeHooks) -> None:
    [token] = asked(hooks, token="ghp_old")

    assert (token.about, token.status) == ("credential", "degraded")


@pytest.mark.parametrize(
    ("hook", "said"),
    [
        (hook_document("https://elsewhere.example/webhook"), "no webhook of acme/shop leads"),
        (hook_document(OURS, active=False), "switched off"),
        (hook_document(OURS, config={"url": OURS}), "no secret"),
        (
            hook_document(OURS, last_response={"code": 502, "message": "Bad Gateway"}),
            "last delivery failed (502 Bad Gateway)",
        ),
    ],
)
def test_it_says_what_is_wrong_with_the_webhook(
    hooks: FakeHooks, hook: dict[str, Any], said: str
) -> None:
    hooks.hooks = {1: hook}
    *_, found = asked(hooks, secret="s3cret")

    assert found.status == "degraded"
    assert said in found.message
    assert found.fix


@pytest.mark.parametrize(
    ("events", "said"),
    [((), "comments and reviews alone are reconciled"), (("push",), "nothing is reconciled")],
)
def test_it_says_what_is_found_where_an_organisation_s_webhook_calls(
    hooks: FakeHooks, events: tuple[str, ...], said: str
) -> None:
    hooks.hooks = {}  # GitHub shows an organisation's to its owners alone
    *_, found = asked(hooks, events=events)

    assert f"with one of an organisation or an App, {said}" in found.fix


def test_a_webhook_that_has_not_delivered_yet_is_well(hooks: FakeHooks) -> None:
    unused = {"code": None, "status": "unused", "message": None}
    hooks.hooks = {1: hook_document(OURS, last_response=unused)}

    assert [one.status for one in asked(hooks)] == ["ok", "ok"]


def test_a_token_that_may_not_see_webhooks_is_told_what_it_lacks(hooks: FakeHooks) -> None:
    hooks.answers[hooks.path] = answer(404, {"message": "Not Found"})
    *_, found = asked(hooks)

    assert (found.about, found.status) == ("credential", "degraded")
    assert "comments and reviews alone" in found.message
    assert "read:repo_hook" in found.fix


def test_trouble_at_github_is_told_as_it_is(hooks: FakeHooks) -> None:
    hooks.answers[hooks.path] = answer(500, {"message": "oops"})
    *_, found = asked(hooks)

    assert found.status == "degraded"
    assert "500" in found.message
    assert "githubstatus.com" in found.fix
