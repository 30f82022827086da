"""What a variable holds, and what is marked secret, is in no file, no answer and no output."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.process import RuntimeProcess

VALUES = {
    "DESCRIPTION": "described-value",
    "SECRET": "signing-value",
    "URL": "http://127.0.0.1:9/in/address-value",
    "PROGRAM": "program-value",
    "WORD": "filter-value",
    "PROMPT": "prompt-value",
}
PROJECT = """\
apiVersion: orgloop/v1alpha1
kind: Project
metadata: {name: org, description: "${DESCRIPTION}"}
sources:
  - {id: hook, connector: webhook, description: "of ${DESCRIPTION}", config: {secret: "${SECRET}"}}
  - {id: feed, connector: ./feed.py, poll: {interval: 50ms}, config: {token: written-token}}
actors:
  - id: away
    connector: webhook
    config: {url: "${URL}", headers: {X-Key: written-header}}
    delivery: {retry: {max_attempts: 1}}
  - {id: gone, connector: command, config: {command: ["./${PROGRAM}"]}}
transforms:
  - {name: loud, package: filter, config: {jq: 'error("${SECRET}")'}}
routes:
  - name: all
    when: {source: hook, filter: {payload.kind: ["${WORD}", other]}}
    then: {actor: away, config: {key: "${SECRET}"}}
    with: {prompt_file: "${PROMPT}.md"}
  - name: loud
    when: {source: hook}
    transforms: [{ref: loud, on_error: halt}]
    then: {actor: away}
loggers:
  - {name: file, type: file, config: {path: "~/.orgloop/logs/entries.log"}}
  - {name: console, type: console, config: {level: debug, show_payload: true}}
"""
FEED = """\
from attrs import field, frozen
from zope.interface import implementer

from orgloop.sdk import IPollingSource, PluginContext, Registration, option


@frozen(kw_only=True)
class Options:
    token: str = option("A token.", secret=True)


@implementer(IPollingSource)
@frozen
class Feed:
    options: Options
    context: PluginContext = field(repr=False)

    async def start(self):
        pass

    async def stop(self):
        pass

    async def poll(self, checkpoint):
        raise RuntimeError(f"401 for {self.options.token}")


registration = Registration(id="feed", source=Feed, config=Options)
"""


@pytest.fixture
def runtime(tmp_path: Path) -> Iterator[RuntimeProcess]:
    project = tmp_path / "org"
    project.mkdir()
    (project / "orgloop.yaml").write_text(PROJECT)
    (project / "feed.py").write_text(FEED)
    running = RuntimeProcess(project, tmp_path / "home", **VALUES).start()
    yield running
    running.stop()


def _everything_shown(runtime: RuntimeProcess) -> dict[str, str]:
    paths = ["status", "sources", "actors", "routes", "events", "deliveries", "metrics"]
    shown = {f"/api/{path}": runtime.request("GET", f"/api/{path}")[1].decode() for path in paths}
    runtime.stop()
    # the queue is not shown: it holds what is sent, which is fixed before the first attempt
    queue = runtime.home / "data" / "queue"
    files = [file for file in runtime.home.rglob("*") if file.is_file() and file.parent != queue]
    shown |= {str(file): file.read_bytes().decode("latin-1") for file in files}
    return shown | {"standard error": "".join(runtime.lines)}


def test_nothing_shows_a_secret(runtime: RuntimeProcess) -> None:
    body = json.dumps({"kind": "other"}).encode()
    status, _ = runtime.request("POST", "/webhook/hook", body)
    assert status == 200
    for _ in range(2000):
        states = [one["state"] for one in runtime.get("/api/deliveries")]
        if states == ["dead", "dead"] and runtime.get("/api/sources")[1]["error_count"]:
            break
    errors = [one["error"] for one in runtime.get("/api/deliveries")]
    shown = _everything_shown(runtime)

    assert any(error.startswith("loud failed: ") and "***" in error for error in errors), errors
    assert "401 for ***" in shown["/api/sources"]
    hidden = [*VALUES.values(), "written-token", "written-header"]
    assert [(value, where) for value in hidden for where in shown if value in shown[where]] == []
