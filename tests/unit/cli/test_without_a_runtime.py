"""What can be asked of a project, and done to checkpoints, while nothing runs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from orgloop.cli.failing import Exit
from orgloop.cli.invocation import Invocation
from orgloop.cli.main import orgloop
from orgloop.storage.home import Home
from orgloop.storage.lock import HomeLock, LockHolder

PROJECT = """\
apiVersion: orgloop/v1alpha1
kind: Project
metadata: {name: org}
sources:
  - {id: hook, connector: webhook, config: {secret: "${HOOK_SECRET}"}}
actors:
  - id: agent
    connector: webhook
    config: {url: "http://127.0.0.1:1/"}
    delivery: {max_rate: 30/m}
routes:
  - name: all
    when: {source: hook}
    then:
      actor: agent
      delivery: {retry: {max_attempts: 3}, order_by: "{{payload.n}}"}
  - name: few
    when: {source: hook, filter: {payload.kind: few}}
    then:
      actor: agent
      config: {inbox: true, session_key: "{{payload.kind}}", inbox_ttl: 2h}
      delivery: {concurrency: 1, retry: {backoff: exponential}}
"""


@pytest.fixture
def run(tmp_path: Path) -> Any:
    (tmp_path / "orgloop.yaml").write_text(PROJECT, "utf-8")
    environ = {"ORGLOOP_HOME": str(tmp_path / "home"), "HOOK_SECRET": "swordfish"}

    def run_it(*arguments: str, project: Path = tmp_path) -> Result:
        command = [*arguments, "-c", str(project)]
        return CliRunner().invoke(orgloop, command, obj=Invocation(environ))

    return run_it


def settings(result: Result) -> dict[str, tuple[Any, str]]:
    rows = json.loads(result.stdout)["delivery"]
    return {row["setting"]: (row["value"], row["from"]) for row in rows}


def test_the_effective_settings_of_a_route_say_where_they_come_from(run: Any) -> None:
    found = settings(run("inspect", "route", "all", "--json"))

    assert found["retry.max_attempts"] == (3, "route")
    assert found["max_rate"] == ("30/m", "actor")
    assert found["concurrency"] == (1, "route few")
    assert found["retry.backoff"] == ("exponential", "default")
    assert found["timeout"] == ("30s", "default")
    assert found["debounce"] == (None, "default")


def test_a_route_is_shown_with_all_that_holds_for_its_inbox(run: Any) -> None:
    inbox = json.loads(run("inspect", "route", "few", "--json").stdout)["inbox"]

    assert inbox == {
        "session_key": "{{payload.kind}}",
        "inbox_ttl": "2h",
        "inbox_max_batch": 50,
    }
    assert json.loads(run("inspect", "route", "all", "--json").stdout)["inbox"] is None


def test_an_actor_is_shown_with_what_reaches_it(run: Any) -> None:
    result = run("inspect", "actor", "agent", "--json")

    shown = json.loads(result.stdout)
    assert shown["reached_by"] == ["all", "few"]
    assert shown["live"] is None
    assert settings(result)["retry.max_attempts"] == (10, "default")
    assert settings(result)["concurrency"] == (1, "route few")


def test_a_source_is_shown_without_its_secret(run: Any) -> None:
    result = run("inspect", "source", "hook")

    assert result.exit_code == 0
    assert "***" in result.stdout
    assert "swordfish" not in result.stdout


def test_what_the_project_does_not_have_is_answered_with_what_it_has(run: Any) -> None:
    result = run("inspect", "route", "none")

    assert result.exit_code == Exit.FAILED
    assert "all, few" in result.stderr


def test_without_a_project_there_is_nothing_to_inspect(run: Any, tmp_path: Path) -> None:
    result = run("inspect", "route", "all", project=tmp_path / "nowhere")

    assert result.exit_code == Exit.INVALID_PROJECT
    assert "orgloop init" in result.stderr


def test_checkpoints_are_set_shown_and_reset_in_their_files(run: Any, tmp_path: Path) -> None:
    assert run("checkpoint", "list").stdout == ""
    assert run("checkpoint", "set", "hook", "42").exit_code == 0

    [row] = json.loads(run("checkpoint", "list", "--json").stdout)
    assert (row["source"], row["project"], row["checkpoint"]) == ("hook", "org", "42")
    assert run("checkpoint", "show", "hook").stdout == "42\n"
    file = tmp_path / "home" / "data" / "checkpoints" / "org" / "hook.json"
    assert json.loads(file.read_text())["checkpoint"] == "42"

    reset = json.loads(run("checkpoint", "reset", "hook", "--json").stdout)
    assert reset == {"source": "hook", "existed": True}
    assert not file.exists()
    assert run("checkpoint", "show", "hook").exit_code == Exit.FAILED


@pytest.mark.parametrize("verb", [("set", "none", "7"), ("reset", "none")])
def test_a_source_that_the_project_does_not_have_has_no_checkpoint(
    run: Any, verb: tuple[str, ...]
) -> None:
    result = run("checkpoint", *verb)

    assert result.exit_code == Exit.FAILED
    assert "its sources: hook" in result.stderr


def test_a_project_may_be_named_instead_of_found(run: Any, tmp_path: Path) -> None:
    nowhere = tmp_path / "nowhere"

    result = run("checkpoint", "set", "any", "7", "--project", "gone", project=nowhere)

    assert result.exit_code == 0
    [row] = json.loads(run("checkpoint", "list", "--project", "gone", "--json").stdout)
    assert row["checkpoint"] == "7"


def test_checkpoints_are_left_alone_while_a_runtime_has_the_home(run: Any, tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    home.create()
    lock = HomeLock.acquire(home, LockHolder(pid=1))
    try:
        result = run("checkpoint", "set", "hook", "42")
    finally:
        lock.release()

    assert result.exit_code == Exit.FAILED
    assert "does not listen" in result.stderr
    assert not list(home.checkpoints.rglob("*.json"))
