"""What a runtime says over its channel, and how its process is told things, and ends."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from typing import Any

import pytest
from attrs import define, field
from twisted.internet.error import ProcessDone, ProcessExitedAlready, ProcessTerminated
from twisted.internet.task import Clock
from twisted.python.failure import Failure
from zope.interface import implementer
from zope.interface.verify import verifyObject

from orgloop.daemon.supervisor.backoff import Pace
from orgloop.daemon.supervisor.child import RuntimeProcess
from orgloop.daemon.supervisor.ending import Ending
from orgloop.daemon.supervisor.output import PassedOn
from orgloop.daemon.supervisor.roles import IFollower, IRuntimeProcess
from orgloop.daemon.telling.channel import Channel
from orgloop.daemon.telling.report import Failed
from orgloop.daemon.telling.witness import MAKING_WAY, ReadyRuntime
from orgloop.durations import Duration

PREPARED = {
    "project": "house",
    "file": "/house/orgloop.yaml",
    "host": "127.0.0.1",
    "heartbeat_ms": 2_000,
    "backoff_initial_ms": 1_000,
    "backoff_max_ms": 30_000,
    "max_restarts": 10,
    "window_ms": 300_000,
    "log_level": "info",
    "log_format": None,
}
READY = {"pid": 7, "project": "house", "url": "http://house", "log": "/log", "port": 4800}


@implementer(IFollower)
@define
class Follower:
    """Notes what it is told."""

    heard: list[Any] = field(factory=list)

    def prepared(self, process: Any) -> None:
        """See `IFollower.prepared`."""
        self.heard.append(process.introduction)

    def listening(self, process: Any, opened: Any, in_use: Any) -> None:
        """See `IFollower.listening`."""
        self.heard.append((opened, in_use))

    def ready(self, process: Any, runtime: ReadyRuntime) -> None:
        """See `IFollower.ready`."""
        self.heard.append(runtime)

    def leaving(self, process: Any) -> None:
        """See `IFollower.leaving`."""
        self.heard.append("leaving")

    def alive(self, process: Any) -> None:
        """See `IFollower.alive`."""
        self.heard.append("alive")

    def wedged(self, process: Any) -> None:
        """See `IFollower.wedged`."""
        self.heard.append("wedged")

    def ended(self, process: Any, ending: Ending) -> None:
        """See `IFollower.ended`."""
        self.heard.append(ending)


@define
class Transport:
    """A process that is not there; provides what is used of `IProcessTransport`."""

    pid: int = 7
    signals: list[int] = field(factory=list)
    is_gone: bool = False

    def signalProcess(self, number: int) -> None:
        if self.is_gone:
            raise ProcessExitedAlready
        self.signals.append(number)


@define
class Held:
    """A process as the supervisor holds it, and the other ends of all that leads to it."""

    process: RuntimeProcess
    runtime: Channel
    follower: Follower
    transport: Transport
    clock: Clock
    stderr: int

    def say(self, say: str, **fields: Any) -> None:
        """Have the runtime say something."""
        self.runtime.send(say, fields)
        self.process.read_channel()

    def begin(self) -> None:
        """Let it begin."""
        self.say("prepared", **PREPARED)
        self.process.begin({"restarts": 0}, {})

    def end(self, code: int | None, signal: int | None = None) -> Ending:
        """Have the process end; return what is told of that."""
        self.runtime.close()
        error = ProcessTerminated(code, signal) if code or signal else ProcessDone(0)
        self.process.processExited(Failure(error))
        ending = self.follower.heard[-1]
        assert isinstance(ending, Ending)
        return ending


@pytest.fixture
def held() -> Iterator[Held]:
    ours, theirs = Channel.pair()
    runtime = Channel(theirs)
    reading, writing = os.pipe()
    follower, transport, clock = Follower(), Transport(), Clock()
    output = PassedOn(reading, lambda data: None)
    process = RuntimeProcess(follower=follower, clock=clock, channel=ours, output=output)
    process.transport = transport  # type: ignore[assignment]  # as far as it is used
    process.connectionMade()
    yield Held(process, runtime, follower, transport, clock, writing)
    os.close(writing)
    runtime.close()
    output.close()
    ours.close()
    process.processExited(Failure(ProcessDone(0)))  # perhaps again: all that is due is called off
    assert clock.getDelayedCalls() == []


def test_it_is_what_it_says(held: Held) -> None:
    assert verifyObject(IRuntimeProcess, held.process)
    assert verifyObject(IFollower, held.follower)


def test_it_tells_how_it_gets_on(held: Held) -> None:
    held.begin()
    held.say("ready", **READY)
    held.say("stopping", reason="SIGTERM")
    ending = held.end(0)

    introduction, ready, leaving, _ = held.follower.heard
    assert introduction.project == "house"
    assert introduction.pace.heartbeat_interval == Duration(2_000)
    assert ready == ReadyRuntime(pid=7, project="house", url="http://house", log="/log")
    assert leaving == "leaving"
    assert ending == Ending(code=0)
    assert held.runtime.fileno() == -1


def test_what_it_said_and_wrote_last_is_heard_after_its_death(held: Held) -> None:
    held.runtime.send("failed", {"exit_code": 4, "lines": ["orgloop.yaml:3: no such source"]})
    os.write(held.stderr, b"Fatal Python error\n")

    ending = held.end(4)

    assert ending == Ending(
        code=4,
        failed=Failed(4, ("orgloop.yaml:3: no such source",)),
        has_begun=False,
        stderr=("Fatal Python error",),
    )


def test_one_that_has_not_begun_is_killed_and_is_spared_other_signals(held: Held) -> None:
    held.process.pass_on(signal.SIGUSR1)
    held.process.ask_to_stop()

    assert held.transport.signals == [signal.SIGKILL]


def test_one_that_has_begun_is_asked_once_and_hurried_as_often_as_you_like(held: Held) -> None:
    held.begin()
    held.process.pass_on(signal.SIGUSR1)
    for _ in range(2):
        held.process.ask_to_stop()
    held.process.hurry()

    assert held.transport.signals == [signal.SIGUSR1, signal.SIGTERM, signal.SIGTERM]


def test_one_that_makes_way_is_not_on_its_way_out_for_good(held: Held) -> None:
    held.begin()
    held.say("stopping", reason=MAKING_WAY)
    held.process.ask_to_stop()

    assert "leaving" not in held.follower.heard
    assert held.transport.signals == []


def test_one_that_stops_by_itself_is_not_hurried_by_the_first_request(held: Held) -> None:
    held.begin()
    held.say("stopping", reason="POST /control/shutdown")
    held.process.ask_to_stop()

    assert held.transport.signals == []


def test_what_it_is_told_arrives(held: Held) -> None:
    held.begin()
    held.process.make_way()

    begin, make_way = held.runtime.receive()
    assert (begin.say, begin.fields) == ("begin", {"restarts": 0})
    assert make_way.say == "make way"


def test_beats_keep_it_alive_and_silence_ends_it(held: Held) -> None:
    held.begin()
    held.runtime.beat()
    held.process.read_channel()
    held.clock.pump([2] * 4)
    held.clock.advance(1)
    held.clock.advance(5)
    ending = held.end(None, signal.SIGKILL)

    assert held.follower.heard[1:3] == ["alive", "wedged"]
    assert held.transport.signals == [signal.SIGUSR2, signal.SIGTERM, signal.SIGKILL]
    assert ending == Ending(signal=signal.SIGKILL, was_wedged=True)


def test_one_that_ends_of_the_first_signal_is_sent_no_other(held: Held) -> None:
    held.begin()
    held.runtime.beat()
    held.process.read_channel()
    held.clock.pump([2] * 4)
    ending = held.end(None, signal.SIGUSR2)
    held.clock.advance(60)

    assert held.transport.signals == [signal.SIGUSR2]
    assert ending.was_wedged


def test_one_that_waits_for_its_turn_need_give_no_sign_of_life(held: Held) -> None:
    held.process.watch(Pace())
    held.say("prepared", **PREPARED)

    held.clock.pump([30] * 100)

    assert "wedged" not in held.follower.heard


def test_signals_to_one_that_is_gone_are_let_go(held: Held) -> None:
    held.begin()
    held.transport.is_gone = True

    held.process.hurry()
