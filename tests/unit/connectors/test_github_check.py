"""What the doctor says of a github source."""

from __future__ import annotations

from pathlib import Path

from twisted.internet.task import Clock

from orgloop.connectors.github.check import check
from orgloop.connectors.github.config import GitHubConfig
from orgloop.plugin import Finding
from orgloop.testing.github import FakeGitHub
from orgloop.testing.lending import lend
from support.world import done


def asked(github: FakeGitHub, *repo: str) -> list[Finding]:
    context = lend(Path("/nowhere"), http=github.client(), clock=Clock())
    return list(done(check(GitHubConfig(repo=repo, token=github.token), context)))


def test_an_owner_is_looked_for_before_its_repositories_are_followed() -> None:
    github = FakeGitHub()
    github.repository("acme/shop")

    _, there = asked(github, "acme/*")
    _, missing = asked(github, "acne/*")

    assert (there.name, there.status) == ("acme/*", "ok")
    assert (missing.name, missing.status) == ("acne/*", "degraded")
    assert "/users/acne" in missing.message
    assert missing.fix


def test_an_installation_s_repositories_are_counted_whatever_page_is_asked_for() -> None:
    github = FakeGitHub(is_app=True)
    github.repository("acme/shop")
    github.repository("acme/warehouse")

    token, *_ = asked(github, "acme/shop")

    assert "for 2 repositories" in token.message
