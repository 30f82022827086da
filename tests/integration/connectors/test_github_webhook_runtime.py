"""A whole runtime takes what GitHub delivers, fetches what it could not, and waits for edits."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from orgloop.sdk.signatures import sign_body
from orgloop.testing.github import Delivery, FakeGitHub, RepositoryModel
from orgloop.testing.github.hooks import FakeHooks, hook_document
from support.process import RuntimeProcess, SinkProcess, sink
from support.world import done

SECRET = "s3cret"
PROJECT = """\
apiVersion: orgloop/v1alpha1
kind: Project
metadata: {{name: shop}}
sources:
  - id: github
    connector: "@orgloop/connector-github-webhook"
    config:
      secret: {secret}
      token: ghp_stand_in
      repo_owner: acme
      repo_name: shop
      reconciliation_interval_ms: 300000
      api_url: "http://127.0.0.1:{api_port}"
actors:
  - {{id: desk, connector: webhook, config: {{url: "http://127.0.0.1:{sink_port}/"}}}}
routes:
  - {{name: all, when: {{source: github}}, then: {{actor: desk}}}}
"""


@pytest.fixture
def github() -> FakeGitHub:
    return FakeGitHub()


@pytest.fixture
def shop(github: FakeGitHub) -> RepositoryModel:
    return github.repository("acme/shop")


@pytest.fixture
def hooks(github: FakeGitHub, shop: RepositoryModel) -> FakeHooks:
    ours = {1: hook_document("https://acme.example/webhook/github")}
    return FakeHooks(beyond=github.client(), now_ms=shop.now_ms, hooks=ours)


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: runtimes are killed here while they ask."""


@pytest.fixture
def api_port(hooks: FakeHooks) -> Iterator[int]:
    """The stand-in on a socket, answered by threads: the test itself waits for processes."""

    class Side(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            url = f"http://{self.headers['host']}{self.path}"
            found = done(hooks.request(self.command, url, headers=dict(self.headers), body=body))
            self.send_response_only(found.status)  # the time is the stand-in's
            for name, value in {**found.headers, "content-length": str(len(found.body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(found.body)

        do_GET = do_POST = _answer

        def log_message(self, *arguments: Any) -> None:
            pass

    with Server(("127.0.0.1", 0), Side) as server:
        serving = threading.Thread(target=server.serve_forever, daemon=True)
        serving.start()
        yield server.server_address[1]
        server.shutdown()
        serving.join()


@pytest.fixture
def desk() -> Iterator[SinkProcess]:
    with sink(keeps_bodies=True) as running:
        yield running


@pytest.fixture
def runtime(
    project: Path, home: Path, api_port: int, desk: SinkProcess
) -> Iterator[RuntimeProcess]:
    written = PROJECT.format(secret=SECRET, api_port=api_port, sink_port=desk.port)
    (project / "orgloop.yaml").write_text(written, "utf-8")
    process = RuntimeProcess(project, home)
    yield process
    process.stop()


def deliver(runtime: RuntimeProcess, delivery: Delivery, secret: str = SECRET) -> dict[str, Any]:
    body = json.dumps(delivery.payload).encode()
    headers = {
        "Content-Type": "application/json",
        "Authorization": "",
        "X-GitHub-Event": delivery.event,
        "X-GitHub-Delivery": delivery.id,
        "X-Hub-Signature-256": sign_body(body, secret),
    }
    status, answer = runtime.request("POST", "/webhook/github", body, headers)
    return {"status": status, **json.loads(answer)}


def seen(desk: SinkProcess) -> list[dict[str, Any]]:
    """Return the events that arrived, each with its payload."""
    return [json.loads(one[3])["event"] for one in desk.arrivals()]


def test_a_placeholder_waits_over_a_kill_and_gives_way_to_the_answer(
    runtime: RuntimeProcess, desk: SinkProcess, shop: RepositoryModel
) -> None:
    comment = shop.comment(shop.open_issue(), "Working on it …", author="helper[bot]")
    opened, placeholder = shop.deliveries
    runtime.start()
    [first] = deliver(runtime, placeholder)["event_ids"]
    runtime.kill()
    shop.advance(1)
    shop.edit_comment(comment, "Done: it was the gutter")
    runtime.start()
    [second] = deliver(runtime, shop.deliveries[-1])["event_ids"]
    deliver(runtime, opened)
    desk.wait_for(1)

    states = {one["event_id"]: one["state"] for one in runtime.get("/api/deliveries")}
    assert (states[first], states[second]) == ("merged", "waiting")
    [arrived] = seen(desk)
    assert arrived["provenance"]["platform_event"] == "issues.opened"


def test_what_was_not_delivered_is_there_after_a_start_and_not_twice(
    runtime: RuntimeProcess, desk: SinkProcess, shop: RepositoryModel, hooks: FakeHooks
) -> None:
    shop.comment(shop.open_issue(), "It rains in")
    opened, said = shop.deliveries
    hooks.tried("tried", 502, event="star", payload={"action": "created"})
    hooks.tried(opened.id, 502, event=opened.event, payload=opened.payload)
    runtime.start()
    desk.wait_for(3)

    assert deliver(runtime, said)["duplicate"]
    assert deliver(runtime, opened)["duplicate"]
    status, answer = runtime.request("POST", "/api/sources/github/poll")
    assert (status, json.loads(answer)["events_created"]) == (200, 0)
    kinds = {one["provenance"]["platform_event"] for one in seen(desk)}
    assert kinds == {"star.created", "issues.opened", "issue_comment"}
    assert len(desk.arrivals()) == 3


def test_who_does_not_know_the_secret_is_refused(
    runtime: RuntimeProcess, shop: RepositoryModel
) -> None:
    shop.open_issue()
    [opened] = shop.deliveries
    runtime.start()

    assert deliver(runtime, opened, secret="guessed")["status"] == 401
    ping = Delivery("ping", {"zen": "Keep it simple.", "hook_id": 1}, "p-1")
    answer = deliver(runtime, ping)
    assert (answer["status"], answer["event_ids"]) == (200, [])
