"""The template github-to-slack, run for real against a stand-in of GitHub and one of Slack."""

from __future__ import annotations

import pytest
import pytest_twisted

from orgloop.testing.github import FakeGitHub
from orgloop.testing.httpserver import ScriptedHTTPServer
from orgloop.testing.slack import WEBHOOK_PATH


@pytest.fixture
def github(listening):
    """A pull request that was reviewed, one of a bot's, and a run that failed."""
    github = FakeGitHub()
    shop = github.repository("acme/shop")
    number = shop.open_pull(title="Round prices once")
    shop.open_pull("updates[bot]", "Update everything")
    shop.review(number, "APPROVED", "Good.", "ben")
    shop.run("failure")
    shop.advance(60)
    return listening(ScriptedHTTPServer(github.answer))


@pytest_twisted.ensureDeferred
async def test_the_channel_hears_of_people_and_of_failed_runs(template, github, slack):
    run = template(
        "github-to-slack",
        GITHUB_REPO="acme/shop",
        GITHUB_TOKEN=FakeGitHub().token,
        GITHUB_API_URL=github.url(""),
        SLACK_WEBHOOK_URL=slack.url(WEBHOOK_PATH),
    )
    assert run.load().problems == ()

    await run.start()
    for route, count in {"pull-requests": 2, "reviews": 1, "failed-runs": 1}.items():
        await run.settled(route, count)

    texts = sorted(message["text"] for message in slack.messages)
    assert len(texts) == 3
    assert [text for text in texts if "Update everything" in text] == []
    assert [text for text in texts if "*approved* by ben: Round prices once (for ann)" in text]
    (failed,) = [text for text in texts if " failed* on " in text]
    assert "revert first" in failed
