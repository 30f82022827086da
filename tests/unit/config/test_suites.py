"""Suites: what may be written, and what is said of what may not."""

from __future__ import annotations

from pathlib import Path

from orgloop.config.load import begin_reading
from orgloop.config.suites.reading import read_suites
from orgloop.config.suites.suite import Case
from orgloop.event import EVENT_TYPES
from support.projects import Project

HEAD = "apiVersion: orgloop/v1alpha1\nkind: Suite\ntests:\n"


def read(small: Project, tests: str) -> tuple[list[Case], list[str]]:
    """Return the tests, and what is wrong with them, each with its line."""
    file = small.directory / "tests" / "suite.yaml"
    file.parent.mkdir()
    file.write_text(HEAD + tests)
    project = small.load().project
    reading = begin_reading(project.file, {}, small.home, has_placeholders=True)
    [suite] = read_suites([file], project, reading)
    problems = reading.findings.sorted()
    assert {one.place.file for one in problems if one.place} <= {file}
    return list(suite.cases), [
        f"{one.place.line if one.place else 0} {one.path}: {one.what}" for one in problems
    ]


def test_a_suite_is_read(small: Project) -> None:
    (small.directory / "event.json").write_text('{"source": "hook", "payload": {"a": {"b": 1}}}')

    cases, problems = read(
        small,
        "  - name: one\n"
        "    given: {file: event.json, type: resource.changed, payload: {a: {c: '${X}'}}}\n"
        "    expect: {routes: {all: waiting}}\n"
        "  - name: two\n"
        "    given: [{generate: hook}, {generate: webhook, after: 10m}]\n"
        "    expect: {among: [all]}\n",
    )

    assert problems == []
    assert cases[0].given[0].document == {
        "source": "hook",
        "type": "resource.changed",
        "payload": {"a": {"b": 1, "c": "<X>"}},
    }
    assert cases[0].expected[0][0].routes["all"].state == "waiting"
    assert cases[1].expected[0] == ()
    assert not cases[1].expected[1][0].is_all


def test_everything_that_is_wrong_is_told_with_its_place(small: Project) -> None:
    _, problems = read(
        small,
        "  - name: one\n"
        "    given: {source: hoo, type: resource.changed, extra: 1}\n"
        "    expect: {routes: [al]}\n"
        "  - name: one\n"
        "    given: {source: hook}\n"
        "    expect: {}\n"
        "  - name: three\n"
        "    given: {file: nowhere.json, generate: hook}\n"
        "    expect: {routes: {all: {state: waiting, by: guard}}}\n"
        "  - name: four\n"
        "    given: {source: hook, type: resource.changed}\n"
        "    expect: [{routes: []}, {routes: {all: {by: dedup}}}]\n"
        "  - name: five\n"
        "    given: {generate: hook, source: agen}\n"
        "    expect: {routes: all}\n"
        "  - name: six\n"
        "    given: []\n"
        "    expect: {routes: {all: {actor: agnt}}}\n",
    )

    assert problems == [
        "5 tests[0].given.source: there is no source or actor `hoo`",
        "5 tests[0].given.extra: the key `extra` is not known here",
        "6 tests[0].expect.routes[0]: there is no route `al`",
        "7 tests[1].name: another test has this name: see line 4",
        f"8 tests[1].given.type: this is no event: type: one of {', '.join(sorted(EVENT_TYPES))}",
        "9 tests[1].expect: nothing is expected here",
        "11 tests[2].given.file: an event is taken from a file or generated, not both",
        "11 tests[2].given.file: there is no file `nowhere.json`",
        "12 tests[2].expect.routes.all.by: what is `waiting` was ended by nothing",
        "15 tests[3].expect: 1 given and 2 expected",
        "15 tests[3].expect[1].routes.all.by: route `all` has no transform `dedup`",
        "17 tests[4].given.source: there is no source or actor `agen`",
        "18 tests[4].expect.routes: expected a list or a mapping, found text",
        "20 tests[5].given: no event is given",
        "21 tests[5].expect.routes.all.actor: there is no actor `agnt`",
    ]


def test_a_mistake_hides_no_other_in_the_same_test(small: Project) -> None:
    _, problems = read(
        small,
        "  - name: 7\n"
        "    given: {source: hoo, type: changed, id: x, after: 1m, timestamp: now}\n"
        "    expect: {routes: {all: {by: guard, state: wating, fails: dedup}}, more: 1}\n"
        "  - given: [1, {generate: hook, payload: 1, id: x}, {file: 1}]\n"
        "    expect:\n"
        "  - nonsense\n"
        "  - {name: eight, given: {generate: hook}, expect: []}\n",
    )

    assert [one.partition(" ")[2].partition(": ")[0] for one in problems] == [
        "tests[0].name",
        "tests[0].given.source",
        "tests[0].given.type",
        "tests[0].given.id",
        "tests[0].given.after",
        "tests[0].given.timestamp",
        "tests[0].expect.routes.all.state",
        "tests[0].expect.routes.all.fails",
        "tests[0].expect.more",
        "tests[1].name",
        "tests[1].given[0]",
        "tests[1].given[1].payload",
        "tests[1].given[1].id",
        "tests[1].given[2].file",
        "tests[1].expect",
        "tests[2]",
        "tests[3].expect",
    ]


def test_a_suite_without_tests_is_named(small: Project) -> None:
    cases, problems = read(small, "")

    assert cases == []
    assert problems == ["3 tests: there is no test here"]


def test_a_source_that_there_is_not_is_told(small: Project) -> None:
    _, problems = read(
        small,
        "  - name: one\n"
        "    given: {source: hoo, type: resource.changed}\n"
        "    expect: {routes: []}\n",
    )

    assert problems == ["5 tests[0].given.source: there is no source or actor `hoo`"]


def test_a_file_that_holds_no_event_is_told(small: Project) -> None:
    content = '{"source": ["hook"], "type": 1, "provenance": "x", "payload": [], "timestamp": "?"}'
    (small.directory / "odd.json").write_text(content)

    _, problems = read(
        small, "  - name: one\n    given: {file: odd.json}\n    expect: {routes: []}\n"
    )

    assert [one.split(": ")[:3] for one in problems[1:]] == [
        ["5 tests[0].given.file", "this is no event", field]
        for field in ("type", "timestamp", "provenance", "payload")
    ]
    assert problems[0] == "5 tests[0].given.file: there is no source or actor `['hook']`"


def test_a_suite_among_the_routes_is_sent_where_it_belongs(small: Project) -> None:
    routes = small.directory / "routes"
    routes.mkdir()
    (routes / "suite.yaml").write_text(HEAD)

    assert any("run by `orgloop test --suite`" in one.remedy for one in small.problems())


def test_a_file_beside_the_suite_comes_first(small: Project, tmp_path: Path) -> None:
    (small.directory / "e.json").write_text("\ufeff{}", "utf-8")  # as some editors begin a file
    beside = small.directory / "tests"
    _, problems = read(
        small,
        "  - name: one\n    given: {file: e.json, source: hook, type: actor.stopped}\n"
        "    expect: {routes: []}\n",
    )
    assert problems == []

    (beside / "e.json").write_text('["no object"]')
    project = small.load().project
    reading = begin_reading(project.file, {}, tmp_path)
    read_suites([beside / "suite.yaml"], project, reading)

    [problem] = reading.findings.problems
    assert "holds no JSON object" in problem.what
