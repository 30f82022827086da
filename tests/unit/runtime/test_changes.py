"""The snapshot of a project, and what is different in another one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest

from orgloop.runtime.changes import Change, changes, removed
from orgloop.runtime.state import describe
from support.projects import ROUTE, SMALL, Project

GITHUB = """\
sources:
  - id: gh
    connector: github
    description: "for ${TEAM}"
    labels: {team: "${TEAM}"}
    poll: {interval: "${PAUSE}"}
    config: {repo: o/r, token: "${TOKEN}", page_size: 10}
http: {allowed_hosts: ["${TEAM}.example"]}
"""
ENVIRON = {"TEAM": "sharks", "PAUSE": "7m", "TOKEN": "swordfish"}


@pytest.fixture
def project(tmp_path: Path) -> Project:
    (tmp_path / "project").mkdir()
    return Project(tmp_path / "project", tmp_path / "home")


def described(project: Project, key: bytes = b"k", **environ: str) -> Any:
    """Return the description as it is once it was written and read."""
    project.environ.update(environ)
    return orjson.loads(orjson.dumps(describe(project.load(key=key).project)))


def different(before: Any, after: Any) -> list[Change]:
    return [one for one in changes(before, after) if one.sign != "="]


def test_everything_is_new_when_nothing_ran(project: Project) -> None:
    found = changes(None, described(project.write_top(SMALL, ROUTE)))

    assert [(one.sign, one.kind, one.name) for one in found] == [
        ("+", "source", "hook"),
        ("+", "actor", "agent"),
        ("+", "route", "all"),
        ("+", "settings", "defaults"),
        ("+", "settings", "http"),
        ("+", "settings", "supervisor"),
    ]


def test_the_same_project_is_the_same(project: Project) -> None:
    before = described(project.write_top(GITHUB, environ=ENVIRON))

    assert different(before, described(project)) == []


@pytest.mark.parametrize("secret", ["swordfish", "sharks", "7m"])
def test_what_came_from_a_variable_is_not_in_the_snapshot(project: Project, secret: str) -> None:
    text = orjson.dumps(described(project.write_top(GITHUB, environ=ENVIRON))).decode()

    assert secret not in text


@pytest.mark.parametrize(
    ("variable", "expected"),
    [
        ({"TOKEN": "new"}, [Change("~", "source", "gh", ("config.token",))]),
        ({"PAUSE": "8m"}, [Change("~", "source", "gh", ("poll",))]),
        (
            {"TEAM": "jets"},
            [
                Change("~", "source", "gh", ("description", "labels")),
                Change("~", "settings", "http", ("allowed_hosts",)),
            ],
        ),
    ],
)
def test_a_changed_variable_is_seen(
    project: Project, variable: dict[str, str], expected: list[Change]
) -> None:
    before = described(project.write_top(GITHUB, environ=ENVIRON))

    found = different(before, described(project, **variable))

    assert [(one.kind, one.name) for one in found] == [(one.kind, one.name) for one in expected]
    for one, wanted in zip(found, expected, strict=True):
        assert set(wanted.fields) <= set(one.fields)


def test_the_hashes_of_another_home_are_others(project: Project) -> None:
    before = described(project.write_top(GITHUB, environ=ENVIRON), key=b"one")

    assert different(before, described(project, key=b"two"))


@pytest.mark.parametrize(
    ("old", "new", "kind", "fields"),
    [
        ("page_size: 10", "page_size: 20", "source", ("config.page_size",)),
        ("repo: o/r,", "repo: o/r, path: /x,", "source", ("config.path",)),
        ("connector: github", "connector: orgloop-connector-github", "source", ("connector",)),
    ],
)
def test_the_fields_that_changed_are_named(
    project: Project, old: str, new: str, kind: str, fields: tuple[str, ...]
) -> None:
    before = described(project.write_top(GITHUB, environ=ENVIRON))

    after = described(project.write_top(GITHUB.replace(old, new)))

    assert different(before, after) == [Change("~", kind, "gh", fields)]


def test_delivery_settings_of_routes_and_actors_are_compared(project: Project) -> None:
    before = described(project.write_top(SMALL, ROUTE))
    small = SMALL.replace("agent,", "agent, delivery: {concurrency: 2},")
    route = ROUTE.replace("{actor: agent}", "{actor: agent, delivery: {retry: {max_attempts: 3}}}")

    found = different(before, described(project.write_top(small, route)))

    assert found == [
        Change("~", "actor", "agent", ("delivery.concurrency",)),
        Change("~", "route", "all", ("delivery.retry.max_attempts",)),
    ]


TRANSFORM = "transforms: [{name: once, package: dedup, config: {key: [%s]}}]\n"


def test_transforms_are_compared_where_they_are_defined(project: Project) -> None:
    before = described(project.write_top(SMALL, TRANSFORM % "a"))

    found = different(before, described(project.write_top(SMALL, TRANSFORM % "b")))

    assert found == [Change("~", "transform", "once", ("config.key",))]


def test_a_setting_that_only_this_start_has_is_no_change(project: Project) -> None:
    before = described(project.write_top(SMALL, "http: {port: 5000}\n"))

    assert different(before, described(project, ORGLOOP_PORT="0")) == []
    after = described(project.write_top(SMALL, "http: {port: 5001}\n"))
    assert different(before, after) == [Change("~", "settings", "http", ("port",))]


def test_what_is_no_longer_there_is_removed(project: Project) -> None:
    before = described(project.write_top(SMALL, ROUTE))

    found = different(before, described(project.write_top(SMALL)))

    assert found == [Change("-", "route", "all")]
    assert Change("-", "source", "hook") in removed(before)


@pytest.mark.parametrize("garbled", [{}, {"sources": 7}, {"sources": {"hook": None}, "routes": []}])
def test_a_garbled_snapshot_is_no_obstacle(project: Project, garbled: Any) -> None:
    assert different(garbled, described(project.write_top(SMALL)))
