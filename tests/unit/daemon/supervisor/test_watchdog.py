"""When a runtime counts as wedged, and what is done to it then."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest
from attrs import define, field
from twisted.internet.task import Clock
from twisted.logger import LogEvent, globalLogPublisher
from zope.interface import implementer

from orgloop.daemon.supervisor.last_resort import LastResort
from orgloop.daemon.supervisor.output import IOutput
from orgloop.daemon.supervisor.watchdog import Watchdog
from orgloop.durations import Duration

PERIOD = Duration(30_000)


@define
class Watched:
    """A watchdog, and what it has said."""

    clock: Clock = field(factory=Clock)
    said: list[str] = field(factory=list)
    dog: Watchdog = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.dog = Watchdog(
            clock=self.clock,
            on_alive=lambda: self.said.append("alive"),
            on_wedged=lambda: self.said.append("wedged"),
        )

    def pass_periods(self, count: int, period: Duration = PERIOD) -> list[str]:
        """Return what it says meanwhile."""
        self.said.clear()
        self.clock.pump([period.seconds] * count)
        return list(self.said)


@pytest.fixture
def watched() -> Watched:
    made = Watched()
    made.dog.watch(PERIOD)
    return made


def test_three_periods_without_a_sign_are_too_many(watched: Watched) -> None:
    watched.dog.beat()

    assert watched.pass_periods(3) == ["alive"]
    assert watched.pass_periods(1) == ["wedged"]
    assert watched.pass_periods(5) == []
    assert watched.clock.getDelayedCalls() == []


def test_one_sign_makes_up_for_what_was_missing(watched: Watched) -> None:
    watched.dog.beat()
    watched.pass_periods(3)
    watched.dog.beat()

    assert watched.pass_periods(3) == ["alive"]


def test_the_first_sign_may_take_two_minutes(watched: Watched) -> None:
    assert watched.pass_periods(3) == []
    assert watched.pass_periods(1) == ["wedged"]


def test_the_first_sign_may_take_three_periods_if_those_are_longer() -> None:
    watched, hour = Watched(), Duration(3_600_000)
    watched.dog.watch(hour)

    assert watched.pass_periods(2, hour) == []
    assert watched.pass_periods(1, hour) == ["wedged"]


def test_a_machine_that_was_suspended_blames_nobody(watched: Watched) -> None:
    watched.dog.beat()
    watched.pass_periods(1)
    watched.said.clear()

    watched.clock.advance(100_000)  # one look, however late it is

    assert watched.said == []


def test_one_that_rests_says_nothing(watched: Watched) -> None:
    watched.dog.rest()
    watched.dog.rest()

    assert watched.pass_periods(50) == []


# --- the last resort ----------------------------------------------------------------------------


@implementer(IOutput)
@define
class Written:
    """Output that a test writes."""

    data: bytes = b""

    def catch_up(self) -> None:
        """See `IOutput.catch_up`."""

    def position(self) -> int:
        """See `IOutput.position`."""
        return len(self.data)

    def since(self, position: int) -> bytes:
        """See `IOutput.since`."""
        return self.data[position:]


@define
class Doomed:
    """A process that is to be ended, and the signals it was sent."""

    clock: Clock = field(factory=Clock)
    output: Written = field(factory=Written)
    sent: list[int] = field(factory=list)

    def end(self) -> LastResort:
        resort = LastResort(pid=7, send=self.sent.append, output=self.output, clock=self.clock)
        resort.begin()
        return resort


def test_it_is_asked_for_its_stacks_then_to_end_then_killed(tmp_path: Path) -> None:
    doomed, logged = Doomed(), list[LogEvent]()
    globalLogPublisher.addObserver(logged.append)
    doomed.output.data += b"of earlier\n"

    doomed.end()
    doomed.output.data += b'File "slow.py", line 3 in poll\n'
    asked = list(doomed.sent)
    doomed.clock.advance(1)
    told = list(doomed.sent)
    doomed.clock.advance(5)
    globalLogPublisher.removeObserver(logged.append)

    assert asked == [signal.SIGUSR2]
    assert told == [signal.SIGUSR2, signal.SIGTERM]
    assert doomed.sent == [signal.SIGUSR2, signal.SIGTERM, signal.SIGKILL]
    assert logged[0]["stacks"] == 'File "slow.py", line 3 in poll'


@pytest.mark.parametrize("after", [0.5, 3.0])
def test_nothing_is_sent_to_one_that_is_gone(after: float) -> None:
    doomed = Doomed()
    resort = doomed.end()
    doomed.clock.advance(after)
    sent = list(doomed.sent)

    resort.cancel()
    doomed.clock.advance(60)

    assert doomed.sent == sent
