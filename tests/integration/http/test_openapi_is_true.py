"""A running instance answers as its own OpenAPI document says, whatever it is asked."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from support.process import RuntimeProcess
from support.waiting import until

PROJECT = """\
apiVersion: orgloop/v1alpha1
kind: Project
metadata: {name: house}
sources:
  - {id: hook, connector: webhook}
  - {id: clock, connector: cron, config: {schedules: [{name: daily, cron: "0 9 * * *"}]}}
actors:
  - {id: works, connector: command, config: {command: ["true"]}}
  - id: fails
    connector: command
    config: {command: ["false"]}
    delivery: {retry: {max_attempts: 1}}
routes:
  - {name: good, when: {source: hook, filter: {payload.n: 1}}, then: {actor: works}}
  - {name: bad, when: {source: hook}, then: {actor: fails}}
  - name: parked
    when: {source: hook}
    then: {actor: works, config: {inbox: true, session_key: desk}}
"""
PATHS = [
    "/health/live", "/health/ready", "/control/status", "/control/module/list",
    "/control/module/status/house", "/api/status", "/api/sources", "/api/actors", "/api/routes",
    "/api/events", "/api/queue", "/api/deliveries", "/api/audit", "/api/inbox/list",
    "/api/inbox/status", "/api/inbox/status?session_key=desk", "/api/inbox/drain?session_key=desk",
    "/api/checkpoints", "/api/doctor", "/api/openapi.json",
]  # fmt: skip
# More by hand, as in ORGLOOP_SCHEMATHESIS_EXAMPLES=200; that takes minutes.
EXAMPLES = os.environ.get("ORGLOOP_SCHEMATHESIS_EXAMPLES", "2")
CHECKS = (
    "not_a_server_error,status_code_conformance,content_type_conformance,"
    "response_schema_conformance"
)
# What has no end, and what would end what is tested or the key it is tested with.
LEFT_OUT = "/api/stream|/control/shutdown|/control/token/rotate|/api/doctor"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    directory = tmp_path / "project"
    directory.mkdir()
    (directory / "orgloop.yaml").write_text(PROJECT, "utf-8")
    return directory


@pytest.fixture
def busy(runtime: RuntimeProcess) -> RuntimeProcess:
    """A runtime with something to show in every list."""
    runtime.start()
    runtime.request("PUT", "/api/checkpoints/clock", b'{"checkpoint": "2026-01-31T08:00:00.000Z"}')
    for number in range(3):
        runtime.request("POST", "/webhook/hook", json.dumps({"n": number}).encode())
    until(lambda: outcomes(runtime) >= {"delivered", "dead"}, "one delivery of each end")
    return runtime


def outcomes(runtime: RuntimeProcess) -> set[str]:
    return {entry["outcome"] for entry in runtime.get("/api/audit")}


def check(document: dict[str, Any], path: str, template: str, runtime: RuntimeProcess) -> Any:
    status, body = runtime.request("GET", path)
    told = document["paths"][template]["get"]["responses"][str(status)]
    schema = {**told["content"]["application/json"]["schema"], "components": document["components"]}
    answer = json.loads(body)
    jsonschema.Draft202012Validator(schema).validate(answer)
    assert status == 200
    return answer


def test_what_there_is_to_show_has_the_declared_shape(busy: RuntimeProcess) -> None:
    document = busy.get("/api/openapi.json")

    for path in PATHS:
        template = path.partition("?")[0].replace("status/house", "status/{name}")
        assert check(document, path, template, busy)
    for row in busy.get("/api/events"):
        check(document, f"/api/events/{row['event_id']}", "/api/events/{event_id}", busy)
    for row in busy.get("/api/deliveries"):
        check(document, f"/api/deliveries/{row['id']}", "/api/deliveries/{delivery_id}", busy)


@pytest.mark.slow
def test_nothing_that_is_asked_fails_or_is_answered_in_another_way(
    busy: RuntimeProcess, tmp_path: Path
) -> None:
    run = subprocess.run(
        [
            sys.executable, "-c", "from schemathesis.cli import schemathesis; schemathesis()",
            "run", f"http://127.0.0.1:{busy.port}/api/openapi.json",
            "--header", f"Authorization: Bearer {busy.token}",
            "--checks", CHECKS,
            "--phases", "coverage,fuzzing,stateful",
            "--max-examples", EXAMPLES,
            "--exclude-path-regex", LEFT_OUT,
            "--generation-database", "none",
            "--no-color",
        ],
        cwd=tmp_path,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )  # fmt: skip

    assert run.returncode == 0, run.stdout + run.stderr
    assert busy.get("/api/status")["running"] is True
