"""A runtime tells receivers on the network what became of an event, and stops in time without."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest_twisted
from twisted.internet import reactor
from twisted.internet.threads import deferToThread

from orgloop.testing.httpserver import ScriptedHTTPServer
from orgloop.testing.otlp import OTLPStandIn, values
from orgloop.testing.syslog import SyslogStandIn
from support.process import RuntimeProcess

PROJECT = """\
apiVersion: orgloop/v1alpha1
kind: Project
metadata: {{name: org}}
sources:
  - {{id: hook, connector: webhook}}
actors:
  - {{id: agent, connector: webhook, config: {{url: "{agent}"}}}}
transforms:
  - {{name: stamp, type: package, package: enrich, config: {{set: {{payload.seen: true}}}}}}
routes:
  - name: all
    when: {{source: hook, events: [resource.changed]}}
    transforms: [{{ref: stamp}}]
    then: {{actor: agent}}
loggers:
  - {{name: telemetry, type: otel, config: {{endpoint: "{otlp}"}}}}
  - {{name: central, type: "@orgloop/logger-syslog", config: {{transport: tcp, port: {syslog}}}}}
  - {{name: far, type: webhook, config: {{url: "{far}", batch: {{interval: 1h}}}}}}
  - {{name: gone, type: webhook, config: {{url: "http://127.0.0.1:1/"}}}}
"""


@pytest_twisted.ensureDeferred
async def test_an_event_is_told_of_from_beginning_to_end(tmp_path: Path) -> None:
    agent, far, otlp, syslog = (
        ScriptedHTTPServer(),
        ScriptedHTTPServer(),
        OTLPStandIn(),
        SyslogStandIn("tcp"),
    )
    servers: list[Any] = [agent, far, otlp, syslog]
    for server in servers:
        server.start(reactor)
    written = PROJECT.format(
        agent=agent.url(), far=far.url(), otlp=otlp.endpoint, syslog=syslog.port
    )
    (tmp_path / "orgloop.yaml").write_text(written)
    runtime = RuntimeProcess(tmp_path / "orgloop.yaml", tmp_path / "home")

    await deferToThread(runtime.start)
    try:
        status, _ = await deferToThread(runtime.request, "POST", "/webhook/hook", b"{}")
        await agent.received(1)
        await _told(syslog, "deliver.success")
    finally:
        await deferToThread(runtime.stop)

    assert status in (200, 202)
    (root,) = otlp.named("event.pipeline")
    assert values(root.attributes)["orgloop.is_over"] is True
    children = [span for span in otlp.spans if span.parent_span_id == root.span_id]
    assert {span.name for span in children} == {"route.match", "transform.stamp", "deliver.agent"}
    assert {span.trace_id for span in otlp.spans} == {root.trace_id}
    phases = [entry["phase"] for request in far.requests for entry in request.json()]
    assert {"source.emit", "deliver.success", "runtime.stop"} <= set(phases)
    assert syslog.garbage == []
    said = "".join(runtime.lines)
    assert "logger gone cannot send" in said
    assert "logger gone lost" in said
    for server in servers:
        await server.stop()


async def _told(syslog: SyslogStandIn, phase: str) -> None:
    while phase not in {message.message_id for message in syslog.messages}:
        await syslog.received(len(syslog.messages) + 1)
