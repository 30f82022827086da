"""What ``--json`` prints has the shape that the page says, with and without a runtime."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from orgloop.cli.invocation import Invocation
from orgloop.cli.main import orgloop as command_line
from support.process import RuntimeProcess
from support.shapes import differences, listed

PARTS = """\
sources: [{id: desk, connector: webhook, config: {secret: "${DESK_SECRET:-hush}"}}]
actors:
  - id: picky
    connector: command
    config: {command: ["false"]}
    delivery: {retry: {max_attempts: 1}, circuit_breaker: {failure_threshold: 1000}}
  - {id: idle, connector: command, config: {command: [cat]}}
routes:
  - {name: tickets, when: {source: desk}, then: {actor: picky}}
"""
FROM_API = {
    "events": "/api/events?limit=20",
    "trace {event}": "/api/events/{event}",
    "dlq list": "/api/deliveries?state=dead,rejected",
    "dlq show {letter}": "/api/deliveries/{letter}",
    "queue": "/api/deliveries?state=matched,waiting,delivering,held,inbox",
    "audit": "/api/audit",
    "inbox list": "/api/inbox/list",
    "inbox status": "/api/inbox/status",
    "status": "/api/status",
}


def test_every_answer_has_the_shape_on_the_page(
    project: Path, home: Path, runtime: RuntimeProcess, tmp_path: Path
) -> None:
    with (project / "orgloop.yaml").open("a", encoding="utf-8") as file:
        file.write(PARTS)
    environ = {"ORGLOOP_HOME": str(home), "HOME": str(tmp_path), "PATH": "/usr/bin:/bin"}
    shapes = listed()

    def ask(words: str) -> Any:
        arguments = [*words.split(), "--json", "-c", str(project)]
        done = CliRunner().invoke(command_line, arguments, obj=Invocation(environ))
        assert done.stdout, done.stderr or done.exception
        return json.loads(done.stdout)

    def check(words: str, name: str = "") -> None:
        known = shapes[name or words]
        answer = ask(words)
        wrong = [differences(answer, shape) for shape in known]
        assert [] in wrong, (words, wrong)

    for words in ("validate", "env", "env check", "routes", "plan", "version", "stop", "status"):
        check(words)
    check("add logger tally", "add")
    for kind, name in (("source", "desk"), ("actor", "picky"), ("route", "tickets")):
        check(f"inspect {kind} {name}", f"inspect {kind}")
    check("install-service --print", "install-service")
    check("install-service")
    check("hook install codex", "hook install")
    check("hook uninstall codex", "hook uninstall")
    check("checkpoint set desk 42", "checkpoint set")
    for words in ("checkpoint list", "data check", "data repair"):
        check(words)
    check("checkpoint show desk", "checkpoint show")
    check("checkpoint reset desk", "checkpoint reset")

    runtime.start()
    event = ask("emit --source desk --type resource.changed")["event_id"]
    while runtime.get("/api/status")["deliveries"]["dead"] != 1:
        pass
    [letter] = ask("dlq list")

    for words, path in FROM_API.items():
        names = {"event": event, "letter": letter["id"]}
        told, served = ask(words.format(**names)), runtime.get(path.format(**names))
        if words == "status":
            told, served = told.keys(), served.keys()
        assert told == served, words
    check("inspect actor picky", "inspect actor")
    check(f"replay {event} --dry-run", "replay")
    check("inbox drain --key nobody", "inbox drain")
    check(f"dlq retry {letter['id']}", "dlq retry")
    for words in ("token", "token rotate", "ui", "data stats", "data check"):
        check(words)
    check(f"data backup {tmp_path / 'backup'}", "data backup")
    check("stop")
    runtime.wait()
    check(f"data restore {tmp_path / 'backup'} --home {tmp_path / 'other'}", "data restore")
