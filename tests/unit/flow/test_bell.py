"""A ring is never lost."""

from __future__ import annotations

from twisted.internet.defer import Deferred

from orgloop.flow.bell import Bell


def waiting(bell: Bell) -> list[None]:
    heard: list[None] = []
    Deferred.fromCoroutine(bell.wait()).addCallback(heard.append)
    return heard


def test_who_waits_is_woken() -> None:
    bell = Bell()
    heard = waiting(bell)
    assert heard == []
    bell.ring()
    assert heard == [None]


def test_a_ring_before_the_wait_is_heard_once() -> None:
    bell = Bell()
    bell.ring()
    bell.ring()
    assert waiting(bell) == [None]
    assert waiting(bell) == []
