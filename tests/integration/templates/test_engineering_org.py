"""The template engineering-org, run for real: what happens outside wakes the agent, once each."""

from __future__ import annotations

import json
import time
from collections import deque

import pytest
import pytest_twisted
from twisted.internet.threads import deferToThread

from orgloop.storage.spoolfile import spool
from orgloop.testing.github import FakeGitHub
from orgloop.testing.httpserver import Answer, ScriptedHTTPServer
from orgloop.testing.linear import LinearServer, Workspace


@pytest.fixture
def github(listening):
    """A pull request with a review of a person's and one of a bot's."""
    github = FakeGitHub()
    shop = github.repository("acme/shop")
    number = shop.open_pull()
    shop.advance(1)
    shop.review(number, "CHANGES_REQUESTED", "Name it after what it does.", "ben")
    shop.review(number, "COMMENTED", "Line 3 is long.", "linter[bot]")
    shop.advance(60)
    return listening(ScriptedHTTPServer(github.answer))


@pytest.fixture
def linear(listening):
    """An issue that was just made."""
    server = listening(LinearServer(Workspace(now_ms=round(time.time() * 1000))))
    server.workspace.create_issue("Prices are rounded twice")
    return server


@pytest.fixture
def run(template, github, linear, gateway):
    return template(
        "engineering-org",
        GITHUB_REPO="acme/shop",
        GITHUB_TOKEN=FakeGitHub().token,
        GITHUB_API_URL=github.url(""),
        LINEAR_TEAM="ENG",
        LINEAR_API_KEY=linear.api_key,
        LINEAR_API_URL=linear.url("/graphql"),
        OPENCLAW_WEBHOOK_TOKEN=gateway.token,
        OPENCLAW_BASE_URL=gateway.url("").rstrip("/"),
    )


KEY = "idempotency-key"
ENDED = {"session_id": "s-1", "hook_type": "stop", "cwd": "/work/shop", "exit_status": 0}


def test_it_is_the_project_of_the_founding_document(run):
    project = run.load().project

    assert set(project.sources) == {"github", "linear", "claude-code"}
    assert set(project.routes) == {"github-pr-review", "linear-to-eng", "cc-supervisor"}
    assert set(project.actors) == {"openclaw-engineering-agent"}
    assert {use.id for route in project.routes.values() for use in route.transforms} == {
        "drop-bot-noise",
        "dedup",
    }
    assert run.load().problems == ()


@pytest_twisted.ensureDeferred
async def test_the_agent_is_woken_for_a_review_an_issue_and_a_session(run, gateway):
    await run.start()
    await run.post("/webhook/claude-code", json.dumps(ENDED).encode())
    await run.post("/webhook/claude-code", json.dumps(ENDED).encode())
    for route, count in {"github-pr-review": 2, "linear-to-eng": 1, "cc-supervisor": 2}.items():
        await run.settled(route, count)

    woken = {one.body["sessionKey"]: one.body for one in gateway.runs}
    assert len(gateway.runs) == 3
    assert set(woken) == {
        "hook:github:acme/shop:1",
        "hook:linear:ENG-1",
        "hook:claude-code:s-1",
    }
    assert {body["agentId"] for body in woken.values()} == {"engineering"}
    review, issue, session = (woken[key]["message"] for key in sorted(woken, key=_order))
    assert "Name it after what it does." in review
    assert "# A review was submitted" in review
    assert "Prices are rounded twice" in issue
    assert "# Something is asked of the team" in issue
    assert "/work/shop" in session
    assert "You supervise" in session


@pytest_twisted.ensureDeferred
async def test_turns_that_ended_while_nobody_ran_wake_the_agent_once_each(run, gateway):
    for said in ("What is its name?", "All is done.", "All is done."):
        turn = {"session_id": "s-1", "hook_event_name": "Stop", "last_assistant_message": said}
        spool(str(run.home / "spool"), {"source": "claude-code", "cause": None, "body": turn})

    await run.start()
    await run.settled("cc-supervisor", 3)

    turns = [one.body for one in gateway.runs if one.body["sessionKey"] == "hook:claude-code:s-1"]
    asking, done = (body["message"] for body in turns)
    assert "What is its name?" in asking
    assert "All is done." in done


@pytest_twisted.ensureDeferred
async def test_a_gateway_in_trouble_and_a_runtime_that_is_killed_lose_and_repeat_nothing(
    run, gateway
):
    trouble = deque([Answer(status=503), Answer(reset=True), *[Answer(silent=True)] * 3])
    calm = gateway.otherwise
    gateway.otherwise = lambda request: (
        trouble.popleft() if trouble and KEY in request.headers else calm(request)
    )
    await run.start()
    await run.post("/webhook/claude-code", json.dumps(ENDED).encode())
    await run.waited(lambda: not trouble, "attempts that nobody answers")
    await deferToThread(run.runtime.kill)
    late = {"source": "claude-code", "cause": None, "body": {**ENDED, "session_id": "s-2"}}
    spool(str(run.home / "spool"), late)
    await run.start()
    for route, count in {"github-pr-review": 2, "linear-to-eng": 1, "cc-supervisor": 2}.items():
        await run.settled(route, count)

    asked = [(one.headers[KEY], one.body) for one in gateway.requests if KEY in one.headers]
    assert len(asked) == 9
    assert len(set(asked)) == len(gateway.runs) == 4
    assert {one.body["sessionKey"] for one in gateway.runs} == {
        "hook:github:acme/shop:1",
        "hook:linear:ENG-1",
        "hook:claude-code:s-1",
        "hook:claude-code:s-2",
    }


def _order(key: str) -> int:
    return ["github", "linear", "claude-code"].index(key.split(":")[1])
