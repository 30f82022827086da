"""What holds for every command."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from orgloop import __version__
from orgloop.cli import states
from orgloop.cli.failing import Exit
from orgloop.cli.invocation import Invocation
from orgloop.cli.main import COMMANDS, orgloop
from orgloop.cli.output import JSON_VERSION
from orgloop.delivery import OPEN_STATES, UNROUTED, DeliveryState


def run(*arguments: str, environ: dict[str, str] | None = None, text: str = "") -> Result:
    return CliRunner().invoke(orgloop, arguments, obj=Invocation(environ or {}), input=text)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(name: str) -> None:
    result = run(name, "--help")

    assert result.exit_code == Exit.SUCCESS
    assert "Usage: orgloop" in result.output


@pytest.mark.parametrize("arguments", [("version", "--json"), ("--json", "version")])
def test_global_flags_stand_before_or_after_the_command(arguments: tuple[str, ...]) -> None:
    told = {"version": __version__, "json": JSON_VERSION}

    assert run(*arguments).stdout == f"{json.dumps(told, indent=2)}\n"


def test_help_names_every_command_and_imports_none() -> None:
    program = (
        "import sys; from orgloop.cli.main import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: print(sorted(m for m in sys.modules if m.startswith('orgloop')))"
    )

    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, encoding="utf-8", check=True
    )

    assert all(name in done.stdout for name in COMMANDS)
    imported = done.stdout.splitlines()[-1]
    assert "twisted" not in imported
    assert not any(f"orgloop.cli.{name}'" in imported for name in COMMANDS)


def test_a_misspelt_command_is_answered_with_the_near_one() -> None:
    result = run("statsu")

    assert result.exit_code == Exit.USAGE
    assert "did you mean 'status'?" in result.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("status",),
        ("stop",),
        ("shutdown",),
        ("events",),
        ("trace", "evt_1"),
        ("emit", "--source", "s", "--type", "resource.changed"),
        ("queue",),
        ("queue", "discard", "dlv_1"),
        ("dlq", "list"),
        ("dlq", "show", "dlv_1"),
        ("dlq", "retry", "dlv_1"),
        ("dlq", "discard", "--all"),
        ("held", "list"),
        ("held", "release", "dlv_1"),
        ("inbox", "list"),
        ("inbox", "status"),
        ("inbox", "drain", "--key", "k"),
        ("replay", "evt_1"),
        ("replay", "--from", "2h"),
        ("audit",),
        ("audit", "--format", "jsonl"),
    ],
    ids=" ".join,
)
def test_nothing_running_is_exit_code_three(arguments: tuple[str, ...], tmp_path: Path) -> None:
    result = run(*arguments, environ={"ORGLOOP_HOME": str(tmp_path)})

    assert result.exit_code == Exit.NOTHING_RUNS
    assert result.stdout == ""
    assert "orgloop start" in result.stderr


def test_status_says_in_json_that_nothing_runs(tmp_path: Path) -> None:
    result = run("status", "--json", "--home", str(tmp_path))

    assert result.exit_code == Exit.NOTHING_RUNS
    assert result.stdout == '{\n  "running": false\n}\n'


@pytest.mark.parametrize(
    ("arguments", "text", "complaint"),
    [
        (("emit",), "", "--source and --type"),
        (("emit", "--source", "s", "--type", "t", "--payload", "{"), "", "is not JSON"),
        (("emit", "--source", "s", "--type", "t", "--payload", "[]"), "", "no object"),
        (("emit", "--source", "s", "--type", "t", "--payload", '{"a":NaN}'), "", "column 6"),
        (("emit", "--source", "s", "--type", "t", "--payload", "{'caf\udce9'}"), "", "not JSON"),
        (("emit", "-"), "nonsense", "is not JSON"),
        (("stop", "--grace", "soon"), "", "not a duration"),
        (("events", "--limit", "0"), "", "--limit"),
        (("dlq", "retry"), "", "say which dead letters"),
        (("dlq", "discard", "--project", "p"), "", "say which dead letters"),
        (("dlq", "list", "--since", "yesterday"), "", "how long ago it was"),
        (("held", "release"), "", "say which held deliveries"),
        (("queue", "discard"), "", "say which open deliveries"),
        (("queue", "--state", "waiting,dead"), "", "'dead' is none of"),
        (("queue", "--route", "r", "discard", "--all"), "", "filters after 'discard'"),
        (("queue", "--state", "held", "discard", "--all"), "", "filters after 'discard'"),
        (("audit", "--state", "waiting"), "", "'waiting' is none of"),
        (("events", "--state", "dead,lost"), "", "'lost' is none of"),
        (("events", "--from", "yesterday"), "", "how long ago it was"),
        (("events", "--watch"), "", "--watch needs a terminal"),
        (("queue", "--watch"), "", "--watch needs a terminal"),
        (("status", "--watch", "--json"), "", "--watch needs a terminal"),
        (("logs", "--phase", "nonsense"), "", "is no phase"),
        (("completion", "tcsh"), "", "'bash', 'zsh', 'fish'"),
        (("inbox", "drain"), "", "--key"),
        (("inbox", "drain", "--key", "k", "--continuation", "x"), "", "--ack"),
        (("replay",), "", "name events"),
        (("replay", "evt_1", "--from", "2h"), "", "name events"),
        (("replay", "--route", "r"), "", "name events"),
        (("inspect", "logger", "x"), "", "'source', 'actor', 'route'"),
        (("checkpoint", "set", "x"), "", "CHECKPOINT"),
        (("events", "more\x07"), "", r"more\x07"),
        (("emit", "gone\x07"), "", r"gone\x07"),
    ],
)
def test_wrong_usage_is_exit_code_two(
    arguments: tuple[str, ...], text: str, complaint: str, tmp_path: Path
) -> None:
    result = run(*arguments, environ={"ORGLOOP_HOME": str(tmp_path)}, text=text)

    assert result.exit_code == Exit.USAGE
    assert complaint in result.stderr


def test_the_states_on_the_command_line_are_those_there_are() -> None:
    assert set(states.OPEN) == OPEN_STATES
    assert set(states.UNROUTED) == UNROUTED
    assert {*states.OPEN, *states.SETTLED, *states.UNROUTED} == set(DeliveryState)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_documented(name: str) -> None:
    page = Path(__file__).parents[3] / "docs" / "reference" / "cli.md"

    assert f"\n## orgloop {name}\n" in page.read_text("utf-8")
