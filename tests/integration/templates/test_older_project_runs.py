"""A project written for the TypeScript OrgLoop, with all that it may say, run to the end."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
import pytest_twisted
from twisted.internet import reactor

from orgloop.sdk.signatures import sign_body
from orgloop.testing.docker import DockerStandIn, StandInContainer
from orgloop.testing.github import FakeGitHub
from orgloop.testing.httpserver import ScriptedHTTPServer
from orgloop.testing.linear import LinearServer, Workspace, webhook_request
from orgloop.testing.otlp import OTLPStandIn
from orgloop.testing.syslog import SyslogStandIn

PROJECT = Path(__file__).parents[2] / "unit" / "config" / "older_projects" / "everything"
SECRET = "s3cret"
FORMS = [
    {"kind": "form.sent", "number": 7, "task": "<b>water</b> the plants", "email": "a@b.c"},
    {"kind": "form.sent", "number": 7, "task": "water the plants again"},
    {"kind": "form.sent", "number": 8, "task": "drop me"},
    {"kind": "form.sent", "number": 9, "task": "secret plans"},
]
ROUTES = {
    "form-to-receiver": 4,
    "github-to-agent": 1,
    "linear-to-agent": 1,
    "sessions-to-agent": 1,
    "mail-to-agent": 1,
    "github-hooks-to-agent": 1,
    "linear-hooks-to-agent": 1,
    "claude-to-agent": 1,
    "my-agent-to-agent": 1,
    "beat-to-container": 1,
}


@pytest.fixture
def github(listening):
    github = FakeGitHub()
    shop = github.repository("acme/shop")
    number = shop.open_pull()
    shop.advance(1)
    shop.review(number, "APPROVED", "Good.", "ben")
    shop.advance(60)
    return listening(ScriptedHTTPServer(github.answer))


@pytest.fixture
def linear(listening):
    server = listening(LinearServer(Workspace(now_ms=round(time.time() * 1000))))
    server.workspace.create_issue("Prices are rounded twice")
    return server


@pytest.fixture
def engine(tmp_path, listening):
    engine = DockerStandIn(worker=StandInContainer(is_running=True))
    engine.start_on_socket(reactor, str(tmp_path / "docker.sock"))
    engine.start = lambda reactor: None
    return listening(engine)


@pytest.fixture
def receiver(listening):
    return listening(ScriptedHTTPServer())


@pytest.fixture
def syslog(listening):
    return listening(SyslogStandIn())


@pytest.fixture
def telemetry(listening):
    return listening(OTLPStandIn())


@pytest.fixture
def run(template, tmp_path, github, linear, gateway, receiver, engine, syslog, telemetry):
    run = template(PROJECT)
    values = {
        "GITHUB_REPO": "acme/shop",
        "GITHUB_TOKEN": FakeGitHub().token,
        "GITHUB_API_URL": github.url(""),
        "LINEAR_API_KEY": linear.api_key,
        "LINEAR_API_URL": linear.url("/graphql"),
        "HOOK_SECRET": SECRET,
        "OPENCLAW_URL": gateway.url("").rstrip("/"),
        "OPENCLAW_WEBHOOK_TOKEN": gateway.token,
        "RECEIVER_URL": receiver.url("/in"),
        "RECEIVER_PASSWORD": "pass",
        "ENGINE": str(tmp_path / "docker.sock"),
        "SYSLOG_PORT": str(syslog.port),
        "OTLP_ENDPOINT": telemetry.endpoint,
    }
    lines = [f"{name}={value}" for name, value in values.items()]
    (run.project / ".env").write_text("\n".join(lines), "utf-8")
    return run


async def posted(run, path, document, **headers):
    body = json.dumps(document).encode()
    signed = {"X-Hub-Signature-256": sign_body(body, SECRET), **headers}
    await run.post(path, body, signed)


@pytest_twisted.ensureDeferred
async def test_events_of_every_source_reach_their_actors(
    run, linear, gateway, receiver, engine, syslog, telemetry
):
    await run.start()
    told = webhook_request(linear.workspace.webhooks[0], SECRET, round(time.time() * 1000))
    await run.post("/webhook/linear-hooks", told.body, told.headers)
    for form in FORMS:
        await posted(run, "/webhook/form-posts", form)
    ping = {"zen": "Keep it.", "ref": "refs/heads/main"}
    await posted(run, "/webhook/gh", ping, **{"X-GitHub-Event": "push", "X-GitHub-Delivery": "d-1"})
    ended = {"session_id": "s-9", "exit_status": 0, "cwd": "/work"}
    await run.post("/webhook/claude-code", json.dumps(ended).encode())
    await run.post("/webhook/my-agent", json.dumps(ended).encode())
    found = {name: await run.settled(name, count) for name, count in ROUTES.items()}

    states = {name: sorted(one["state"] for one in some) for name, some in found.items()}
    assert states.pop("form-to-receiver") == ["delivered", "dropped", "dropped", "dropped"]
    assert set(map(tuple, states.values())) == {("delivered",)}
    why = {str(one["error"]).partition(":")[0] for one in found["form-to-receiver"]}
    assert why == {"None", "once", "only-asked", "by-hand"}
    (put,) = receiver.requests
    assert (put.method, put.headers["x-team"]) == ("PUT", "platform")
    assert put.headers["authorization"] == "Basic bG9vcDpwYXNz"
    assert put.json() == {
        "text": "form.sent: by hand: water the plants",
        "n": 7,
        "prompt": "Do what is asked.\n",
    }
    woken = {one.body["sessionKey"]: one.body for one in gateway.runs}
    assert len(gateway.runs) == len(woken) == 8
    assert "hook:claude-code:s-9" in woken
    assert {
        "threadId": "pr-1",
        "deliver": True,
        "to": "#reviews",
        "lane": "main",
        "timeoutSeconds": 600,
    }.items() <= woken["hook:github:pr:1"].items()
    assert woken["orgloop:mail:message.received"]["to"] == "#engineering"
    assert engine.containers["worker"].commands[0]["Cmd"] == ["echo", "beat"]
    await run.stop()
    assert {message.facility for message in syslog.messages} == {16}
    assert telemetry.resource["deployment.environment"] == "test"
    phases = {
        json.loads(line)["phase"]
        for line in (run.home / "logs" / "events.log").read_text("utf-8").splitlines()
    }
    assert phases == {"deliver.success"}
