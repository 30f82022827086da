"""What systemd hears of a service, and when."""

from __future__ import annotations

import pytest
from attrs import define, field
from twisted.internet.task import Clock
from zope.interface.verify import verifyObject

from orgloop.daemon.managers.notifier import Notifier
from orgloop.daemon.telling.witness import IWitness, ReadyRuntime

RUNTIME = ReadyRuntime(pid=1, project="hello", url="http://127.0.0.1:4800", log="/x")


@define
class Told:
    """Takes messages, as many as there is room for."""

    messages: list[str] = field(factory=list)
    room: int = 1000

    def tell(self, *assignments: str) -> bool:
        if not self.room:
            return False
        self.room -= 1
        self.messages.append("\n".join(assignments))
        return True

    def take(self) -> list[str]:
        taken, self.messages = self.messages, []
        return taken


@define
class Service:
    """What the notifier asks."""

    status: str = "hello: ok"
    is_well: bool = True


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def service() -> Service:
    return Service()


@pytest.fixture
def notifier(clock: Clock, told: Told, service: Service) -> Notifier:
    made = Notifier(
        tell=told.tell,
        watchdog_seconds=20.0,
        clock=clock,
        status=lambda: service.status,
        is_well=lambda: service.is_well,
        monotonic_ns=lambda: 7_000_999,
    )
    return made


def test_it_is_a_witness(notifier: Notifier) -> None:
    assert verifyObject(IWitness, notifier)


def test_a_start_that_takes_long_asks_for_more_time_until_it_is_ready(
    notifier: Notifier, clock: Clock, told: Told
) -> None:
    notifier.starting()
    clock.pump([10.0, 10.0])

    assert told.take() == ["EXTEND_TIMEOUT_USEC=30000000\nSTATUS=starting"] * 3
    notifier.ready(RUNTIME)
    clock.pump([10.0, 10.0])
    assert not [one for one in told.take() if "EXTEND" in one]


def test_a_start_that_never_ends_is_left_to_systemd_after_half_an_hour(
    notifier: Notifier, clock: Clock, told: Told
) -> None:
    notifier.starting()
    clock.pump([10.0] * 180)
    told.take()

    clock.pump([10.0] * 10)

    assert told.take() == []


def test_ready_is_said_with_the_process_and_the_status(notifier: Notifier, told: Told) -> None:
    notifier.ready(RUNTIME)

    ready, fed = told.take()

    assert ready.startswith("READY=1\nMAINPID=")
    assert ready.endswith("\nSTATUS=hello: ok")
    assert fed == "WATCHDOG=1"


def test_the_watchdog_is_fed_twice_in_its_time_while_all_is_well(
    notifier: Notifier, clock: Clock, told: Told, service: Service
) -> None:
    notifier.ready(RUNTIME)
    told.take()

    clock.pump([10.0, 10.0])
    assert told.take() == ["WATCHDOG=1"] * 2

    service.is_well = False
    clock.pump([10.0, 10.0])
    assert told.take() == []

    service.is_well = True
    clock.advance(10.0)
    assert told.take() == ["WATCHDOG=1"]


def test_the_status_is_told_anew_when_it_has_changed(
    notifier: Notifier, clock: Clock, told: Told, service: Service
) -> None:
    notifier.watchdog_seconds = None
    notifier.ready(RUNTIME)
    told.take()

    clock.pump([5.0, 5.0])
    assert told.take() == []

    service.status = "hello: degraded (actor a\nb)"
    clock.pump([5.0, 5.0])
    assert told.take() == ["STATUS=hello: degraded (actor a\\nb)"]


def test_a_reload_is_answered_at_once_and_says_that_nothing_was_read(
    notifier: Notifier, clock: Clock, told: Told
) -> None:
    notifier.watchdog_seconds = None
    notifier.ready(RUNTIME)
    told.take()

    notifier.reloading()
    clock.advance(5.0)

    assert told.take() == [
        "RELOADING=1\nMONOTONIC_USEC=7000",
        "READY=1\nSTATUS=the project is not read anew: restart the service for that",
    ]


def test_a_drain_that_takes_long_asks_for_more_time_until_all_is_over(
    notifier: Notifier, clock: Clock, told: Told
) -> None:
    notifier.ready(RUNTIME)
    told.take()

    notifier.stopping("SIGTERM")
    clock.advance(10.0)

    extension = "EXTEND_TIMEOUT_USEC=30000000"
    assert told.take() == ["STOPPING=1\nSTATUS=stopping: SIGTERM", extension, extension]
    with pytest.raises(StopIteration):
        notifier.stopped().send(None)
    assert clock.getDelayedCalls() == []


def test_a_start_that_failed_leaves_the_reason_as_the_status(
    notifier: Notifier, clock: Clock, told: Told
) -> None:
    notifier.starting()
    told.take()

    notifier.failed(1, ["a warning", "port 4800 is in use"])

    assert told.take() == ["STATUS=the start failed: port 4800 is in use"]
    assert clock.getDelayedCalls() == []


def test_what_there_was_no_room_for_is_said_later_and_in_order(
    notifier: Notifier, clock: Clock, told: Told
) -> None:
    told.room = 0
    notifier.ready(RUNTIME)
    notifier.stopping("SIGTERM")
    assert told.take() == []

    told.room = 1000
    clock.advance(0.1)

    heads = [message.partition("\n")[0] for message in told.take()]
    assert heads == ["READY=1", "STOPPING=1", "EXTEND_TIMEOUT_USEC=30000000"]


def test_nothing_piles_up_while_nobody_reads(
    notifier: Notifier, clock: Clock, told: Told, service: Service
) -> None:
    told.room = 0
    notifier.ready(RUNTIME)
    for number in range(100):
        service.status = f"{number} deliveries"
        clock.advance(5.0)

    told.room = 1000
    clock.advance(0.1)

    assert len(told.take()) == 1
