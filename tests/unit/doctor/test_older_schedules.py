"""The doctor points at schedules whose meaning has changed since the TypeScript OrgLoop."""

from __future__ import annotations

from pathlib import Path

import pytest

from orgloop.config.load import load_project
from orgloop.doctor.check import Check
from orgloop.doctor.plugins import check_surroundings
from orgloop.plugins.catalogue import Catalogue

PROJECT = """\
apiVersion: orgloop/v1alpha1
kind: Project
metadata: {name: org}
sources:
  - id: clock
    connector: "%s"
    config: {schedules: [{name: due, cron: "%s"}]}
"""


def checked(directory: Path, connector: str, cron: str) -> list[Check]:
    (directory / "orgloop.yaml").write_text(PROJECT % (connector, cron), "utf-8")
    home, catalogue = directory / "home", Catalogue()
    project = load_project(directory, environ={}, home=home, catalogue=catalogue).project
    return check_surroundings(project, home, {})


def test_a_schedule_that_restricts_both_days_is_pointed_at(tmp_path: Path) -> None:
    [found] = checked(tmp_path, "@orgloop/connector-cron", "0 9 1-7 * 1")

    assert (found.name, found.status) == ("source:clock schedule due", "degraded")
    assert "either fits, and in the TypeScript OrgLoop both had to" in found.message
    assert "connector: cron for clock" in found.fix


@pytest.mark.parametrize("cron", ["0 9 * * 1", "0 9 1 * *", "0 9 */2 * 1", "@daily", "every 5m"])
def test_other_schedules_of_older_projects_are_not(cron: str, tmp_path: Path) -> None:
    assert checked(tmp_path, "@orgloop/connector-cron", cron) == []


def test_a_project_written_for_us_means_what_it_says(tmp_path: Path) -> None:
    assert checked(tmp_path, "cron", "0 9 1-7 * 1") == []
