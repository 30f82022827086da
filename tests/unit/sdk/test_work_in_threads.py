import pytest
from twisted.internet.defer import CancelledError, Deferred

from orgloop.sdk.threads import outcome_of


def waiting(work: Deferred, ended: list) -> Deferred:
    return Deferred.fromCoroutine(outcome_of(work, lambda: ended.append(True)))


def failure_of(pending: Deferred) -> list:
    failures: list = []
    pending.addErrback(failures.append)
    return failures


def test_the_result_comes_out():
    work: Deferred = Deferred()
    results: list = []
    waiting(work, []).addCallback(results.append)

    work.callback(7)

    assert results == [7]


def test_what_the_work_raises_comes_out():
    work: Deferred = Deferred()
    failures = failure_of(waiting(work, []))

    work.errback(OSError("no"))

    assert failures[0].check(OSError)


@pytest.mark.parametrize("result", [7, OSError("ended")])
def test_a_cancelled_call_ends_the_work_and_waits_for_its_end(result):
    work, ended = Deferred(), []
    pending = waiting(work, ended)
    failures = failure_of(pending)

    pending.cancel()
    assert ended == [True]
    assert failures == []

    (work.errback if isinstance(result, Exception) else work.callback)(result)
    assert failures[0].check(CancelledError)
