"""Once a second the runtime looks whether the disk is back, and tells of it once a minute."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from attrs import define
from twisted.internet.task import Clock
from twisted.logger import LogEvent, formatEvent, globalLogPublisher

from orgloop.errors import StorageUnavailable
from orgloop.runtime.metrics import Metrics
from orgloop.runtime.vitals import Vitals


@define
class Disk:
    """Stores whose disk refuses when told."""

    is_full: bool = False
    are_healthy: bool = True

    async def probe(self) -> None:
        if self.is_full:
            raise StorageUnavailable("the file cannot be used now: it is full")
        self.are_healthy = True


@pytest.fixture
def said() -> Iterator[list[str]]:
    lines: list[str] = []

    def note(event: LogEvent) -> None:
        lines.append(formatEvent(event))

    globalLogPublisher.addObserver(note)
    yield lines
    globalLogPublisher.removeObserver(note)


def seconds(clock: Clock, count: int) -> None:
    for _ in range(count):
        clock.advance(1)


def test_an_outage_is_said_when_it_begins_once_a_minute_and_when_it_ends(said: list[str]) -> None:
    clock, disk = Clock(), Disk()
    vitals = Vitals(clock, Metrics(), disk)
    vitals.start()
    seconds(clock, 5)
    disk.is_full, disk.are_healthy = True, False
    seconds(clock, 121)
    disk.is_full = False
    seconds(clock, 5)
    vitals.stop()
    refused = (
        "nothing is accepted and nothing delivered until the disk takes writes again: "
        "the file cannot be used now: it is full"
    )
    assert said == [refused] * 3 + ["the disk takes writes again, after 121 s"]


def test_the_end_of_an_outage_is_noticed_when_something_else_was_written(said: list[str]) -> None:
    clock, disk = Clock(), Disk(is_full=True, are_healthy=False)
    vitals = Vitals(clock, Metrics(), disk)
    vitals.start()
    seconds(clock, 2)
    disk.is_full, disk.are_healthy = False, True
    seconds(clock, 2)
    vitals.stop()
    assert said[1:] == ["the disk takes writes again, after 2 s"]
