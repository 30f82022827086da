"""Who looks for work does so when there may be some, and tries again while the disk refuses."""

from __future__ import annotations

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock

from orgloop.errors import StorageUnavailable
from orgloop.flow.rounds import Rounds


class Looking:
    """Rounds whose every look ends when the test says so."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.looks: list[Deferred[None]] = []
        self.rounds = Rounds("testing", self.clock, self._look)
        self.rounds.start()

    async def _look(self) -> None:
        self.looks.append(Deferred())
        await self.looks[-1]

    def stop(self) -> Deferred[None]:
        return Deferred.fromCoroutine(self.rounds.stop())


def test_a_ring_while_it_looks_leads_to_one_more_look_afterwards() -> None:
    looking = Looking()
    looking.rounds.ring()
    looking.rounds.ring()
    assert len(looking.looks) == 1
    looking.looks[0].callback(None)
    assert len(looking.looks) == 2
    looking.looks[1].callback(None)
    assert len(looking.looks) == 2


def test_a_ring_while_it_rests_wakes_it() -> None:
    looking = Looking()
    looking.looks[0].callback(None)
    looking.rounds.ring()
    assert len(looking.looks) == 2


def test_while_the_disk_refuses_it_looks_once_a_second() -> None:
    looking = Looking()
    looking.looks[0].errback(StorageUnavailable("full"))
    looking.clock.advance(1)
    looking.looks[1].errback(StorageUnavailable("full"))
    looking.rounds.ring()
    assert len(looking.looks) == 2
    looking.clock.advance(1)
    assert len(looking.looks) == 3


def test_a_stop_waits_for_the_look_under_way_and_no_other_begins() -> None:
    looking = Looking()
    looking.rounds.ring()
    stopped = looking.stop()
    assert not stopped.called
    looking.looks[0].callback(None)
    assert stopped.called
    assert len(looking.looks) == 1


def test_a_cancelled_look_ends_at_once() -> None:
    looking = Looking()
    stopped = looking.stop()
    looking.rounds.cancel()
    assert stopped.called
