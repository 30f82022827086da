"""What a supervisor answers those who ask, and where its own lines go."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from attrs import define, field
from twisted.logger import Logger

from orgloop.daemon.supervisor.door import Door
from orgloop.daemon.supervisor.log import SupervisorLog
from orgloop.daemon.telling.report import Failed, from_line
from orgloop.daemon.telling.witness import ReadyRuntime
from support.supervised import World


@define
class Asking:
    """A caller at the door."""

    told: list[bytes] = field(factory=list)
    is_there: bool = True

    def fileno(self) -> int:
        return 3 if self.is_there else -1

    def tell(self, line: bytes) -> None:
        self.told.append(line)

    def hang_up(self) -> None:
        self.is_there = False

    def ask(self, world: World, line: bytes) -> Asking:
        Door(world.crew.machine).hear(self, line)  # type: ignore[arg-type]  # as far as it is used
        return self


def test_who_asks_for_a_restart_hears_of_the_new_runtime(world: World) -> None:
    old = world.begin().come_up()
    asking = Asking().ask(world, b'{"restart": true}')
    world.last.prepare()
    old.crash()
    heard_before = list(asking.told)
    world.last.be_ready()

    assert heard_before == []
    [answer] = map(from_line, asking.told)
    assert isinstance(answer, ReadyRuntime)
    assert answer.pid == world.last.pid
    assert not asking.is_there


def test_who_has_gone_is_told_nothing(world: World) -> None:
    world.begin().come_up()
    asking = Asking().ask(world, b'{"restart": true}')
    asking.is_there = False
    world.last.crash()

    assert asking.told == []
    assert world.state == "running"


@pytest.mark.parametrize("line", [b"", b"{", b"[]", b'{"restart": 1}', b'{"stop": true}'])
def test_what_is_no_request_changes_nothing(world: World, line: bytes) -> None:
    world.begin().come_up()

    [answer] = map(from_line, Asking().ask(world, line).told)

    assert isinstance(answer, Failed)
    assert world.state == "running"


@define
class Spoken:
    """A log, where it wrote to the file and what it showed."""

    file: Path
    shown: list[bytes]
    log: SupervisorLog

    def say(self, message: str) -> None:
        Logger(observer=self.log).info(message)


@pytest.fixture
def spoken(tmp_path: Path) -> Spoken:
    file, shown = tmp_path / "orgloop.log", list[bytes]()
    return Spoken(file, shown, SupervisorLog(file, {}, shown.append))


def test_lines_are_json_in_the_file_and_text_on_the_terminal(spoken: Spoken) -> None:
    spoken.say("a crash")

    assert json.loads(spoken.file.read_bytes())["message"] == "a crash"
    assert spoken.file.stat().st_mode & 0o777 == 0o600
    [line] = spoken.shown
    assert line.endswith(b" info  a crash\n")


def test_lines_follow_what_the_project_says(spoken: Spoken) -> None:
    spoken.log.speak("warn", "text")
    spoken.say("not worth it")
    spoken.log.speak("info", "text")
    spoken.say("worth it")

    [line] = spoken.file.read_text().splitlines()
    assert line.endswith(" info  worth it")


def test_a_file_that_was_moved_away_is_made_anew(spoken: Spoken) -> None:
    spoken.say("first")
    spoken.file.rename(spoken.file.with_name("orgloop.log.1"))
    spoken.say("second")

    assert json.loads(spoken.file.read_bytes())["message"] == "second"


def test_a_disk_that_refuses_costs_the_line_and_no_more(tmp_path: Path) -> None:
    shown: list[bytes] = []
    log = SupervisorLog(tmp_path / "missing" / "orgloop.log", {}, shown.append)

    Logger(observer=log).warn("still shown")

    assert len(shown) == 1
