"""What hooks have spooled comes in: in order, once, and nothing is thrown away."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from attrs import define, field, frozen
from twisted.internet.defer import Deferred, maybeDeferred
from twisted.logger import LogEvent, LogLevel, globalLogPublisher
from zope.interface import implementer

from orgloop.connectors.coding_agent.any_agent import registration as coding_agent
from orgloop.connectors.coding_agent.config import CodingAgentConfig
from orgloop.errors import InvalidPayload, StorageUnavailable
from orgloop.interfaces import IWebhookSource
from orgloop.reports import WebhookRequest, WebhookResult
from orgloop.runtime.doors import Doors
from orgloop.runtime.project import Project
from orgloop.runtime.spoolintake import SpoolIntake
from orgloop.storage.spool import Spool, Spooled
from orgloop.storage.spoolfile import spool as keep
from orgloop.testing.lending import lend
from support.world import Worker, World, actor, done, project, source


@define(eq=False)
class Desk:
    """A world with a spool, and one project that hears of an agent's sessions."""

    world: World
    spool: Spool
    intake: SpoolIntake
    running: Project | None = None
    said: list[str] = field(factory=list)

    def keep(self, session: object, to: str = "agent", **more: Any) -> Path:
        body = {"session_id": session, "delivery_id": f"d{session}"}
        document = {"source": to, "cause": None, "body": body, **more}
        return Path(keep(str(self.spool.directory), document))

    def look(self) -> None:
        self.intake.start()
        done(self.intake.stop())

    def sessions(self) -> list[str]:
        records = done(self.world.log.read("org", 0, 100))
        return [record.event.provenance["session_id"] for record in records]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    world = World(tmp_path)
    projects: dict[str, Project] = {}
    spool = Spool(world.home.spool)
    intake = SpoolIntake(
        spool=spool,
        doors=Doors(projects),
        clock=world.clock,
        now_ms=world.now_ms,
        run_in_thread=maybeDeferred,
    )
    desk = Desk(world, spool, intake)

    def listen(event: LogEvent) -> None:
        if (
            str(event.get("log_namespace", "")).endswith("SpoolIntake")
            and event["log_level"] >= LogLevel.warn
        ):
            desk.said.append(event["log_format"].format(**event))

    globalLogPublisher.addObserver(listen)
    hears = coding_agent.source(CodingAgentConfig(), lend(tmp_path, id="agent"))
    desk.running = world.start(project(source("agent", hears), source("poll"), actor(Worker())))
    projects["org"] = desk.running
    yield desk
    globalLogPublisher.removeObserver(listen)
    world.close()


def test_what_was_spooled_comes_in_in_order_and_its_files_go(desk: Desk) -> None:
    for session in range(5):
        desk.keep(session)

    desk.look()

    assert desk.sessions() == ["0", "1", "2", "3", "4"]
    assert desk.spool.waiting() == []


def test_the_spool_is_looked_into_every_ten_seconds(desk: Desk) -> None:
    desk.intake.start()
    desk.keep(1)
    desk.world.clock.advance(9)
    assert desk.sessions() == []

    desk.world.clock.advance(1)

    assert desk.sessions() == ["1"]
    done(desk.intake.stop())


def test_what_arrived_although_it_was_spooled_is_one_event(desk: Desk) -> None:
    desk.keep(1)
    desk.look()
    desk.keep(1)

    desk.look()

    assert desk.sessions() == ["1"]
    assert desk.spool.waiting() == []


def test_what_came_of_a_delivery_continues_its_chain(desk: Desk) -> None:
    desk.keep(1)
    desk.look()
    [first] = done(desk.world.log.read("org", 0, 100))
    desk.keep(2, cause=f"{first.trace_id};{first.id}")

    desk.look()

    [second] = done(desk.world.log.effects_of("org", first.id))
    assert second.depth == 2


def test_a_file_whose_source_is_not_there_is_kept_and_told_of_once(desk: Desk) -> None:
    stays = [desk.keep(1, to="gone"), desk.keep(2, to="poll")]
    desk.keep(3)

    desk.look()
    desk.look()

    assert desk.sessions() == ["3"]
    assert desk.spool.waiting() == stays
    assert len(desk.said) == 2
    assert "gone" in desk.said[0]
    assert "poll" in desk.said[1]


def test_what_is_no_event_is_set_aside_and_told_of(desk: Desk) -> None:
    broken, empty = desk.keep(1), desk.keep("")
    broken.write_bytes(b"{")
    desk.keep(2)

    desk.look()

    assert desk.sessions() == ["2"]
    assert desk.spool.waiting() == []
    assert sorted(one.name for one in desk.spool.aside.iterdir()) == [broken.name, empty.name]
    assert ["JSON" in said or "session_id" in said for said in desk.said] == [True, True]


def test_a_project_that_drains_leaves_the_spool_alone(desk: Desk) -> None:
    file = desk.keep(1)
    assert desk.running is not None
    done(desk.running.stop_intake())

    desk.look()

    assert desk.spool.waiting() == [file]


def test_a_spool_that_is_no_directory_is_told_of_once(desk: Desk) -> None:
    desk.spool.directory.rmdir()
    desk.spool.directory.write_text("")

    desk.look()
    desk.look()

    assert len(desk.said) == 1
    assert "cannot be read" in desk.said[0]


def test_a_file_that_cannot_be_read_now_holds_up_no_other(desk: Desk) -> None:
    stays = desk.keep(1)
    desk.keep(2)
    desk.intake.spool = Sulking(desk.spool.directory, stays)

    desk.look()
    assert desk.sessions() == ["2"]
    assert "is busy" in desk.said[0]
    desk.intake.spool = desk.spool
    desk.look()

    assert desk.sessions() == ["2", "1"]
    assert desk.spool.waiting() == []


@frozen
class Sulking(Spool):
    """A spool that does not give one file away."""

    kept: Path

    def read(self, file: Path) -> Spooled:
        if file == self.kept:
            raise OSError(errno.EIO, "the disk is busy")
        return super().read(file)


@implementer(IWebhookSource)
@define(eq=False)
class Moody:
    """A webhook source that does as the test says."""

    mood: Any
    heard: list[bytes] = field(factory=list)
    path: str | None = None
    is_signed: bool = True

    async def start(self) -> None: ...
    async def stop(self) -> None: ...

    def verify(self, request: WebhookRequest) -> bool:
        return False

    async def receive(self, request: WebhookRequest) -> WebhookResult:
        self.heard.append(request.body)
        return await maybeDeferred(self.mood)


def with_source(desk: Desk, moody: Moody) -> None:
    assert desk.running is not None
    desk.world.stop(desk.running)
    desk.running = desk.world.start(project(source("agent", moody), actor(Worker())))
    desk.intake.doors.projects["org"] = desk.running  # type: ignore[index]  # the fixture's dict


def test_a_source_that_fails_keeps_its_files_in_order(desk: Desk) -> None:
    def fail() -> None:
        raise RuntimeError("not today")

    moody = Moody(fail)
    with_source(desk, moody)
    files = [desk.keep(1), desk.keep(2)]

    desk.look()

    assert desk.spool.waiting() == files
    assert len(moody.heard) == 1
    assert "not today" in desk.said[0]


def test_nothing_is_lost_while_nothing_can_be_kept(desk: Desk) -> None:
    def refuse() -> None:
        raise StorageUnavailable("the disk is full")

    moody = Moody(refuse)
    with_source(desk, moody)
    files = [desk.keep(1), desk.keep(2)]

    desk.look()
    assert desk.spool.waiting() == files
    assert desk.said == []  # the disk is told of elsewhere
    moody.mood = lambda: WebhookResult(())
    desk.look()

    assert desk.spool.waiting() == []
    assert len(moody.heard) == 3


def test_what_a_source_makes_nothing_of_is_taken(desk: Desk) -> None:
    with_source(desk, Moody(lambda: WebhookResult(())))
    desk.keep(1)

    desk.look()

    assert desk.spool.waiting() == []


def test_a_stop_waits_for_the_file_under_way_and_begins_no_other(desk: Desk) -> None:
    answer: Deferred[WebhookResult] = Deferred()
    moody = Moody(lambda: answer)
    with_source(desk, moody)
    first, second = desk.keep(1), desk.keep(2)
    desk.intake.start()

    stopped: list[None] = []
    Deferred.fromCoroutine(desk.intake.stop()).addCallback(stopped.append)
    assert stopped == []
    answer.callback(WebhookResult(()))

    assert stopped == [None]
    assert desk.spool.waiting() == [second]
    assert not first.exists()


def test_a_body_that_the_source_refuses_is_set_aside(desk: Desk) -> None:
    def refuse() -> None:
        raise InvalidPayload("no")

    with_source(desk, Moody(refuse))
    desk.keep(1)

    desk.look()

    assert desk.spool.waiting() == []
    assert len(list(desk.spool.aside.iterdir())) == 1
