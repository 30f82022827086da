"""What ``orgloop test`` says of what it cannot try, and how it tells how tests went."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner

from orgloop.cli.invocation import Invocation
from orgloop.cli.test import command
from orgloop.cli.trying.junit import junit
from orgloop.cli.trying.report import Played, results, told
from orgloop.config.model import Place
from orgloop.config.suites.suite import Case
from orgloop.hidden import Hidden
from orgloop.runtime.rehearsal.judging import Miss
from orgloop.runtime.rehearsal.performing import Performance

FILE = Path("tests/wiring.yaml")


def _case(name: str, line: int) -> Case:
    place = Place(file=FILE, line=line, column=5)
    return Case(name=name, place=place, given=(), expected=())


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "say which event"),
        (("event.json", "--generate", "door"), "say which event"),
        (("event.json", "event.json"), "say which event"),
        (("nowhere.json",), "nowhere.json cannot be read: No such file"),
        (("text",), "text: this is not JSON"),
        (("list",), "list: number 2 is JSON but no object"),
        (("lines",), "lines: this is not JSON"),
        (("empty",), "empty: there is no event in it"),
        (("nan",), "nan: this is not JSON"),
        (("-k", "x", "event.json"), "go with --suite"),
        (("--suite", "a", "--generate", "door"), "write it in the suite"),
        (("--suite", "nothing/*.yaml"), "there is no suite of that name"),
    ],
)
def test_what_cannot_be_tried_is_told(
    arguments: tuple[str, ...], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    content = {
        "text": "no",
        "list": "[{}, 1]",
        "lines": "{}\n{",
        "empty": "[]",
        "nan": '{"a": NaN}',
    }
    for name, text in content.items():
        (tmp_path / name).write_text(text)
    invocation = Invocation({"ORGLOOP_HOME": str(tmp_path / "home")})

    outcome = CliRunner().invoke(command, arguments, obj=invocation)

    assert outcome.exit_code == 2
    assert said in outcome.stderr


PROJECT = """\
apiVersion: orgloop/v1alpha1
kind: Project
metadata: {name: org}
sources: [{id: door, connector: webhook}]
actors: [{id: agent, connector: command, config: {command: [cat]}}]
routes: [{name: wake, when: {source: door}, then: {actor: agent}}]
"""
SUITE = """\
apiVersion: orgloop/v1alpha1
kind: Suite
tests:
  - {name: one, given: {generate: door}, expect: {routes: [wakes]}}
"""


@pytest.mark.parametrize(
    ("project", "suite", "said"),
    [
        (PROJECT.replace("{actor: agent}", "{actor: nobody}"), SUITE, "there is no actor `nobody`"),
        (PROJECT, SUITE, "suite.yaml:4:60: tests[0].expect.routes[0]: there is no route `wakes`"),
        (PROJECT, "kind: RouteGroup\nroutes: []", "suite.yaml:1:7: kind: `RouteGroup` is not"),
        (PROJECT, "kind: Suite\ntests: []", "suite.yaml:2:8: tests: there is no test here"),
        (PROJECT, "- no mapping", "suite.yaml:1:1: this file is not a mapping"),
    ],
)
def test_what_is_wrong_with_a_project_or_a_suite_ends_with_4(
    project: str, suite: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "orgloop.yaml").write_text(project)
    (tmp_path / "suite.yaml").write_text(suite)
    invocation = Invocation({"ORGLOOP_HOME": str(tmp_path / "home")})

    outcome = CliRunner().invoke(command, ("--suite", "suite.yaml"), obj=invocation)

    assert outcome.exit_code == 4
    assert said in outcome.stderr
    assert "is not known here" not in outcome.stderr


def test_a_report_hides_what_the_project_hides_and_can_always_be_read() -> None:
    good, bad, broken = _case("it holds", 4), _case("it \x1b[31mfails", 9), _case("it is none", 12)
    miss = Miss(path="all.config.key", expected="a\x00b", actual="secret-token", why="secret-token")
    done = [
        Performance(case=good, seconds=0.5),
        Performance(case=bad, misses=[miss]),
        Performance(case=broken, error="secret-token is no event"),
    ]

    written = junit([Played(FILE, done)], Hidden(["secret-token"]))
    told = results([Played(FILE, done)], Hidden(["secret-token"]))

    report = ElementTree.fromstring(written)
    assert b"secret-token" not in written
    assert (report.get("tests"), report.get("failures"), report.get("errors")) == ("3", "1", "1")
    cases = report.findall("./testsuite/testcase")
    assert [one.get("line") for one in cases] == ["4", "9", "12"]
    assert [one.get("time") for one in cases] == ["0.500", "0.000", "0.000"]
    assert cases[1].get("name") == "it \\x1b[31mfails"
    assert cases[1].findtext("failure") == 'all.config.key\n- "a\\u0000b"\n+ "***"\nbecause ***'
    assert (told["tests"], told["failed"]) == (3, 2)
    assert "secret-token" not in str(told)


def _told(miss: Miss) -> list[str]:
    one = Performance(case=_case("it", 1), misses=[miss])
    return [text for text, _ in told(one, Hidden(["tok-1", "tok-2"]))]


def test_a_text_is_compared_line_by_line_also_where_its_lines_begin_like_a_difference() -> None:
    before, after = "# Do\n- read\n- write\n++", "# Do\n- read\n- answer\n++"

    said = _told(Miss(path="r.prompt", expected=before, actual=after))

    assert said == ["r.prompt", "  - read", "- - write", "+ - answer", "  ++"]


def test_a_difference_that_must_not_be_shown_is_told_all_the_same() -> None:
    said = _told(Miss(path="r.config.key", expected="tok-1", actual="tok-2"))

    assert said == ["r.config.key", "they differ in what is not shown"]


def test_tests_of_the_same_name_are_told_apart_by_where_their_suite_lies() -> None:
    played = [
        Played(Path(name), [Performance(case=_case("it", 1))])
        for name in ("a/wiring.yaml", "b/wiring.v2.yaml", "../c/w.yaml")
    ]

    cases = ElementTree.fromstring(junit(played, Hidden())).iter("testcase")

    assert [one.get("classname") for one in cases] == ["a.wiring", "b.wiring_v2", "c.w"]
