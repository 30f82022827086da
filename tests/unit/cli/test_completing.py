"""What the shell is offered behind a Tab."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.shell_completion import ShellComplete
from click.testing import CliRunner

from orgloop.cli.failing import Exit
from orgloop.cli.invocation import Invocation
from orgloop.cli.main import COMMANDS, orgloop

PROJECT = """\
metadata: {name: org}
connectors: [connectors/more.yaml, missing.yaml, {sources: [{id: within}]}]
sources: [{id: hook}, {id: "${SOME}"}, {id: "two words"}, nonsense]
actors: [{id: agent}]
routes: [{name: all}]
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "connectors").mkdir()
    (tmp_path / "routes" / "deep").mkdir(parents=True)
    (tmp_path / "orgloop.yaml").write_text(PROJECT, "utf-8")
    (tmp_path / "connectors" / "more.yaml").write_text("sources: [{id: more}]", "utf-8")
    (tmp_path / "routes" / "deep" / "b.yaml").write_text("routes: [{name: also}]", "utf-8")
    (tmp_path / "routes" / "broken.yaml").write_text("routes: [{", "utf-8")
    return tmp_path


def offered(words: str, incomplete: str = "", project: Path = Path("/nowhere")) -> list[str]:
    environ = {"ORGLOOP_CONFIG": str(project), "ORGLOOP_HOME": str(project / "home")}
    completing = ShellComplete(orgloop, {"obj": Invocation(environ)}, "orgloop", "_UNUSED")
    found = completing.get_completions(words.split(), incomplete)
    return [item.value for item in found if item.type == "plain"]


def test_commands_and_flags_are_offered() -> None:
    assert offered("", "st") == [name for name in COMMANDS if name.startswith("st")]
    assert "--phase" in offered("logs", "--")
    assert offered("dlq", "re") == ["retry"]
    assert offered("inspect", "ro") == ["route"]
    assert "slack" in "".join(offered("init --connectors", "github,"))
    assert "deliver.dead" in offered("logs --phase", "source.emit,deliver.d")[0]


def test_names_come_from_all_files_of_the_project(project: Path) -> None:
    assert offered("inspect source", "", project) == ["hook", "within", "more"]
    assert offered("inspect route", "a", project) == ["all", "also"]
    assert offered("events --source", "hook,a", project) == ["hook,agent"]
    assert offered("dlq list --actor", "", project) == ["agent"]
    assert offered("checkpoint show", "m", project) == ["more"]


def test_where_nothing_is_known_nothing_is_offered(project: Path) -> None:
    assert offered("inspect source") == []
    assert offered("trace", "evt", project) == []
    assert offered("dlq retry", "", project) == []


@pytest.mark.parametrize(
    ("words", "begun"),
    [("inspect source", ""), ("trace", ""), ("dlq retry", "d"), ("test --generate", "desk:")],
)
def test_whatever_goes_wrong_offers_nothing_and_says_nothing(
    words: str, begun: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "deep.yaml").write_text("[" * 2000 + "]" * 2000, "utf-8")
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()

    for place in ("~nosuchuser", "a\0b", str(tmp_path / "deep.yaml"), "", "x" * 5000):
        environ = {"ORGLOOP_CONFIG": place, "ORGLOOP_HOME": place}
        completing = ShellComplete(orgloop, {"obj": Invocation(environ)}, "orgloop", "_UNUSED")
        assert completing.get_completions(words.split(), begun) == [], place


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("status -c", "file"),
        ("--home", "dir"),
        ("test --suite", "file"),
        ("test --junit", "file"),
        ("test", "file"),
        ("emit", "file"),
        ("data backup", "dir"),
        ("data restore", "dir"),
    ],
)
def test_paths_are_left_to_the_shell(words: str, kind: str) -> None:
    completing = ShellComplete(orgloop, {"obj": Invocation({})}, "orgloop", "_UNUSED")

    [found] = completing.get_completions(words.split(), "so")

    assert (found.type, found.value) == (kind, "so")


def test_states_are_offered_one_after_the_other() -> None:
    assert offered("queue --state", "held,wa") == ["held,waiting"]
    assert offered("queue --state", "held,h") == []
    assert "delivered" in offered("events --state")


def test_connectors_are_offered_and_then_the_kinds_of_their_events(tmp_path: Path) -> None:
    (tmp_path / "orgloop.yaml").write_text(
        "apiVersion: orgloop/v1alpha1\nkind: Project\nmetadata: {name: org}\n"
        "sources: [{id: desk, connector: webhook}, {id: clock, connector: cron}]\n"
        "actors: [{id: agent, connector: command}]\n",
        "utf-8",
    )

    found = offered("test --generate", project=tmp_path)

    assert found == ["desk", "clock", "agent", "webhook", "cron"]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_has_its_script(shell: str) -> None:
    result = CliRunner().invoke(orgloop, ["completion", shell], obj=Invocation({}))

    assert result.exit_code == Exit.SUCCESS
    assert f"_ORGLOOP_COMPLETE={shell}_complete" in result.stdout
    assert "to keep it" in result.stderr


def test_the_version_is_told_without_a_command_too() -> None:
    result = CliRunner().invoke(orgloop, ["--version"], obj=Invocation({}))

    assert result.stdout == CliRunner().invoke(orgloop, ["version"], obj=Invocation({})).stdout


def test_a_new_route_is_offered_who_can_stand_at_its_ends(project: Path) -> None:
    assert {"hook", "agent"} <= set(offered("add route --source", project=project))
    assert offered("add route --actor", project=project) == ["agent"]


def test_what_a_shell_would_take_apart_is_not_offered(tmp_path: Path) -> None:
    (tmp_path / "orgloop.yaml").write_text(
        'sources: [{id: "a b"}, {id: "$(id)"}, {id: "a,b"}, {id: "\\e[2J"}, {id: plain}]', "utf-8"
    )

    assert offered("events --source", project=tmp_path) == ["plain"]
    assert offered("test --generate", project=tmp_path) == ["a,b", "plain"]
