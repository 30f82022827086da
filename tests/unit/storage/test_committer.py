from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from orgloop.errors import StorageUnavailable
from orgloop.storage.committer import Committer
from orgloop.storage.transactions import Committed, Task
from support.storage import ManualWorker, outcomes_of, result_of


class Recorded:
    """Stands in for `Transactions`: answers each task with what its work makes of its argument."""

    def __init__(self) -> None:
        self.groups: list[list[Any]] = []
        self.is_closed = False

    def run(self, group: Sequence[Task]) -> Committed[str]:
        self.groups.append([task.argument for task in group])
        results = [task.work(None, [task.argument])[0] for task in group]
        if any(isinstance(result, Failure) for result in results):
            return Committed(results)
        return Committed(results, [f"group {len(self.groups)}"])

    def close(self) -> None:
        self.is_closed = True


def echo(connection: object, arguments: Sequence[Any]) -> Sequence[Any]:
    return arguments


def refuse(connection: object, arguments: Sequence[Any]) -> Sequence[Any]:
    return [Failure(StorageUnavailable("full")) for _ in arguments]


def blunder(connection: object, arguments: Sequence[Any]) -> Sequence[Any]:
    return [Failure(ZeroDivisionError()) for _ in arguments]


class Bench:
    def __init__(self) -> None:
        self.worker = ManualWorker()
        self.recorded = Recorded()
        self.heard: list[str] = []
        self.committer = Committer(self.recorded, self.worker, self.heard.append)


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_what_arrives_before_the_thread_runs_is_one_group(bench: Bench) -> None:
    pending = [bench.committer.submit(echo, n) for n in range(3)]
    bench.worker.steps()
    assert bench.recorded.groups == [[0, 1, 2]]
    assert [result_of(one) for one in pending] == [0, 1, 2]


def test_what_arrives_with_the_answers_forms_the_next_group(bench: Bench) -> None:
    later: list[Any] = []

    def submit_more(result: Any) -> None:
        later.append(bench.committer.submit(echo, f"after {result}"))

    for n in range(2):
        bench.committer.submit(echo, n).addCallback(submit_more)
    bench.worker.steps()
    assert bench.recorded.groups == [[0, 1], ["after 0", "after 1"]]


def test_what_arrives_while_a_commit_runs_forms_the_next_group(bench: Bench) -> None:
    later: list[Any] = []

    def meanwhile(connection: object, arguments: Sequence[Any]) -> Sequence[Any]:
        later.append(bench.committer.submit(echo, "later"))
        return arguments

    bench.committer.submit(meanwhile, "first")
    bench.worker.steps()
    assert bench.recorded.groups == [["first"], ["later"]]
    assert result_of(later[0]) == "later"


def test_the_summary_comes_before_the_answers(bench: Bench) -> None:
    bench.committer.submit(echo, "answer").addCallback(bench.heard.append)
    bench.worker.steps()
    assert bench.heard == ["group 1", "answer"]


def test_only_what_failed_fails(bench: Bench) -> None:
    pending = [bench.committer.submit(work, 1) for work in (echo, refuse, echo)]
    bench.worker.steps()
    assert list(outcomes_of(pending)) == [1, StorageUnavailable, 1]


def test_it_knows_whether_the_disk_takes_writes(bench: Bench) -> None:
    assert bench.committer.is_healthy
    refused = bench.committer.submit(refuse, 1)
    bench.worker.steps()
    assert not bench.committer.is_healthy
    with pytest.raises(StorageUnavailable):
        result_of(refused)
    bench.committer.submit(echo, 1)
    bench.worker.steps()
    assert bench.committer.is_healthy


def test_a_commit_that_does_not_end_can_be_told_from_the_next_one(bench: Bench) -> None:
    assert bench.committer.under_way is None

    bench.committer.submit(echo, 1)
    first = bench.committer.under_way
    bench.committer.submit(echo, 2)
    assert first is not None
    assert bench.committer.under_way == first

    bench.worker.steps()
    assert bench.committer.under_way is None

    bench.committer.submit(echo, 3)
    assert bench.committer.under_way not in (None, first)
    bench.worker.steps()


def test_a_mistake_of_ours_is_logged_as_a_bug(bench: Bench, logged_errors: Any) -> None:
    pending = bench.committer.submit(blunder, 1)
    bench.worker.steps()
    with pytest.raises(ZeroDivisionError):
        result_of(pending)
    assert len(logged_errors.take(ZeroDivisionError)) == 1
    assert bench.committer.is_healthy


def test_a_thread_that_fails_answers_everybody(bench: Bench, logged_errors: Any) -> None:
    def broken(group: object) -> Committed[str]:
        raise RuntimeError("bug")

    bench.recorded.run = broken
    pending = [bench.committer.submit(echo, n) for n in range(2)]
    bench.worker.steps()
    assert list(outcomes_of(pending)) == [RuntimeError, RuntimeError]
    assert len(logged_errors.take(RuntimeError)) == 1


def test_closing_waits_for_what_was_submitted(bench: Bench) -> None:
    pending = bench.committer.submit(echo, 1)
    closed = Deferred.fromCoroutine(bench.committer.close())
    bench.worker.step()
    assert result_of(pending) == 1
    assert not closed.called
    bench.worker.steps()
    assert closed.called
    assert bench.recorded.is_closed
    assert bench.worker.has_quit


def test_nothing_is_taken_after_closing(bench: Bench) -> None:
    Deferred.fromCoroutine(bench.committer.close())
    with pytest.raises(StorageUnavailable):
        result_of(bench.committer.submit(echo, 1))
    bench.worker.steps()
    assert bench.recorded.groups == []
