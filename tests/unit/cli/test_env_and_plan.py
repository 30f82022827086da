"""``env`` and ``plan``: variables that are missing, and what a start would change."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from orgloop.cli.invocation import Invocation
from orgloop.cli.look import when
from orgloop.cli.main import orgloop
from orgloop.config.load import load_project
from orgloop.plugins.catalogue import Catalogue
from orgloop.runtime.state import describe
from orgloop.storage.home import Home
from orgloop.storage.snapshot import write_snapshot

Run = Callable[..., Result]
PROJECT = """\
apiVersion: orgloop/v1alpha1
kind: Project
metadata: {name: org}
sources:
  - {id: hook, connector: webhook, config: {secret: "${HOOK_SECRET}"}}
  - {id: desk, connector: ./desk.py}
actors:
  - {id: agent, connector: webhook, config: {url: "${AGENT_URL:-http://127.0.0.1:1/}"}}
routes:
  - {name: all, when: {source: hook}, then: {actor: agent}}
"""
DESK = """\
from orgloop.sdk import EnvironmentVariable, Registration, Setup

registration = Registration(
    id="desk",
    source=lambda config, context: None,
    setup=Setup(
        variables=(
            EnvironmentVariable("DESK_TOKEN", "A token of the desk", "https://desk.example/t"),
            EnvironmentVariable("DESK_TEAM", "Which team", is_optional=True),
        )
    ),
)
"""
SET = {"HOOK_SECRET": "swordfish", "DESK_TOKEN": "halibut"}


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    (tmp_path / "orgloop.yaml").write_text(PROJECT, "utf-8")
    (tmp_path / "desk.py").write_text(DESK, "utf-8")
    return tmp_path


@pytest.fixture
def run(directory: Path) -> Run:
    def run_it(*arguments: str, **environ: str) -> Result:
        known = {"ORGLOOP_HOME": str(directory / "home"), **environ}
        return CliRunner().invoke(
            orgloop, [*arguments, "-c", str(directory)], obj=Invocation(known)
        )

    return run_it


def variables(result: Result) -> dict[str, str]:
    return {one["name"]: one["status"] for one in json.loads(result.stdout)["variables"]}


def test_every_variable_is_listed_set_or_not(run: Run) -> None:
    assert variables(run("env", "--json", HOOK_SECRET="swordfish")) == {
        "AGENT_URL": "default",
        "DESK_TEAM": "optional",
        "DESK_TOKEN": "missing",
        "HOOK_SECRET": "set",
    }


def test_a_variable_is_told_with_what_for_and_where(run: Run, directory: Path) -> None:
    shown = run("env").stdout

    assert "HOOK_SECRET: NOT SET" in shown
    assert f"source:hook, {directory}/orgloop.yaml:5 sources[0].config.secret" in shown
    assert "A token of the desk" in shown
    assert "get one: https://desk.example/t" in shown


@pytest.mark.parametrize("flags", [[], ["--json"]])
def test_no_value_is_ever_shown(run: Run, directory: Path, flags: list[str]) -> None:
    (directory / ".env").write_text("DESK_TOKEN=halibut\n")

    result = run("env", *flags, HOOK_SECRET="swordfish", AGENT_URL="http://10.1.2.3/")

    assert result.exit_code == 0
    for value in ("swordfish", "halibut", "10.1.2.3"):
        assert value not in result.output


def test_env_says_whether_a_value_is_of_the_environment_or_the_file(
    run: Run, directory: Path
) -> None:
    (directory / ".env").write_text("DESK_TOKEN=halibut\n")

    found = json.loads(run("env", "--json", HOOK_SECRET="swordfish").stdout)["variables"]

    assert {one["name"]: one["from"] for one in found if one["set"]} == {
        "DESK_TOKEN": ".env",
        "HOOK_SECRET": "environment",
    }


def test_check_fails_while_a_variable_is_missing(run: Run) -> None:
    missing = run("env", "check", HOOK_SECRET="swordfish")
    assert missing.exit_code == 1
    assert "not set: DESK_TOKEN" in missing.stderr

    assert run("env", "check", **SET).exit_code == 0


def test_check_in_json_is_the_list(run: Run) -> None:
    result = run("env", "check", "--json")

    assert result.exit_code == 1
    assert json.loads(result.stdout)["missing"] == ["DESK_TOKEN", "HOOK_SECRET"]


def test_a_variable_that_stops_the_start_is_listed_all_the_same(run: Run, directory: Path) -> None:
    (directory / "orgloop.yaml").write_text(PROJECT + 'http: {port: "${PORT}"}\n', "utf-8")

    result = run("env")

    assert result.exit_code == 0
    assert "PORT: NOT SET, and the project cannot start" in result.stdout
    assert run("env", "check", **SET).exit_code == 1


def test_a_project_with_other_mistakes_is_listed_with_a_warning(run: Run, directory: Path) -> None:
    (directory / "orgloop.yaml").write_text(PROJECT + "nonsense: 1\n", "utf-8")

    result = run("env", **SET)

    assert result.exit_code == 4
    assert "orgloop validate" in result.stderr
    assert "HOOK_SECRET: set" in result.stdout
    assert run("env", "check", **SET).exit_code == 4


def test_variables_of_a_plugin_that_cannot_be_loaded_are_listed(run: Run, directory: Path) -> None:
    broken = '  - {id: b, connector: ./broken.py, config: {team: {token: "${TEAM_TOKEN}"}}}\n'
    (directory / "orgloop.yaml").write_text(PROJECT.replace("actors:\n", f"actors:\n{broken}"))
    (directory / "broken.py").write_text("import no_such_module\n")

    result = run("env", "--json", **SET)

    assert result.exit_code == 4
    assert variables(result)["TEAM_TOKEN"] == "missing"


def test_nothing_is_said_to_be_needed_that_could_not_be_read(run: Run, directory: Path) -> None:
    (directory / "orgloop.yaml").write_text("kind: [\n")

    result = run("env")

    assert (result.exit_code, result.stdout) == (4, "")
    assert "orgloop validate" in result.stderr


def test_env_without_a_project_says_how_to_make_one(run: Run, directory: Path) -> None:
    (directory / "orgloop.yaml").unlink()

    result = run("env")

    assert result.exit_code == 4
    assert "orgloop init" in result.stderr


def ran(directory: Path, **environ: str) -> None:
    """Leave behind what a runtime with this project would have."""
    home = Home(directory / "home")
    home.create()
    definition = load_project(
        directory,
        environ=environ,
        home=home.root,
        catalogue=Catalogue(),
        fingerprint_key=home.fingerprint_key().encode(),
    ).project
    snapshot = {"written_at": "2026-01-31T08:00:00Z", "projects": [describe(definition)]}
    write_snapshot(home.state, snapshot)


def signs(result: Result) -> set[str]:
    return {one["change"] for one in json.loads(result.stdout)["changes"]}


def test_all_is_new_when_nothing_ran_and_nothing_is_made(run: Run, directory: Path) -> None:
    result = run("plan", "--json", **SET)

    assert result.exit_code == 0
    assert signs(result) == {"+"}
    assert json.loads(result.stdout)["ran_at"] is None
    assert not (directory / "home").exists()


def test_nothing_changes_if_nothing_was_changed(run: Run, directory: Path) -> None:
    ran(directory, **SET)

    result = run("plan", "--detailed-exitcode", **SET)

    assert result.exit_code == 0
    assert "= source hook\n" in result.stdout
    assert f"compared with what ran on {when('2026-01-31T08:00:00Z')}" in result.stdout


def test_a_changed_secret_is_a_change_and_stays_secret(run: Run, directory: Path) -> None:
    ran(directory, **SET)

    result = run("plan", "--detailed-exitcode", HOOK_SECRET="turbot", DESK_TOKEN="halibut")

    assert result.exit_code == 2
    assert "~ source hook (config.secret)\n" in result.stdout
    assert "= source desk\n" in result.stdout
    assert "turbot" not in result.output
    assert "swordfish" not in (directory / "home" / "state.json").read_text()


def test_what_is_gone_is_removed(run: Run, directory: Path) -> None:
    ran(directory, **SET)
    without = PROJECT[: PROJECT.index("routes:")]
    (directory / "orgloop.yaml").write_text(without, "utf-8")

    assert "- route all\n" in run("plan", **SET).stdout


def test_another_project_takes_the_place_of_the_one_that_ran(run: Run, directory: Path) -> None:
    ran(directory, **SET)
    (directory / "orgloop.yaml").write_text(PROJECT.replace("name: org", "name: other"), "utf-8")

    shown = run("plan", **SET).stdout

    assert "+ source hook\n" in shown
    assert "- source hook of project org\n" in shown


def test_what_ran_is_not_guessed_from_a_damaged_snapshot(run: Run, directory: Path) -> None:
    ran(directory, **SET)
    (directory / "home" / "state.json").write_text('{"projects": [{"name": {}}]}')

    result = run("plan", "--json", **SET)

    assert signs(result) == {"+"}
    assert "state.json is damaged" in result.stderr


def test_an_invalid_project_has_no_plan(run: Run, directory: Path) -> None:
    (directory / "orgloop.yaml").write_text(PROJECT + "nonsense: 1\n", "utf-8")

    assert run("plan", **SET).exit_code == 4
