"""Those who are told how a start and a stop are getting on."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import pytest
from twisted.internet.defer import Deferred
from zope.interface import implementer
from zope.interface.verify import verifyClass

from orgloop.daemon.telling.link import SupervisorLink
from orgloop.daemon.telling.pidfile import PIDFile
from orgloop.daemon.telling.report import Failed, ReportPipe, from_line, read_outcome, to_line
from orgloop.daemon.telling.witness import IWitness, ReadyRuntime, Unmoved, Witnesses

RUNTIME = ReadyRuntime(
    pid=7, project="house", url="http://[::1]:4800", log="orgloop.log", warnings=("beware",)
)


@implementer(IWitness)
class Scribe(Unmoved):
    """Writes down what it is told."""

    def __init__(self, name: str, book: list[str]) -> None:
        self.name, self.book = name, book

    def ready(self, runtime: ReadyRuntime) -> None:
        self.book.append(f"{self.name}: {runtime.project} is ready")

    def failed(self, exit_code: int, lines: Sequence[str]) -> None:
        self.book.append(f"{self.name}: failed with {exit_code}")

    async def stopped(self) -> None:
        self.book.append(f"{self.name}: stopped")


@pytest.mark.parametrize("witness", [Witnesses, Unmoved, PIDFile, ReportPipe, SupervisorLink])
def test_each_of_them_is_a_witness(witness: type[IWitness]) -> None:
    verifyClass(IWitness, witness)


def test_whoever_waits_outside_hears_of_it_last() -> None:
    book: list[str] = []
    witnesses = Witnesses([Scribe("outside", book)])
    witnesses.add(Scribe("inside", book))

    witnesses.ready(RUNTIME)
    Deferred.fromCoroutine(witnesses.stopped())

    assert book == [
        "inside: house is ready",
        "outside: house is ready",
        "inside: stopped",
        "outside: stopped",
    ]


def test_one_that_comes_late_hears_at_once_that_all_is_ready() -> None:
    book: list[str] = []
    witnesses = Witnesses([])

    witnesses.ready(RUNTIME)
    witnesses.add(Scribe("late", book))

    assert book == ["late: house is ready"]


def test_a_failure_is_told_once_and_never_of_what_was_ready() -> None:
    book: list[str] = []
    failing, ready = Witnesses([Scribe("one", book)]), Witnesses([Scribe("other", book)])
    ready.ready(RUNTIME)
    book.clear()

    failing.failed(4, ["wrong"])
    failing.failed(1, ["wrong again"])
    ready.failed(1, ["too late"])

    assert book == ["one: failed with 4"]


def test_a_pid_file_is_removed_only_by_whom_it_tells_of(tmp_path: Path) -> None:
    file = tmp_path / "orgloop.pid"
    file.write_text("1")

    PIDFile(file, 7).failed(1, [])
    of_another = file.read_text()
    mine = PIDFile(file, 7)
    mine.write()
    written = file.read_text(), file.stat().st_mode & 0o777
    Deferred.fromCoroutine(mine.stopped())

    assert of_another == "1"
    assert written == ("7", 0o600)
    assert not file.exists()


def test_the_pipe_tells_of_a_ready_runtime_and_ends() -> None:
    reading, writing = os.pipe()

    ReportPipe.inherited(writing).ready(RUNTIME)

    assert read_outcome(reading) == RUNTIME
    assert os.read(reading, 1) == b""
    os.close(reading)


def test_the_pipe_tells_of_a_failure_and_ends_with_the_process() -> None:
    reading, writing = os.pipe()
    os.set_blocking(reading, False)
    report = ReportPipe.inherited(writing)

    report.failed(4, ["first", "second"])
    report.stopping("the start failed")

    assert read_outcome(reading) == Failed(4, ("first", "second"))
    with pytest.raises(BlockingIOError):
        os.read(reading, 1)
    os.close(reading)
    os.close(writing)


def test_the_pipe_tells_of_a_failure_whatever_is_said_of_it() -> None:
    said = Failed(4, ("caf\udce9 is not there",))  # the name of a file that is no UTF-8
    assert from_line(to_line(said)) == said


def test_a_stop_before_it_was_ready_is_told_as_a_failure() -> None:
    reading, writing = os.pipe()
    report = ReportPipe.inherited(writing)

    report.stopping("SIGTERM")
    os.close(writing)

    outcome = read_outcome(reading)
    assert isinstance(outcome, Failed)
    assert "SIGTERM" in outcome.lines[0]
    os.close(reading)


def test_nobody_who_reads_is_no_reason_to_stop() -> None:
    reading, writing = os.pipe()
    os.close(reading)

    ReportPipe.inherited(writing).ready(RUNTIME)


def test_a_pipe_that_ends_without_a_line_tells_of_nothing() -> None:
    reading, writing = os.pipe()
    os.close(writing)

    assert read_outcome(reading) is None
    os.close(reading)
