"""``orgloop test``: on the spot with real scripts, through a runtime, and suites of tests."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess
from xml.etree import ElementTree

import pytest

from support.process import RuntimeProcess

Run = Callable[..., "CompletedProcess[str]"]

PROJECT = """\
apiVersion: orgloop/v1alpha1
kind: Project
metadata: {name: house}
sources: [{id: door, connector: webhook}]
actors:
  - {id: agent, connector: command, config: {command: [sh, -c, "exit ${STATUS:-0}"]}}
  - {id: away, connector: webhook, config: {url: "${AWAY_URL}", secret: "${AWAY_SECRET}"}}
transforms: [{name: shout, script: ./shout.sh, on_error: halt}]
routes:
  - name: wake
    when: {source: door, filter: {payload.for: agent}}
    transforms: [{ref: shout}]
    then: {actor: agent, config: {key: "{{payload.word}}"}, delivery: {retry: {max_attempts: 1}}}
"""
SHOUT = """\
#!/bin/sh
echo "said on standard error" >&2
tr a-z A-Z < /dev/null
sed 's/"word":"hi"/"word":"HI"/'
"""
EVENT = '{"source": "door", "type": "resource.changed", "payload": {"for": "agent", "word": "hi"}}'
AWAY = {"AWAY_URL": "http://127.0.0.1:1", "AWAY_SECRET": "s"}
SUITE = """\
apiVersion: orgloop/v1alpha1
kind: Suite
tests:
  - name: it is shouted
    given: &event {source: door, type: resource.changed, payload: {for: agent, word: hi}}
    expect: {routes: {wake: {state: waiting, config: {key: HI}}}}
  - name: it is whispered
    given: *event
    expect: {routes: {wake: {state: dropped, event: {payload.word: "h\\u001b[31mi"}}}}
"""


@pytest.fixture
def house(project: Path) -> Path:
    (project / "orgloop.yaml").write_text(PROJECT, "utf-8")
    (project / "shout.sh").write_text(SHOUT)
    (project / "shout.sh").chmod(0o755)
    (project / "event.json").write_text(EVENT)
    return project


def test_an_event_is_tried_without_a_runtime(house: Path, orgloop: Run, home: Path) -> None:
    tried = orgloop("test", "event.json", "--json")

    document = json.loads(tried.stdout)
    [delivery] = document["deliveries"]
    assert (delivery["state"], delivery["config"]) == ("waiting", {"key": "HI"})
    assert delivery["steps"][0]["changes"] == [
        {"path": "payload.word", "before": "hi", "after": "HI"}
    ]
    assert "AWAY_SECRET, AWAY_URL are not set" in tried.stderr
    assert "said on standard error" in tried.stderr
    assert tried.returncode == 0
    assert not home.exists()


def test_a_person_sees_what_becomes_of_it(house: Path, orgloop: Run) -> None:
    (house / "two.jsonl").write_text(EVENT + '\n\n{"source": "door", "type": "actor.stopped"}\n')

    tried = orgloop("test", "-q", "two.jsonl", **AWAY)

    assert tried.stderr == ""
    shown = tried.stdout
    assert "waiting  wake → agent" in shown
    assert '    - payload.word: "hi"\n    + payload.word: "HI"\n' in shown
    assert 'not matched  wake  payload.for: wanted "agent", was null' in shown


def test_an_invalid_project_is_one_here_too(project: Path, orgloop: Run) -> None:
    (project / "orgloop.yaml").write_text(PROJECT.replace("actor: agent", "actor: nobody"))

    assert orgloop("test", "--generate", "door").returncode == 4


def test_a_runtime_delivers_it_and_its_way_is_shown(
    house: Path, orgloop: Run, runtime: RuntimeProcess
) -> None:
    runtime.environ |= AWAY
    runtime.start()

    tried = orgloop("test", "event.json", "--json")
    dry = orgloop("test", "--generate", "door", "--dry-run")
    made = orgloop("test", "--generate", "door")

    trace = json.loads(tried.stdout)
    assert [one["state"] for one in trace["deliveries"]] == ["delivered"]
    assert tried.returncode == 0
    assert "evt_test1" in dry.stdout
    assert "evt_test1" not in made.stdout
    assert "task.created" in made.stdout
    assert made.returncode == 0
    assert len(runtime.get("/api/events?source=door")) == 2


def test_a_dead_letter_and_an_event_that_does_not_settle_fail(
    house: Path, orgloop: Run, runtime: RuntimeProcess
) -> None:
    runtime.environ |= AWAY | {"STATUS": "3"}
    (house / "shout.sh").write_text(SHOUT.replace("sed", "grep -q slow && exec sleep 60\nexit 3"))
    (house / "slow.json").write_text(EVENT.replace("hi", "slow"))
    runtime.arguments = ("--grace", "1s")
    runtime.start()

    dead = orgloop("test", "event.json")
    slow = orgloop("test", "slow.json", "--timeout", "10ms")

    assert dead.returncode == 1
    assert "dead" in dead.stdout
    assert slow.returncode == 1
    assert "not settled after 10ms" in slow.stderr


def test_a_suite_says_what_is_not_as_expected(house: Path, orgloop: Run) -> None:
    (house / "tests").mkdir()
    (house / "tests" / "wiring.yaml").write_text(SUITE)

    run = orgloop("test", "-q", "--suite", "tests", "--junit", "report.xml")
    told = orgloop("test", "-q", "--suite", "tests/*.yaml", "-k", "SHOUT", "--json")

    assert run.returncode == 1
    assert "FAILED it is whispered  tests/wiring.yaml:7" in run.stdout
    assert '- "h\\u001b[31mi"\n' in run.stdout
    assert '+ "HI"\n' in run.stdout
    assert "2 tests, 1 failed" in run.stdout
    report = ElementTree.parse(house / "report.xml").getroot()
    assert (report.tag, report.get("tests"), report.get("failures")) == ("testsuites", "2", "1")
    cases = report.findall("./testsuite/testcase")
    assert [one.get("name") for one in cases] == ["it is shouted", "it is whispered"]
    assert [[child.tag for child in one] for one in cases] == [[], ["failure"]]
    assert json.loads(told.stdout)["results"][0]["name"] == "it is shouted"
    assert (json.loads(told.stdout)["tests"], told.returncode) == (1, 0)


def test_a_suite_that_is_wrong_ends_with_4(house: Path, orgloop: Run) -> None:
    (house / "suite.yaml").write_text(SUITE.replace("wake:", "wakes:"))

    run = orgloop("test", "--suite", "suite.yaml")

    assert run.returncode == 4
    assert "suite.yaml:6:" in run.stderr
    assert "Did you mean `wake`?" in run.stderr
