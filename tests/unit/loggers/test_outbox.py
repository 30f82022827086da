"""The outbox sends what it is given in order, loses little, and counts what it loses."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from attrs import define, field
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.logger import LogEvent, formatEvent, globalLogPublisher

from orgloop.durations import Duration
from orgloop.loggers.outbox.errors import NotSent, Refused, TooLarge
from orgloop.loggers.outbox.outbox import Limits, Outbox
from orgloop.loggers.outbox.patience import RetryOptions
from orgloop.loggers.outbox.trouble import Trouble


@define
class Receiver:
    """Take batches, or do what ``troubles`` says of each."""

    troubles: list[Exception | Deferred[None]] = field(factory=list)
    taken: list[list[int]] = field(factory=list)
    tries: int = 0

    async def __call__(self, batch: Sequence[int]) -> None:
        self.tries += 1
        if self.troubles:
            trouble = self.troubles.pop(0)
            if isinstance(trouble, Exception):
                raise trouble
            await trouble
        self.taken.append(list(batch))


@pytest.fixture
def receiver() -> Receiver:
    return Receiver()


def make(clock: Clock, receiver: Receiver, **retry: object) -> Outbox[int]:
    limits = Limits(size=10, batch=3, delay_seconds=5)
    return Outbox("far", receiver, clock, limits, RetryOptions(**retry))


def test_a_full_batch_goes_out_at_once_and_the_rest_in_time(
    clock: Clock, receiver: Receiver
) -> None:
    outbox = make(clock, receiver)

    outbox.put([1, 2, 3, 4])
    assert receiver.taken == [[1, 2, 3]]

    clock.advance(4.9)
    outbox.put([5])
    assert receiver.taken == [[1, 2, 3]]
    clock.advance(0.2)
    assert receiver.taken == [[1, 2, 3], [4, 5]]
    assert not clock.getDelayedCalls()


def test_what_did_not_arrive_is_sent_again_ever_more_slowly(
    clock: Clock, receiver: Receiver
) -> None:
    receiver.troubles = [NotSent("away")] * 4
    outbox = make(clock, receiver, max_delay=Duration(3_000))
    outbox.put([1, 2, 3])

    tries = []
    for _ in range(12):
        tries.append(receiver.tries)
        clock.advance(1)

    assert tries == [1, 2, 2, 3, 3, 3, 4, 4, 4, 5, 5, 5]
    assert receiver.taken == [[1, 2, 3]]
    assert outbox.lost == 0


def test_a_receiver_is_left_alone_for_as_long_as_it_asks(clock: Clock, receiver: Receiver) -> None:
    receiver.troubles = [NotSent("busy", after_seconds=20), NotSent("busy", after_seconds=9_999)]
    outbox = make(clock, receiver)
    outbox.put([1, 2, 3])
    outbox.put([4, 5, 6])

    clock.advance(19.9)
    assert receiver.tries == 1
    clock.advance(0.1)
    assert receiver.tries == 2
    clock.advance(300)
    assert receiver.taken == [[1, 2, 3], [4, 5, 6]]


def test_what_does_not_fit_is_lost_and_counted(clock: Clock, receiver: Receiver) -> None:
    receiver.troubles = [NotSent("away")]
    outbox = make(clock, receiver)

    outbox.put([1, 2, 3])
    outbox.put(range(4, 15))

    assert outbox.lost == 4
    clock.advance(1)
    assert [one for batch in receiver.taken for one in batch] == list(range(1, 11))


def test_a_batch_that_is_out_of_attempts_is_lost_and_the_next_waits_its_turn(
    clock: Clock, receiver: Receiver
) -> None:
    receiver.troubles = [NotSent("away")] * 2
    outbox = make(clock, receiver, max_attempts=2)
    outbox.put([1, 2, 3, 4, 5, 6])

    clock.advance(1)
    assert (outbox.lost, receiver.tries) == (3, 2)
    outbox.put([7])
    assert receiver.tries == 2
    clock.advance(2)
    assert receiver.taken == [[4, 5, 6], [7]]


@pytest.mark.parametrize(("count", "lost"), [(None, 3), (1, 1)])
def test_what_is_refused_is_not_sent_again(
    clock: Clock, receiver: Receiver, count: int | None, lost: int
) -> None:
    receiver.troubles = [Refused("no", count=count)]
    outbox = make(clock, receiver)

    outbox.put([1, 2, 3, 4, 5, 6])

    assert receiver.taken == [[4, 5, 6]]
    assert outbox.lost == lost


def test_what_is_refused_stays_known_until_something_is_wanted(
    clock: Clock, receiver: Receiver
) -> None:
    receiver.troubles = [Refused("no entry for you")]
    outbox = make(clock, receiver)

    outbox.put([1, 2, 3])
    assert outbox.trouble == "no entry for you"
    outbox.put([4, 5, 6])

    assert outbox.trouble is None


@define
class Narrow(Receiver):
    """Take no batch whose numbers add up to more than ten."""

    async def __call__(self, batch: Sequence[int]) -> None:
        self.tries += 1
        if sum(batch) > 10:
            raise TooLarge("it answered 413")
        self.taken.append(list(batch))


def test_what_was_lost_is_reported_with_the_reason_why(clock: Clock, receiver: Receiver) -> None:
    receiver.troubles = [Refused("no entry"), Refused("no entry")]
    outbox, said = make(clock, receiver), list[str]()

    def note(event: LogEvent) -> None:
        said.append(formatEvent(event) or "")

    globalLogPublisher.addObserver(note)
    outbox.put(range(9))
    globalLogPublisher.removeObserver(note)

    assert said == [
        "logger far lost 3 entries: no entry",
        "logger far sends again, after 0 s",
        "logger far lost 3 entries: no entry",
    ]


def test_what_is_too_large_goes_in_halves_and_only_what_never_fits_is_lost(clock: Clock) -> None:
    narrow = Narrow()
    limits = Limits(size=50, batch=8, delay_seconds=5)
    outbox = Outbox("far", narrow, clock, limits)

    outbox.put([1, 2, 3, 4, 5, 11, 6, 7])
    clock.advance(5)
    assert [one for batch in narrow.taken for one in batch] == [1, 2, 3, 4, 5, 6, 7]
    assert outbox.lost == 1
    outbox.put([1] * 40)
    clock.advance(5)

    assert len(narrow.taken[-2]) == 8
    assert outbox.lost == 1
    assert not clock.getDelayedCalls()


def test_flushing_sends_everything_and_does_not_insist(clock: Clock, receiver: Receiver) -> None:
    outbox = make(clock, receiver)
    outbox.put([1])
    Deferred.fromCoroutine(outbox.flush())
    assert receiver.taken == [[1]]

    receiver.troubles = [NotSent("away")]
    outbox.put([2])
    flushed = Deferred.fromCoroutine(outbox.flush())
    assert flushed.called
    assert receiver.taken == [[1]]

    Deferred.fromCoroutine(outbox.flush())
    assert receiver.taken == [[1], [2]]
    assert not clock.getDelayedCalls()


def test_flushing_waits_for_the_batch_under_way(clock: Clock, receiver: Receiver) -> None:
    slow: Deferred[None] = Deferred()
    receiver.troubles = [slow]
    outbox = make(clock, receiver)
    outbox.put([1, 2, 3])
    outbox.put([4])
    flushed = Deferred.fromCoroutine(outbox.flush())
    assert not flushed.called

    slow.callback(None)

    assert flushed.called
    assert receiver.taken == [[1, 2, 3], [4]]


def test_stopping_sends_what_waits(clock: Clock, receiver: Receiver) -> None:
    outbox = make(clock, receiver)
    outbox.put([1])

    Deferred.fromCoroutine(outbox.stop())

    assert receiver.taken == [[1]]
    assert outbox.lost == 0
    outbox.put([2])
    assert outbox.lost == 1
    assert not clock.getDelayedCalls()


def test_stopping_does_not_try_again_what_has_just_failed(clock: Clock, receiver: Receiver) -> None:
    receiver.troubles = [NotSent("away")]
    outbox = make(clock, receiver)
    outbox.put([1, 2])
    Deferred.fromCoroutine(outbox.flush())

    Deferred.fromCoroutine(outbox.stop())

    assert receiver.tries == 1
    assert outbox.lost == 2
    assert not clock.getDelayedCalls()


def test_a_flush_that_was_given_up_is_not_begun_again_by_the_stop(
    clock: Clock, receiver: Receiver
) -> None:
    receiver.troubles = [Deferred()]
    outbox = make(clock, receiver)
    outbox.put([1, 2])
    flushed = Deferred.fromCoroutine(outbox.flush())
    flushed.addErrback(lambda failure: None)
    flushed.cancel()

    stopped = Deferred.fromCoroutine(outbox.stop())

    assert stopped.called
    assert (receiver.tries, outbox.lost) == (1, 2)
    assert not clock.getDelayedCalls()


def test_a_bug_in_sending_loses_the_batch_and_not_the_logger(
    clock: Clock, receiver: Receiver, logged_errors: Any
) -> None:
    receiver.troubles = [ValueError("a bug")]
    outbox = make(clock, receiver)
    outbox.put([1, 2, 3])
    assert len(logged_errors.take(ValueError)) == 1

    outbox.put([4])
    clock.advance(30)

    assert receiver.taken == [[4]]
    assert outbox.lost == 3


def test_an_outage_is_told_of_once_a_minute_and_when_it_is_over(
    clock: Clock, receiver: Receiver, told: list[str]
) -> None:
    receiver.troubles = [NotSent("away")] * 7
    outbox = make(clock, receiver)
    outbox.put(range(12))

    for _ in range(200):
        clock.advance(1)

    assert told == [
        "logger far lost 2 entries: its buffer is full",
        "logger far cannot send, and tries again: away",
        "logger far cannot send, and tries again: away",
        "logger far sends again, after 91 s",
    ]


@pytest.fixture
def told() -> Iterator[list[str]]:
    lines: list[str] = []

    def observe(event: LogEvent) -> None:
        if event["log_namespace"] == Trouble.__module__ + ".Trouble":
            lines.append(formatEvent(event))

    globalLogPublisher.addObserver(observe)
    yield lines
    globalLogPublisher.removeObserver(observe)
