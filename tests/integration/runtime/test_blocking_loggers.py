"""A logger that blocks has a thread of its own: the flow does not wait for it, nor does a stop."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from threading import Event, current_thread
from typing import Any

import pytest
import pytest_twisted
from attrs import define, evolve, field
from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock, deferLater
from twisted.logger import LogEvent, formatEvent, globalLogPublisher
from zope.interface import implementer
from zope.interface.verify import verifyObject

from orgloop.config.model import LoggerDefinition, ProjectDefinition
from orgloop.interfaces import IBlockingLogger, ILogger
from orgloop.logentry import LogEntry
from orgloop.runtime.blocking import InItsThread
from orgloop.runtime.observers import Observers
from orgloop.runtime.runtime import Runtime
from orgloop.sdk.http import HTTPClient
from orgloop.storage.home import Home
from orgloop.storage.worker import ThreadWorker
from support.world import PLACE, Worker, actor, draft, project, registration, route, source


@implementer(IBlockingLogger)
@define(eq=False)
class Slow:
    """A logger that takes as long over its entries as the test lets it."""

    may_go_on: Event = field(factory=Event)
    calls: list[str] = field(factory=list)
    threads: set[str] = field(factory=set)
    written: list[str] = field(factory=list)
    has_stopped: Event = field(factory=Event)

    def start(self) -> None:
        self._called("start")

    def write(self, entries: Sequence[LogEntry]) -> None:
        self._called("write")
        self.may_go_on.wait()
        self.written += [entry.phase for entry in entries]

    def flush(self) -> None:
        self._called("flush")

    def reopen(self) -> None:
        self._called("reopen")

    def stop(self) -> None:
        self._called("stop")
        self.has_stopped.set()

    def _called(self, name: str) -> None:
        self.calls.append(name)
        self.threads.add(current_thread().name)


@pytest.fixture
def slow() -> Iterator[Slow]:
    made = Slow()
    yield made
    made.may_go_on.set()


@pytest.fixture
def said() -> Iterator[list[str]]:
    lines: list[str] = []

    def note(event: LogEvent) -> None:
        lines.append(formatEvent(event))

    globalLogPublisher.addObserver(note)
    yield lines
    globalLogPublisher.removeObserver(note)


def with_logger(logger: Any, worker: Worker) -> ProjectDefinition:
    definition = LoggerDefinition(
        id="slow",
        plugin="fake",
        registration=registration("logger", logger),
        config=None,
        place=PLACE,
    )
    return evolve(project(source(), actor(worker), route()), loggers={"slow": definition})


def new_runtime(tmp_path: Path) -> Runtime:
    home = Home(tmp_path / "home")
    home.create()
    return Runtime(
        home=home,
        reactor=reactor,
        environ={},
        http_client=HTTPClient(reactor),
        now_ms=lambda: 1_767_225_600_000,
        observers=Observers(reactor),
    )


async def close(runtime: Runtime) -> None:
    await runtime.stop_intake(5)
    await runtime.drain(5)
    await runtime.flush_loggers()
    await runtime.save()


@pytest_twisted.ensureDeferred
async def test_events_pass_while_a_logger_blocks(tmp_path: Path, slow: Slow) -> None:
    all_came: Deferred[None] = Deferred()

    def answer(dispatch: Any) -> Any:
        if len(worker.attempts) == 500:
            all_came.callback(None)
        return Worker().answer(dispatch)

    worker, runtime = Worker(answer), new_runtime(tmp_path)
    await runtime.open()
    running = await runtime.load_project(with_logger(slow, worker))

    for first in range(0, 500, 100):
        await running.accept("src", [draft(n) for n in range(first, first + 100)])
    await all_came
    assert slow.written == []
    slow.may_go_on.set()
    await close(runtime)

    assert slow.written.count("deliver.success") == 500
    assert slow.calls[0] == "start"
    assert slow.calls[-2:] == ["flush", "stop"]
    assert slow.threads == {"logger slow"}


@pytest_twisted.ensureDeferred
async def test_a_stop_leaves_behind_a_logger_that_hangs(slow: Slow, said: list[str]) -> None:
    clock, worker = Clock(), ThreadWorker(reactor, "logger slow")
    observers = Observers(clock)
    observers.add("org", "slow", InItsThread(slow, worker))
    await worker.run(lambda: None)  # it has started
    observers.observe(LogEntry(phase="source.emit", timestamp=1, project="org"))
    clock.advance(0.05)

    stopped = Deferred.fromCoroutine(observers.stop())
    clock.advance(2)
    clock.advance(2)

    assert stopped.called
    assert said[-1] == "stopping logger slow took too long"
    assert not slow.has_stopped.is_set()
    slow.may_go_on.set()
    while worker._thread is not None:
        await deferLater(reactor, 0.001)


@pytest_twisted.ensureDeferred
async def test_it_reopens_in_its_turn() -> None:
    logger = Slow()
    logger.may_go_on.set()
    adapted = InItsThread(logger, ThreadWorker(reactor, "logger"))
    assert verifyObject(ILogger, adapted)
    assert verifyObject(IBlockingLogger, logger)

    await adapted.start()
    adapted.reopen()
    await adapted.write([])
    await adapted.stop()

    assert logger.calls == ["start", "reopen", "write", "stop"]


@pytest_twisted.ensureDeferred
async def test_what_is_to_be_reopened_while_it_stops_holds_up_nothing() -> None:
    logger = Slow()
    adapted = InItsThread(logger, ThreadWorker(reactor, "logger"))
    writing = Deferred.fromCoroutine(adapted.write([]))

    stopping = Deferred.fromCoroutine(adapted.stop())
    adapted.reopen()
    logger.may_go_on.set()
    await writing
    await stopping

    assert logger.calls == ["write", "stop"]
