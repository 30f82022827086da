"""A process that is to end does, also when its reactor turns no more."""

from __future__ import annotations

import faulthandler
import threading
from collections.abc import Callable, Iterator

import pytest

from orgloop.daemon.mishaps.turning import TurningWatch


@pytest.fixture(autouse=True)
def _no_end_of_the_test_run() -> Iterator[None]:
    yield
    faulthandler.cancel_dump_traceback_later()


class Reactor:
    """Turns, or does not."""

    def __init__(self, *, turns: bool) -> None:
        self.turns = turns

    def callFromThread(self, callable: Callable[..., object], *args: object) -> None:
        if self.turns:
            callable(*args)


def ticks_until_given_up(
    during: Callable[[int, Reactor, TurningWatch], None], *, turns: bool = True
) -> int:
    """Return after how many ticks it gave up; ``during`` is called in each."""
    reactor, given_up = Reactor(turns=turns), threading.Event()
    ticks = 0

    def tick(_: float) -> bool:
        nonlocal ticks
        ticks += 1
        assert ticks < 100
        during(ticks, reactor, watch)
        return False

    watch = TurningWatch(reactor, given_up.set, tick)
    watch.begin()
    given_up.wait()
    return ticks


def stuck_from(first: int) -> Callable[[int, Reactor, TurningWatch], None]:
    def during(tick: int, reactor: Reactor, watch: TurningWatch) -> None:
        reactor.turns = tick < first

    return during


def test_a_reactor_that_turns_is_left_in_peace() -> None:
    assert ticks_until_given_up(stuck_from(50)) == 60


def test_a_reactor_that_turns_again_is_forgiven() -> None:
    def during(tick: int, reactor: Reactor, watch: TurningWatch) -> None:
        reactor.turns = tick == 9 or tick < 5

    assert ticks_until_given_up(during) == 20


def test_a_second_request_leaves_it_two_ticks() -> None:
    def during(tick: int, reactor: Reactor, watch: TurningWatch) -> None:
        watch.begin()

    assert ticks_until_given_up(during, turns=False) == 2


def test_when_all_is_done_the_process_has_three_ticks_to_end() -> None:
    def during(tick: int, reactor: Reactor, watch: TurningWatch) -> None:
        watch.leave()

    assert ticks_until_given_up(during, turns=False) == 3
