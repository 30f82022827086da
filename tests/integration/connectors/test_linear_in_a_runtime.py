"""A real runtime reports what happens in Linear, once, although it is killed meanwhile."""

import time
from pathlib import Path

import pytest
import pytest_twisted
from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.threads import deferToThread

from orgloop.sdk.http import HTTPClient
from orgloop.testing.httpserver import ScriptedHTTPServer
from orgloop.testing.linear import LinearServer, Workspace, webhook_request
from support.process import RuntimeProcess

PROJECT = """\
apiVersion: orgloop/v1alpha1
kind: Project
metadata: {{name: org}}
sources:
  - id: polled
    connector: "@orgloop/connector-linear"
    config: {{team: eng, api_key: "${{LINEAR_API_KEY}}", api_url: "{linear}"}}
    poll: {{interval: 100ms}}
  - id: posted
    connector: linear-webhook
    config: {{team: eng, secret: "${{LINEAR_WEBHOOK_SECRET}}"}}
actors:
  - {{id: sink, connector: webhook, config: {{url: "{sink}"}}}}
routes:
  - {{name: polled, when: {{source: polled}}, then: {{actor: sink}}}}
  - {{name: posted, when: {{source: posted}}, then: {{actor: sink}}}}
"""


def now_ms() -> int:
    return time.time_ns() // 1_000_000


@pytest.fixture
def linear():
    server = LinearServer(Workspace(now_ms=now_ms()))
    server.start(reactor)
    yield server
    pytest_twisted.blockon(Deferred.fromCoroutine(server.stop()))


@pytest.fixture
def sink():
    server = ScriptedHTTPServer()
    server.start(reactor)
    yield server
    pytest_twisted.blockon(Deferred.fromCoroutine(server.stop()))


@pytest.fixture
def runtime(linear, sink, tmp_path: Path):
    project = tmp_path / "project"
    project.mkdir()
    text = PROJECT.format(linear=linear.url("/graphql"), sink=sink.url())
    (project / "orgloop.yaml").write_text(text)
    variables = {"LINEAR_API_KEY": "lin_api_test", "LINEAR_WEBHOOK_SECRET": "lin_wh_test"}
    runtime = RuntimeProcess(project, tmp_path / "home", **variables)
    yield runtime
    runtime.stop()


def events(sink: ScriptedHTTPServer) -> dict[str, dict]:
    """Return the events that were delivered, by id: a delivery may be made again after a kill."""
    told = [request.json()["event"] for request in sink.requests]
    return {event["id"]: event for event in told}


async def delivered(sink: ScriptedHTTPServer, count: int) -> None:
    while len(events(sink)) < count:
        await sink.received(len(sink.requests) + 1)


@pytest_twisted.ensureDeferred
async def test_what_happens_reaches_the_actor_once(linear, sink, runtime):
    space = linear.workspace
    issue = space.create_issue("It breaks")
    await deferToThread(runtime.start)
    await delivered(sink, 1)
    runtime.kill()
    space.now_ms = now_ms()
    space.update_issue(issue, state="Done")
    await deferToThread(runtime.start)
    await delivered(sink, 2)

    client = HTTPClient(reactor)
    answers = []
    for payload in (*space.webhooks, *space.webhooks, {**space.webhooks[0], "type": "Project"}):
        sent = webhook_request(payload, "lin_wh_test", now_ms())
        url = f"http://127.0.0.1:{runtime.port}/webhook/posted"
        answers.append(await client.request("POST", url, headers=sent.headers, body=sent.body))
    await delivered(sink, 4)
    stale = webhook_request(space.webhooks[0], "lin_wh_test", now_ms() - 61_000)
    refused = await client.request("POST", url, headers=stale.headers, body=stale.body)
    await client.close()
    runtime.stop()

    assert [answer.json()["duplicate"] for answer in answers] == [False, False, True, True, False]
    assert refused.status == 401
    told = [(e["source"], e["provenance"]["platform_event"], e) for e in events(sink).values()]
    assert sorted(one[:2] for one in told) == [
        ("polled", "issue.created"),
        ("polled", "issue.state_changed"),
        ("posted", "issue.created"),
        ("posted", "issue.state_changed"),
    ]
    by_name = {one[:2]: one[2] for one in told}
    for kind in ("issue.created", "issue.state_changed"):
        polled, posted = by_name["polled", kind], by_name["posted", kind]
        assert polled["payload"] == posted["payload"]
        assert polled["provenance"] == posted["provenance"]
