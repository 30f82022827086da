"""Loggers observe; they never slow, block or fail what they watch, nor one another."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import define, field
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.logger import LogEvent, globalLogPublisher
from zope.interface import implementer

from orgloop.hidden import Hidden
from orgloop.interfaces import IBufferingLogger, ILogger
from orgloop.logentry import LogEntry
from orgloop.runtime.feed import BUFFERED_ENTRIES
from orgloop.runtime.observers import Observers


@implementer(ILogger)
@define(eq=False)
class Recorder:
    """Keep what is written; fail or hang when told to."""

    written: list[LogEntry] = field(factory=list)
    calls: list[str] = field(factory=list)
    broken: set[str] = field(factory=set)
    hanging: Deferred[None] | None = None

    async def start(self) -> None:
        self._called("start")

    async def write(self, entries: Sequence[LogEntry]) -> None:
        self._called("write")
        if self.hanging is not None:
            await self.hanging
        self.written.extend(entries)

    async def flush(self) -> None:
        self._called("flush")

    def reopen(self) -> None:
        self._called("reopen")

    async def stop(self) -> None:
        self._called("stop")

    def _called(self, method: str) -> None:
        self.calls.append(method)
        if method in self.broken:
            raise OSError(f"{method} does not work")


def entry(number: int = 0, *, project: str | None = "p") -> LogEntry:
    return LogEntry(phase="source.emit", timestamp=number, project=project)


def numbers(recorder: Recorder) -> list[int]:
    return [written.timestamp for written in recorder.written]


def warnings_of(events: list[LogEvent]) -> list[str]:
    return [event["log_format"] for event in events if event["log_level"].name == "warn"]


def observed(clock: Clock, *recorders: Recorder) -> Observers:
    observers = Observers(clock)
    for position, recorder in enumerate(recorders):
        observers.add("p", f"logger{position}", recorder)
    return observers


def test_entries_that_come_together_are_written_together_and_in_order() -> None:
    clock, recorder = Clock(), Recorder()
    observers = observed(clock, recorder)

    for number in range(5):
        observers.observe(entry(number))
    assert recorder.written == []
    clock.advance(0.05)

    assert numbers(recorder) == [0, 1, 2, 3, 4]
    assert recorder.calls == ["start", "write"]


def test_an_entry_goes_to_the_loggers_of_its_project_only() -> None:
    clock, mine, other = Clock(), Recorder(), Recorder()
    observers = Observers(clock)
    observers.add("mine", "log", mine)
    observers.add("other", "log", other)

    observers.observe(entry(1, project="mine"))
    observers.observe(entry(2, project=None))
    clock.advance(0.05)

    assert (numbers(mine), numbers(other)) == ([1, 2], [2])


def test_it_is_known_whether_anyone_listens() -> None:
    observers = observed(Clock(), Recorder())

    assert observers.is_heard("p")
    assert observers.is_heard(None)
    assert not observers.is_heard("q")
    leave = observers.subscribe(lambda entry: None)
    assert observers.is_heard("q")
    leave()
    assert not observers.is_heard("q")


def test_writes_never_overlap_and_what_comes_meanwhile_is_kept() -> None:
    clock, recorder = Clock(), Recorder(hanging=Deferred())
    observers = observed(clock, recorder)
    observers.observe(entry(1))
    clock.advance(0.05)

    observers.observe(entry(2))
    clock.advance(1)
    assert recorder.calls == ["start", "write"]
    hanging, recorder.hanging = recorder.hanging, None
    assert hanging is not None
    hanging.callback(None)
    clock.advance(0.05)

    assert numbers(recorder) == [1, 2]


def test_what_comes_while_a_logger_writes_gathers_for_as_long_as_anything_else() -> None:
    clock, recorder = Clock(), Recorder(hanging=Deferred())
    observers = observed(clock, recorder)
    observers.observe(entry(1))
    clock.advance(0.05)
    hanging, recorder.hanging = recorder.hanging, None
    assert hanging is not None

    observers.observe(entry(2))
    hanging.callback(None)
    observers.observe(entry(3))
    assert recorder.calls == ["start", "write"]
    clock.advance(0.05)

    assert numbers(recorder) == [1, 2, 3]
    assert recorder.calls == ["start", "write", "write"]


def test_full_batches_do_not_wait() -> None:
    clock, recorder = Clock(), Recorder(hanging=Deferred())
    observers = observed(clock, recorder)
    observers.observe(entry())
    clock.advance(0.05)
    hanging, recorder.hanging = recorder.hanging, None
    assert hanging is not None

    for number in range(1, 2_500):
        observers.observe(entry(number))
    hanging.callback(None)
    assert numbers(recorder) == list(range(2_001))
    clock.advance(0.05)

    assert numbers(recorder) == list(range(2_500))


def test_what_does_not_fit_is_counted_and_reported_once() -> None:
    clock, recorder, events = Clock(), Recorder(hanging=Deferred()), list[LogEvent]()
    observers = observed(clock, recorder)
    observers.observe(entry())
    clock.advance(0.05)

    globalLogPublisher.addObserver(events.append)
    for number in range(BUFFERED_ENTRIES + 7):
        observers.observe(entry(number))
    assert observers.feeds()["p", "logger0"].lost == 7
    hanging, recorder.hanging = recorder.hanging, None
    assert hanging is not None
    hanging.callback(None)
    globalLogPublisher.removeObserver(events.append)

    assert len(recorder.written) == BUFFERED_ENTRIES + 1
    assert warnings_of(events) == [
        "logger {name} cannot keep up: entries are lost",
        "logger {name} lost {count} entries",
    ]
    assert events[-1]["count"] == 7


def test_a_logger_that_fails_is_reported_once_and_used_again_after_a_pause() -> None:
    clock, recorder, events = Clock(), Recorder(broken={"write"}), list[LogEvent]()
    observers = observed(clock, recorder)
    globalLogPublisher.addObserver(events.append)

    observers.observe(entry(1))
    clock.advance(0.05)
    observers.observe(entry(2))
    clock.advance(9)
    assert recorder.calls.count("write") == 1
    clock.advance(1)
    assert recorder.calls.count("write") == 2
    assert observers.feeds()["p", "logger0"].trouble == "OSError: write does not work"
    recorder.broken.clear()
    observers.observe(entry(3))
    clock.advance(10)
    globalLogPublisher.removeObserver(events.append)

    assert numbers(recorder) == [3]
    assert observers.feeds()["p", "logger0"].lost == 2
    assert [event["log_format"] for event in events] == [
        "logger {name} failed and is tried again later: {error}",
        "logger {name} works again",
        "logger {name} lost {count} entries",
    ]


def test_a_logger_that_fails_does_not_concern_the_others() -> None:
    clock, broken, sound = Clock(), Recorder(broken={"write"}), Recorder()
    observers = observed(clock, broken, sound)

    observers.observe(entry(1))
    clock.advance(0.05)
    observers.observe(entry(2))
    clock.advance(0.05)

    assert numbers(sound) == [1, 2]


def test_a_logger_that_cannot_start_is_tried_again_and_loses_nothing() -> None:
    clock, recorder = Clock(), Recorder(broken={"start"})
    observers = observed(clock, recorder)
    observers.observe(entry(1))
    clock.advance(5)
    recorder.broken.clear()

    clock.advance(5)

    assert recorder.calls == ["start", "start", "write"]
    assert numbers(recorder) == [1]


def test_flush_hands_over_everything_at_once() -> None:
    clock, recorder = Clock(), Recorder()
    observers = observed(clock, recorder)
    observers.observe(entry(1))

    flushed = Deferred.fromCoroutine(observers.flush())

    assert flushed.called
    assert recorder.calls == ["start", "write", "flush"]
    assert clock.getDelayedCalls() == []


def test_removing_a_project_waits_two_seconds_for_each_step_of_a_logger_that_hangs() -> None:
    clock, hanging, sound = Clock(), Recorder(hanging=Deferred()), Recorder()
    observers = observed(clock, hanging, sound)
    observers.observe(entry(1))
    clock.advance(0.05)
    observers.observe(entry(2))

    removed = Deferred.fromCoroutine(observers.remove("p"))
    assert (sound.calls[-1], removed.called) == ("stop", False)
    clock.advance(2)

    assert removed.called
    assert hanging.calls == ["start", "write", "stop"]
    assert numbers(sound) == [1, 2]
    assert not observers.is_heard("p")
    assert clock.getDelayedCalls() == []


def test_stopping_a_logger_that_pauses_leaves_no_timer_behind() -> None:
    clock, recorder = Clock(), Recorder(broken={"write", "stop"})
    observers = observed(clock, recorder)
    observers.observe(entry(1))
    clock.advance(0.05)

    stopped = Deferred.fromCoroutine(observers.stop())

    assert stopped.called
    assert clock.getDelayedCalls() == []


def test_reopening_reaches_every_logger() -> None:
    broken, sound = Recorder(broken={"reopen"}), Recorder()
    observers = observed(Clock(), broken, sound)

    observers.reopen()

    assert sound.calls == ["start", "reopen"]


def test_a_subscriber_sees_every_entry_until_it_leaves() -> None:
    observers, seen = Observers(Clock()), list[LogEntry]()

    leave = observers.subscribe(seen.append)
    observers.observe(entry(1))
    leave()
    observers.observe(entry(2))

    assert [one.timestamp for one in seen] == [1]


@implementer(IBufferingLogger)
class Sender(Recorder):
    """A logger with a buffer of its own."""

    lost = 3
    trouble: str | None = "https://logs.example/sesame answered 503"


def test_what_a_logger_loses_itself_counts_and_its_trouble_shows_no_secret() -> None:
    observers = Observers(Clock())
    observers.add("p", "far", Sender(), Hidden(["sesame"]))

    feed = observers.feeds()["p", "far"]

    assert (feed.lost, feed.trouble) == (3, "https://logs.example/*** answered 503")


def test_a_logger_that_cannot_say_how_it_does_is_no_trouble_of_ours() -> None:
    sender = Sender()
    sender.lost, sender.trouble = "many", 7  # type: ignore[assignment]
    observers = observed(Clock(), sender)

    feed = observers.feeds()["p", "logger0"]

    assert (feed.lost, feed.trouble) == (0, None)


def test_a_logger_that_holds_up_the_flow_is_named_once() -> None:
    clock, events = Clock(), list[LogEvent]()

    class Heavy(Recorder):
        async def write(self, entries: Sequence[LogEntry]) -> None:
            clock.rightNow += 3

    observers = observed(clock, Heavy(), Recorder())
    globalLogPublisher.addObserver(events.append)
    for number in range(3):
        observers.observe(entry(number))
        clock.advance(0.05)
    globalLogPublisher.removeObserver(events.append)

    [told] = events
    assert told["log_format"].startswith("logger {name} held up everything for {seconds} s")
    assert (told["name"], told["seconds"]) == ("logger0", 3)


def test_a_logger_that_cannot_keep_up_is_in_trouble_until_it_has() -> None:
    clock, recorder = Clock(), Recorder(hanging=Deferred())
    observers = observed(clock, recorder)
    observers.observe(entry())
    clock.advance(0.05)
    feed = observers.feeds()["p", "logger0"]

    for number in range(BUFFERED_ENTRIES + 1):
        observers.observe(entry(number))
    assert feed.trouble == "it cannot keep up: its buffer is full"
    hanging, recorder.hanging = recorder.hanging, None
    assert hanging is not None
    hanging.callback(None)

    assert feed.trouble is None


def test_a_failure_that_a_logger_has_told_of_itself_is_not_told_again() -> None:
    clock, sender, events = Clock(), Sender(broken={"write"}), list[LogEvent]()
    observers = observed(clock, sender)
    globalLogPublisher.addObserver(events.append)

    for number in range(BUFFERED_ENTRIES + 5):
        observers.observe(entry(number))
        if number == 0:
            clock.advance(0.05)
    sender.broken.clear()
    clock.advance(10)
    globalLogPublisher.removeObserver(events.append)

    assert [event["log_format"] for event in events] == ["logger {name} lost {count} entries"]
    assert observers.feeds()["p", "logger0"].lost == sender.lost + 5


def test_a_stop_does_not_wait_again_for_a_logger_that_no_flush_could_wait_for() -> None:
    clock, hanging = Clock(), Recorder(hanging=Deferred())
    observers = observed(clock, hanging)
    observers.observe(entry())
    clock.advance(0.05)
    flushed = Deferred.fromCoroutine(observers.flush())
    clock.advance(2)

    stopped = Deferred.fromCoroutine(observers.stop())

    assert flushed.called
    assert stopped.called
    assert hanging.calls == ["start", "write", "stop"]
    assert clock.getDelayedCalls() == []
