"""Inboxes, their leases and notifications, and everything else with a deadline."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from attrs import evolve

from orgloop.delivery import Delivery, DeliveryState
from orgloop.records import Claim, Inbox, NewDelivery, Ready, Transformed
from orgloop.testing.asynchronous import async_test
from orgloop.testing.queue_suites.opening import OpensQueue
from orgloop.testing.storage_records import batch, new_delivery, settlement

_TTL = 1_000
_LEASE = 100


class InboxesSuite(OpensQueue):
    """See `DeliveryQueueSuite`."""

    @async_test
    async def test_what_lies_in_an_inbox_is_seen_and_not_claimed(self, tmp_path: Path) -> None:
        queue = await self.open(tmp_path)
        await queue.route(batch(_collected(1), _collected(2), _collected(3, "other")))
        assert await queue.claim("actor", 10, 10_000) == []
        assert await queue.next_due("actor") is None
        inbox = await queue.inbox("session")
        assert inbox is not None
        assert inbox == Inbox(
            session_key="session",
            pending=2,
            leased=0,
            oldest_at=1,
            oldest_seq=1,
            route="route",
            actor="actor",
            generation=inbox.generation,
            is_notified=False,
        )
        assert [one.session_key for one in await queue.inboxes()] == ["other", "session"]
        assert await queue.inbox("nobody") is None
        assert queue.counts()["actor", "route", "inbox"] == 3
        await queue.close()

    @async_test
    async def test_an_inbox_is_notified_once_while_it_fills(self, tmp_path: Path) -> None:
        queue = await self.open(tmp_path)
        await queue.route(batch(_collected(1), _collected(2, "")))
        assert _keys(await queue.inboxes(unnotified=True)) == ["", "session"]
        before = await queue.inbox("session")
        assert before is not None
        await queue.note_notified("session", before.generation)
        await queue.route(batch(_collected(3)))
        assert _keys(await queue.inboxes(unnotified=True)) == [""]
        await queue.close()
        queue = await self.open(tmp_path)
        assert _keys(await queue.inboxes(unnotified=True)) == [""]
        inbox = await queue.inbox("session")
        assert inbox is not None
        assert (inbox.generation, inbox.is_notified) == (before.generation, True)
        await queue.close()

    @async_test
    async def test_draining_hands_out_the_oldest_in_order(self, tmp_path: Path) -> None:
        queue = await self.open(tmp_path)
        await queue.route(batch(*(_collected(n) for n in (1, 2, 3)), _collected(4, "other")))
        drained = await queue.drain("session", 2, "lease", _LEASE, 0)
        assert _seqs(drained.claims) == [1, 2]
        assert [(one.attempt, one.config) for one in drained.claims] == [(1, b'{"a":1}')] * 2
        assert (drained.remaining, list(drained.settled)) == (1, [])
        inbox = await queue.inbox("session")
        assert inbox is not None
        assert (inbox.pending, inbox.leased, inbox.oldest_at) == (1, 2, 3)
        assert _keys(await queue.inboxes(unnotified=True)) == ["other"]
        nothing = await queue.drain("empty", 2, "lease", _LEASE, 0)
        assert (list(nothing.claims), nothing.remaining) == ([], 0)
        await queue.close()

    @async_test
    async def test_the_next_drain_settles_what_was_handed_out(self, tmp_path: Path) -> None:
        queue = await self.open(tmp_path)
        await queue.route(batch(*(_collected(n) for n in (1, 2, 3))))
        await queue.drain("session", 2, "first", _LEASE, 0)
        drained = await queue.drain("session", 2, "second", 2 * _LEASE, 50, settled_at=77)
        assert _seqs(drained.claims) == [3]
        assert _seqs(drained.settled) == [1, 2]
        assert {(one.state, one.settled_at) for one in drained.settled} == {("delivered", 77)}
        last = await queue.drain("session", 2, "third", 3 * _LEASE, 60)
        assert (_seqs(last.claims), _seqs(last.settled)) == ([], [3])
        assert await queue.inbox("session") is None
        assert queue.counts()["actor", "route", "delivered"] == 3
        assert await queue.inboxes() == []
        assert await queue.next_deadline() is None
        await queue.close()

    @async_test
    async def test_an_acknowledged_lease_is_delivered(self, tmp_path: Path) -> None:
        queue = await self.open(tmp_path)
        await queue.route(batch(_collected(1), _collected(2)))
        await queue.drain("session", 1, "lease", _LEASE, 0, settled_at=5)
        assert await queue.acknowledge("session", "another", 9) == []
        [delivered] = await queue.acknowledge("session", "lease", 9)
        assert (delivered.state, delivered.settled_at, delivered.attempts) == ("delivered", 9, 1)
        assert (await queue.histories([delivered.id]))[delivered.id]["attempts"] == [
            {"attempt": 1, "started_at": 5, "ended_at": 9, "outcome": "delivered", "error": None}
        ]
        assert await queue.acknowledge("session", None, 9) == []
        await queue.drain("session", 1, "later", _LEASE, 10)
        assert _seqs(await queue.acknowledge("session", None, 11)) == [2]
        await queue.close()

    @async_test
    async def test_a_lease_that_ends_puts_back_what_it_had(self, tmp_path: Path) -> None:
        queue = await self.open(tmp_path)
        await queue.route(batch(_collected(1), _collected(2)))
        [first] = (await queue.drain("session", 1, "lease", _LEASE, 0)).claims
        await queue.close()
        queue = await self.open(tmp_path)
        assert await queue.next_deadline() == _LEASE
        [overdue] = await queue.overdue(_LEASE, 10)
        assert (overdue.kind, overdue.delivery.id) == ("lease", first.id)
        assert await queue.end_lease([first.id], _LEASE - 1) == []
        assert _seqs(await queue.end_lease([first.id, "garbage"], _LEASE)) == [1]
        assert await queue.end_lease([first.id], _LEASE) == []
        assert await queue.next_deadline() == _TTL + 1
        again = await queue.drain("session", 2, "next", 3 * _LEASE, 2 * _LEASE)
        assert [(one.event_seq, one.attempt) for one in again.claims] == [(1, 2), (2, 1)]
        assert list(again.settled) == []
        await queue.close()

    @async_test
    async def test_a_drain_takes_over_what_a_lease_had_when_it_ended(self, tmp_path: Path) -> None:
        queue = await self.open(tmp_path)
        await queue.route(batch(_collected(1), _collected(2)))
        await queue.drain("session", 1, "lease", _LEASE, 0)
        again = await queue.drain("session", 2, "next", 3 * _LEASE, _LEASE)
        assert (_seqs(again.claims), list(again.settled)) == ([1, 2], [])
        [history] = (await queue.histories([again.claims[0].id])).values()
        assert [one["outcome"] for one in history["attempts"]] == ["error", "leased"]
        await queue.close()

    @async_test
    async def test_each_generation_is_notified_once(self, tmp_path: Path) -> None:
        queue = await self.open(tmp_path)
        seen: list[int] = []

        async def awaited() -> bool:
            found = await queue.inboxes(unnotified=True)
            for one in found:
                seen.append(one.generation)
                await queue.note_notified(one.session_key, one.generation)
            return bool(found)

        await queue.route(batch(*(_collected(n) for n in (1, 2, 3))))
        assert await awaited()
        await queue.drain("session", 1, "a", _LEASE, 0)
        assert not await awaited()
        await queue.acknowledge("session", "a", 0)
        assert await awaited(), "two remain, of which nobody was told since"
        await queue.drain("session", 1, "b", _LEASE, 0)
        await queue.route(batch(_collected(4)))
        assert await awaited(), "it came after the drain"
        await queue.route(batch(_collected(5)))
        assert not await awaited(), "one is outstanding"
        await queue.acknowledge("session", "b", 0)
        assert not await awaited()
        leased = (await queue.drain("session", 2, "c", _LEASE, 0)).claims
        await queue.end_lease([leased[0].id], _LEASE)
        assert not await awaited(), "the rest of the lease is put back with it"
        await queue.end_lease([leased[1].id], _LEASE)
        assert await awaited()
        await queue.drain("session", 10, "d", 2 * _LEASE, _LEASE)
        await queue.acknowledge("session", "d", 0)
        assert not await awaited()
        await queue.route(batch(_collected(6)))
        assert await awaited()
        assert seen == sorted(set(seen))
        await queue.close()

    @async_test
    async def test_what_lies_too_long_is_dead_and_may_come_back(self, tmp_path: Path) -> None:
        queue = await self.open(tmp_path)
        await queue.route(batch(_collected(1), _collected(2)))
        await queue.note_notified("session", 1)
        await queue.drain("session", 1, "lease", _LEASE, 0)
        assert await queue.overdue(_TTL + 1, 10) != []
        overdue = [one for one in await queue.overdue(_TTL + 2, 10) if one.kind == "inbox"]
        ids = [one.delivery.id for one in overdue]
        assert _seqs(one.delivery for one in overdue) == [2]
        [dead] = await queue.expire([*ids, new_delivery(1).id, "garbage"], 7, "too long")
        assert (dead.state, dead.settled_at, dead.error) == ("dead", 7, "too long")
        await queue.acknowledge("session", "lease", 0)
        assert await queue.inboxes() == []
        assert await queue.next_deadline() is None
        [back] = await queue.reopen(ids, 5_000)
        assert back.state == "inbox"
        assert _keys(await queue.inboxes(unnotified=True)) == ["session"]
        assert await queue.next_deadline() == 5_000 + _TTL
        assert _seqs((await queue.drain("session", 1, "x", 9_000, 6_000)).claims) == [2]
        await queue.close()

    @async_test
    async def test_a_released_row_goes_into_its_inbox(self, tmp_path: Path) -> None:
        queue = await self.open(tmp_path)
        held = evolve(_collected(1), state=DeliveryState.HELD, error="why")
        await queue.route(batch(held))
        assert await queue.inboxes() == []
        assert await queue.next_deadline() is None
        [back] = await queue.unhold([held.id], 5_000)
        assert (back.state, back.session_key) == ("inbox", "session")
        assert _keys(await queue.inboxes(unnotified=True)) == ["session"]
        assert await queue.next_deadline() == 5_000 + _TTL
        await queue.close()

    @async_test
    async def test_transforms_lead_into_an_inbox_too(self, tmp_path: Path) -> None:
        queue = await self.open(tmp_path)
        await queue.route(batch(new_delivery(1, state=DeliveryState.MATCHED)))
        [row] = await queue.matched("route", 1)
        await queue.transformed(
            Transformed(row=row.row, state=DeliveryState.INBOX, now=0, ready=_collected(1).ready)
        )
        assert _keys(await queue.inboxes(unnotified=True)) == ["session"]
        assert _seqs((await queue.drain("session", 9, "lease", _LEASE, 0)).claims) == [1]
        await queue.close()

    @async_test
    async def test_a_leased_row_cannot_be_discarded(self, tmp_path: Path) -> None:
        queue = await self.open(tmp_path)
        await queue.route(batch(_collected(1), _collected(2)))
        [leased] = (await queue.drain("session", 1, "lease", _LEASE, 0)).claims
        gone = await queue.discard([leased.id, new_delivery(2).id], 3)
        assert _seqs(gone) == [2]
        await queue.end_lease([leased.id], _LEASE)
        assert _seqs(await queue.discard([leased.id], 3)) == [1]
        assert await queue.inboxes() == []
        assert await queue.next_deadline() is None
        await queue.close()

    @async_test
    async def test_stops_are_expected_until_they_are_seen(self, tmp_path: Path) -> None:
        queue = await self.open(tmp_path)
        await queue.route(batch(*(new_delivery(n) for n in (1, 2, 3))))
        ends = {1: ("job", 50), 2: ("job", 40), 3: (None, 60)}
        for claim in await queue.claim("actor", 10, 0):
            tracking_id, deadline = ends[claim.event_seq]
            await queue.settle(
                evolve(settlement(claim), tracking_id=tracking_id, deadline=deadline)
            )
        assert _seqs(await queue.expecting("job", None)) == [2, 1]
        assert _seqs(await queue.expecting(None, 3)) == [3]
        assert await queue.expecting("else", 3) == []
        assert await queue.expecting(None, None) == []
        assert await queue.next_deadline() == 40
        overdue = await queue.overdue(50, 10)
        assert [(one.kind, one.delivery.event_seq) for one in overdue] == [("stop", 2), ("stop", 1)]
        assert _seqs(one.delivery for one in await queue.overdue(50, 1)) == [2]
        await queue.stop_seen([new_delivery(2).id, new_delivery(3).id, "garbage"])
        assert _seqs(await queue.expecting("job", None)) == [2, 1]
        assert await queue.expecting(None, 3) == []
        assert await queue.next_deadline() == 50
        await queue.close()

    @async_test
    async def test_no_stop_is_expected_of_an_attempt_that_failed(self, tmp_path: Path) -> None:
        queue = await self.open(tmp_path)
        await queue.route(batch(new_delivery(1)))
        [claim] = await queue.claim("actor", 1, 0)
        retry = settlement(claim, DeliveryState.WAITING, due_at=0)
        await queue.settle(evolve(retry, tracking_id="job", deadline=9))
        assert await queue.next_deadline() is None
        assert await queue.expecting("job", None) == []
        await queue.close()


def _collected(event_seq: int, session_key: str = "session") -> NewDelivery:
    """Return a row that goes into an inbox at queue time ``event_seq``."""
    ready = Ready(
        order_key=None,
        due_at=event_seq,
        config=b'{"a":1}',
        session_key=session_key,
        expires_at=event_seq + _TTL,
    )
    return new_delivery(event_seq, state=DeliveryState.INBOX, ready=ready)


def _seqs(found: Iterable[Claim | Delivery]) -> list[int]:
    return [one.event_seq for one in found]


def _keys(found: Iterable[Inbox]) -> list[str]:
    return sorted(one.session_key for one in found)
