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
sources:
  - {id: door, connector: webhook}
  - {id: room, connector: ./room.py, config: {name: "${ROOM:-hall}${FLOOR}"}}
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
ROOM = """\
from attrs import frozen
from orgloop.sdk import EventDraft, Registration, option

@frozen(kw_only=True)
class Config:
    name: str = option("Which one.")

class Room:
    def __init__(self, config, context): ...
    async def start(self): ...
    async def stop(self): ...

async def samples(config, context):
    name = config.name if config else "any"
    return [EventDraft("message.received", {"platform": "room"}, {"name": name})]

registration = Registration(id="room", source=Room, config=Config, samples=samples)
"""
SHOUT = """\
#!/bin/sh
echo "said on standard error" >&2
tr a-z A-Z < /dev/null
sed 's/"word":"hi"/"word":"HI"/'
"""
EVENT = '{"source": "door", "type": "resource.changed", "payload": {"for": "agent", "word": "hi"}}'
AWAY = {"FLOOR": "1", "AWAY_URL": "http://127.0.0.1:1", "AWAY_SECRET": "s"}
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

HANGING = """\
apiVersion: orgloop/v1alpha1
kind: Project
metadata: {name: house}
sources: [{id: door, connector: webhook}]
actors: [{id: agent, connector: command, config: {command: [cat]}}]
transforms: [{name: hang, package: ./hang.py}]
routes: [{name: all, when: {source: door}, transforms: [{ref: hang}], then: {actor: agent}}]
"""
HANG = """\
from orgloop.sdk import Registration
from twisted.internet.defer import Deferred

class Hang:
    async def start(self): ...
    async def stop(self): ...
    async def apply(self, event, context):
        while event.payload == {"n": 1}:
            pass
        if event.payload == {"n": 2}:
            await Deferred()
        return event

registration = Registration(id="hang", transform=lambda config, context: Hang())
"""
HANGING_SUITE = """\
apiVersion: orgloop/v1alpha1
kind: Suite
tests:
  - name: it does nothing else
    given: {source: door, type: resource.changed, payload: {n: 1}}
    expect: {routes: [all]}
  - name: it never answers
    given: {source: door, type: resource.changed, payload: {n: 2}}
    expect: {routes: [all]}
  - name: it answers
    given: {source: door, type: resource.changed, payload: {n: 3}}
    expect: {routes: [all]}
"""


@pytest.fixture
def house(project: Path) -> Path:
    (project / "orgloop.yaml").write_text(PROJECT, "utf-8")
    (project / "room.py").write_text(ROOM)
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
    assert "AWAY_SECRET, AWAY_URL, FLOOR are not set" in tried.stderr
    assert "said on standard error" in tried.stderr
    assert tried.returncode == 0
    assert not home.exists()


def test_a_person_sees_what_becomes_of_it(house: Path, orgloop: Run) -> None:
    other = '{"source": "door", "type": "actor.stopped", "id": "evt_1"}'
    (house / "two.jsonl").write_text(f"{EVENT}\n\n{other}\n{other}\n")

    tried = orgloop("test", "-q", "two.jsonl", **AWAY)

    assert tried.stderr == ""
    shown = tried.stdout
    assert "waiting  wake → agent" in shown
    assert '    - payload.word: "hi"\n    + payload.word: "HI"\n' in shown
    assert 'not matched  wake  payload.for: wanted "agent", was null' in shown
    assert shown.endswith("duplicate: an event of this id came before, so no route sees it\n")


def test_a_runtime_delivers_it_and_its_way_is_shown(
    house: Path, orgloop: Run, runtime: RuntimeProcess
) -> None:
    runtime.environ |= AWAY
    runtime.start()

    tried = orgloop("test", "event.json", "--json")
    dry = orgloop("test", "--generate", "door", "--dry-run")
    made = orgloop("test", "--generate", "door")
    (house / "again.json").write_text(json.dumps(json.loads(tried.stdout)["event"]))
    again = orgloop("test", "again.json", "--json")
    refused = orgloop("test", "--generate", "room")
    (house / "two.jsonl").write_text(EVENT + '\n{"source": "door", "type": "changed"}\n')
    second = orgloop("test", "two.jsonl")
    (house / "orgloop.yaml").write_text(PROJECT.replace("name: house", "name: other"))
    elsewhere = orgloop("test", "event.json")

    trace = json.loads(tried.stdout)
    assert [one["state"] for one in trace["deliveries"]] == ["delivered"]
    assert tried.returncode == 0
    assert "evt_test1" in dry.stdout
    assert "evt_test1" not in made.stdout
    assert "task.created" in made.stdout
    assert made.returncode == 0
    assert json.loads(again.stdout)["event_id"] == trace["event_id"]
    assert "was known already" in again.stderr
    assert "FLOOR is not set: an event of room would hold a placeholder" in refused.stderr
    assert "number 2: type: one of" in second.stderr
    assert "the project here is other, and the runtime has house" in elsewhere.stderr
    assert [one.returncode for one in (refused, second, elsewhere)] == [1, 2, 1]
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


def test_no_transform_keeps_the_tests_waiting(project: Path, orgloop: Run) -> None:
    (project / "orgloop.yaml").write_text(HANGING)
    (project / "hang.py").write_text(HANG)
    (project / "suite.yaml").write_text(HANGING_SUITE)

    run = orgloop("test", "-q", "--suite", "suite.yaml", "--timeout", "100ms")

    assert run.stdout.splitlines() == [
        "suite.yaml",
        "  FAILED it does nothing else  suite.yaml:4",
        "      transform hang of route all takes longer than 100ms",
        "  FAILED it never answers  suite.yaml:7",
        "      transform hang of route all takes longer than 100ms",
        "3 tests, 2 failed",
    ]
    assert run.returncode == 1
