"""What the doctor says of a project and its variables."""

from __future__ import annotations

from pathlib import Path

import pytest

from orgloop.config.load import Loaded, load_project
from orgloop.config.problems import ProjectInvalid
from orgloop.doctor.check import Check, worst
from orgloop.doctor.project import check_config, check_variables
from orgloop.doctor.subject import Subject
from orgloop.plugins.catalogue import Catalogue
from support.projects import ROUTE, SMALL, Project


@pytest.fixture
def project(tmp_path: Path) -> Project:
    (tmp_path / "project").mkdir()
    return Project(tmp_path / "project", tmp_path / "home")


def subject(project: Project) -> Subject:
    try:
        loaded = project.load()
    except ProjectInvalid as error:
        return Subject(problems=error.problems, variables=error.variables)
    return Subject(definition=loaded.project, problems=loaded.problems, variables=loaded.variables)


def by_name(checks: list[Check]) -> dict[str, Check]:
    return {check.name: check for check in checks}


GITHUB = "sources: [{id: gh, connector: github, config: {repo: o/r, token: '${%s}'}}]\n"


def test_a_right_project_is_summed_up(project: Project) -> None:
    project.write_top(SMALL, ROUTE)

    [found] = check_config(subject(project))

    assert found.status == "ok"
    assert found.message.startswith("org: 1 source, 1 actor, 1 route (")


def test_a_project_that_lacks_only_variables_is_not_said_to_be_absent(project: Project) -> None:
    project.write_top(SMALL, ROUTE, 'http: {port: "${PORT}"}\n')
    file = project.directory / "orgloop.yaml"

    [found] = check_config(Subject.read(file, project.load))

    assert (found.status, found.fix) == ("ok", "")
    assert found.message == f"nothing is wrong with it but its variables ({file})"


def test_a_plugin_that_blocks_while_it_is_imported_is_interrupted(project: Project) -> None:
    project.write_top("actors: [{id: a, connector: ./slow.py}]\n")
    (project.directory / "slow.py").write_text("import time; time.sleep(600)\n")

    def load() -> Loaded:
        home, catalogue = project.home, Catalogue()
        return load_project(project.directory, environ={}, home=home, catalogue=catalogue)

    [found] = check_config(Subject.read(project.directory, load, limit_seconds=0.5))

    assert found.status == "error"
    assert "importing its plugins took longer than 0.5 s" in found.message


def test_no_project_is_no_error() -> None:
    [found] = check_config(Subject())

    assert found.status == "ok"
    assert "orgloop init" in found.fix


def test_every_mistake_is_told_with_its_place(project: Project) -> None:
    project.write_top(SMALL, ROUTE.replace("agent", "nobody"), "x: 1\n")

    found = check_config(subject(project))

    assert [check.status for check in found] == ["error", "error"]
    assert all("orgloop.yaml:" in check.message for check in found)
    assert all(check.fix for check in found)


def test_a_variable_is_told_without_its_value(project: Project) -> None:
    project.write_top(GITHUB % "GITHUB_TOKEN", environ={"GITHUB_TOKEN": "swordfish"})

    [found] = check_variables(subject(project))

    assert (found.name, found.status, found.message) == ("GITHUB_TOKEN", "ok", "is set")


def test_a_missing_variable_is_told_once_with_where_to_get_it(project: Project) -> None:
    project.write_top(GITHUB % "GITHUB_TOKEN")

    [found] = check_variables(subject(project))

    assert found.status == "degraded"
    assert "source:gh is degraded" in found.message
    assert "A personal token" in found.fix
    assert "https://example.com/t" in found.fix
    assert worst(check_config(subject(project))) == "ok"


def test_a_variable_that_a_plugin_reads_itself_is_missed(project: Project) -> None:
    project.write_top("sources: [{id: gh, connector: github, config: {repo: o/r, token: x}}]\n")

    assert by_name(check_variables(subject(project)))["GITHUB_TOKEN"].status == "degraded"


def test_a_variable_that_another_one_stands_in_for_is_not_missed(project: Project) -> None:
    project.write_top(GITHUB % "MY_TOKEN", environ={"MY_TOKEN": "swordfish"})

    found = by_name(check_variables(subject(project)))

    assert found["MY_TOKEN"].status == "ok"
    assert found["GITHUB_TOKEN"].message == "is not set and is not needed"


def test_a_variable_without_which_nothing_starts_is_an_error(project: Project) -> None:
    project.write_top("http: {port: '${PORT}'}\n")

    assert by_name(check_variables(subject(project)))["PORT"].status == "error"
