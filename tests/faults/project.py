"""The project under test, and what must be true of each of its routes."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

from attrs import frozen

MAX_ATTEMPTS = 8
FAILURE_THRESHOLD = 5
TIMEOUT_SECONDS = 2.0
LONGEST_RUN_SECONDS = 5.0
"""The command's time-out."""
EXPECT_STOP_SECONDS = 3.0
BATCH_MAX = 5
LONGEST_WAIT_SECONDS = 2.0
"""The longest that a debounced or batched delivery waits for others."""
KEYS = 5

_PROJECT = """\
apiVersion: orgloop/v1alpha1
kind: Project
metadata: {{name: faults}}
defaults: {{log_level: info}}
sources:
  - {{id: hook, connector: webhook}}
actors:
{actors}
  - id: agent
    connector: command
    config:
      command: [/bin/sh, {script}]
      env: {{AGENT_MOOD: {mood}, AGENT_SEEN: {seen}}}
    delivery: {{concurrency: 2, timeout: 5s, {common}}}
transforms:
  - {{name: no-noise, type: package, package: filter, config: {{exclude: {{payload.kind: noise}}}}}}
  - {{name: once, type: package, package: dedup, config: {{key: [payload.twin], window: 30d}}}}
  - {{name: slow, type: script, script: {transform}}}
routes:
  - name: any
    when: {{source: hook}}
    transforms: [{{ref: no-noise}}]
    then: {{actor: any}}
  - name: keyed
    when: {{source: hook}}
    transforms: [{{ref: no-noise}}, {{ref: once}}]
    then: {{actor: keyed, delivery: {{order_by: "{{{{payload.key}}}}"}}}}
  - name: line
    when: {{source: hook}}
    then: {{actor: line}}
  - name: quiet
    when: {{source: hook}}
    then:
      actor: quiet
      delivery: {{order_by: "{{{{payload.key}}}}", debounce: {{quiet: 300ms, max: 2s}}}}
  - name: bulk
    when: {{source: hook}}
    then: {{actor: bulk, delivery: {{batch: {{max: 5, every: 500ms}}}}}}
  - name: scripted
    when: {{source: hook, filter: {{payload.kind: [special]}}}}
    transforms: [{{ref: slow}}]
    then: {{actor: keyed, delivery: {{order_by: "{{{{payload.key}}}}"}}}}
  - name: agent
    when: {{source: hook, filter: {{payload.kind: [special]}}}}
    then: {{actor: agent}}
  - name: tracked
    when: {{source: hook, filter: {{payload.kind: [special]}}}}
    then: {{actor: tracked, delivery: {{expect_stop: 3s}}}}
  - name: stops
    when: {{source: tracked, events: [actor.stopped]}}
    then: {{actor: any}}
"""
_ACTOR = """\
  - id: {name}
    connector: webhook
    config: {{url: "http://127.0.0.1:{port}/"}}
    delivery: {{concurrency: {concurrency}, timeout: 2s, {common}}}
"""
_COMMON = (
    "retry: {max_attempts: 8, initial_delay: 50ms, max_delay: 400ms}, "
    "circuit_breaker: {failure_threshold: 5, cooldown: 200ms}"
)
HTTP_ACTORS = {"any": 4, "keyed": 4, "line": 1, "quiet": 2, "bulk": 2, "tracked": 4}
"""The HTTP actors and their concurrency."""

# The limit on the size of files that a fault may set is the runtime's alone.
_AGENT = """\
#!/bin/sh
ulimit -S -f unlimited
body=$(cat)
case "$body" in *'"poison":true'*) exit 1;; esac
read -r mood < "$AGENT_MOOD"
case "$mood" in
fail) exit 1;;
hang) exec sleep 60;;
esac
read -r uptime rest < /proc/uptime
echo "$uptime $ORGLOOP_DELIVERY_ID $ORGLOOP_ATTEMPT $ORGLOOP_EVENT_ID" >> "$AGENT_SEEN"
"""
# A script transform: what it prints is the event that goes on.
_TRANSFORM = "#!/bin/sh\nulimit -S -f unlimited\nexec cat\n"


@frozen
class Rule:
    """What one route makes of events."""

    special_only: bool = False
    drops_noise: bool = False
    drops_twins: bool = False
    ordered_by: str | None = None
    """``key``: in order per key; ``route``: in order altogether."""
    gathers: str | None = None
    """``debounce`` or ``batch``."""


ROUTES: Mapping[str, Rule] = {
    "any": Rule(drops_noise=True),
    "keyed": Rule(drops_noise=True, drops_twins=True, ordered_by="key"),
    "line": Rule(ordered_by="route"),
    "quiet": Rule(gathers="debounce"),
    "bulk": Rule(gathers="batch"),
    "scripted": Rule(special_only=True, ordered_by="key"),
    "agent": Rule(special_only=True),
    "tracked": Rule(special_only=True),
}
"""The routes that take the webhooks."""


def write_project(directory: Path, ports: Mapping[str, int]) -> Path:
    """Write the project and the programs it runs; return its file."""
    directory.mkdir(parents=True, exist_ok=True)
    script = _program(directory / "agent.sh", _AGENT)
    transform = _program(directory / "transform.sh", _TRANSFORM)
    set_agent_mood(directory, "well")
    (directory / "seen").touch()
    actors = "".join(
        _ACTOR.format(name=name, port=ports[name], concurrency=concurrency, common=_COMMON)
        for name, concurrency in HTTP_ACTORS.items()
    )
    file = directory / "orgloop.yaml"
    file.write_text(
        _PROJECT.format(
            actors=actors,
            common=_COMMON,
            script=script,
            transform=transform,
            mood=directory / "mood",
            seen=directory / "seen",
            python=sys.executable,
        )
    )
    return file


def set_agent_mood(directory: Path, mood: str) -> None:
    """Say how the command fares from now on: ``well``, ``fail`` or ``hang``."""
    fresh = directory / "mood.new"
    fresh.write_text(f"{mood}\n")
    fresh.replace(directory / "mood")


def _program(file: Path, text: str) -> Path:
    file.write_text(text)
    file.chmod(0o755)
    return file
