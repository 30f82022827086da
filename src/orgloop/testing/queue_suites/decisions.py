"""What people decide: retry, replay, release, discard."""

from __future__ import annotations

from pathlib import Path

from orgloop.delivery import Delivery, DeliveryState
from orgloop.interfaces import IDeliveryQueue
from orgloop.records import Again, Ready, Transformed
from orgloop.testing.asynchronous import async_test
from orgloop.testing.queue_suites.opening import OpensQueue, seqs_of
from orgloop.testing.storage_records import (
    batch,
    event_id_of,
    new_delivery,
    settlement,
    unrouted,
)

_MATCHED, _WAITING, _DEAD, _HELD, _REJECTED, _DISCARDED = (
    DeliveryState.MATCHED,
    DeliveryState.WAITING,
    DeliveryState.DEAD,
    DeliveryState.HELD,
    DeliveryState.REJECTED,
    DeliveryState.DISCARDED,
)


class DecisionsSuite(OpensQueue):
    """See `DeliveryQueueSuite`."""

    @async_test
    async def test_a_dead_letter_is_tried_again_with_all_its_attempts(self, tmp_path: Path) -> None:
        queue = await self.open(tmp_path)
        row = new_delivery(1)
        await queue.route(batch(row))
        for state in (_WAITING, _DEAD):
            [claim] = await queue.claim("actor", 1, 0)
            await queue.settle(settlement(claim, state, due_at=0, error="no"))
        [retried] = await queue.reopen([row.id, row.id], 50)
        assert (retried.state, retried.attempts, retried.error) == ("waiting", 2, None)
        assert (retried.due_at, retried.settled_at) == (50, None)
        await queue.close()
        queue = await self.open(tmp_path)
        assert await queue.claim("actor", 1, 49) == []
        [claim] = await queue.claim("actor", 1, 50)
        assert (claim.attempt, claim.spent) == (3, 1)
        assert dict(queue.counts()) == {("actor", "route", "delivering"): 1}
        await queue.close()

    @async_test
    async def test_only_dead_letters_are_tried_again(self, tmp_path: Path) -> None:
        queue = await self.open(tmp_path)
        rows = [new_delivery(n) for n in (1, 2, 3, 4)]
        await queue.route(batch(*rows, unrouted(5)))
        claims = await queue.claim("actor", 3, 0)
        await queue.settle(settlement(claims[0]))
        await queue.settle(settlement(claims[1], _REJECTED, error="never"))
        ids = [row.id for row in rows] + ["garbage", unrouted(5).id, new_delivery(9).id]
        assert _seqs(await queue.reopen(ids, 0)) == [2]
        assert await queue.reopen([], 0) == []
        await queue.close()

    @async_test
    async def test_a_retry_goes_to_the_end_of_its_order_key(self, tmp_path: Path) -> None:
        queue = await self.open(tmp_path)
        rows = [new_delivery(n, order_key="k") for n in (1, 2, 3)]
        await queue.route(batch(*rows))
        for _ in (1, 2):
            [claim] = await queue.claim("actor", 9, 0)
            await queue.settle(settlement(claim, _DEAD))
        await queue.reopen([rows[1].id, rows[0].id], 0)
        await queue.close()
        queue = await self.open(tmp_path)
        await queue.route(batch(new_delivery(4, order_key="k")))
        assert await _drain(queue) == [3, 1, 2, 4]
        await queue.close()

    @async_test
    async def test_a_retry_alone_in_its_order_key_is_due(self, tmp_path: Path) -> None:
        queue = await self.open(tmp_path)
        row = new_delivery(1, order_key="k")
        await queue.route(batch(row))
        [claim] = await queue.claim("actor", 9, 0)
        await queue.settle(settlement(claim, _DEAD))
        await queue.reopen([row.id], 0)
        assert await _drain(queue) == [1]
        await queue.close()

    @async_test
    async def test_what_died_before_it_was_ready_passes_its_transforms_again(
        self, tmp_path: Path
    ) -> None:
        queue = await self.open(tmp_path)
        row = new_delivery(1, state=_MATCHED)
        await queue.route(batch(row, new_delivery(2, state=_MATCHED)))
        [matched, other] = await queue.matched("route", 2)
        assert not matched.is_again
        await queue.transformed(Transformed(row=matched.row, state=_DEAD, now=0, error="halt"))
        [retried] = await queue.reopen([row.id], 7)
        assert (retried.state, retried.due_at) == ("matched", None)
        assert await queue.matched_routes() == ["route"]
        again = {one.event_seq: one.is_again for one in await queue.matched("route", 9)}
        assert again == {1: True, 2: False}
        ready = Ready(order_key="k", due_at=0)
        for one in (matched, other):
            await queue.transformed(Transformed(row=one.row, state=_WAITING, now=0, ready=ready))
        assert await _drain(queue) == [2, 1]
        await queue.close()

    @async_test
    async def test_a_retry_for_a_route_that_is_not_there_waits_for_it(self, tmp_path: Path) -> None:
        queue = await self.open(tmp_path)
        rows = [new_delivery(1), new_delivery(2, state=_HELD, ready=Ready(order_key="", due_at=0))]
        await queue.route(batch(*rows))
        [claim] = await queue.claim("actor", 1, 0)
        await queue.settle(settlement(claim, _DEAD))
        await queue.adopt({"other"})
        await queue.reopen([rows[0].id], 0)
        await queue.unhold([rows[1].id], 0)
        assert await queue.claim("actor", 9, 0) == []
        await queue.close()
        queue = await self.open(tmp_path)
        await queue.adopt({"route"})
        assert sorted(await _drain(queue)) == [1, 2]
        await queue.close()

    @async_test
    async def test_a_replay_is_a_delivery_of_its_own(self, tmp_path: Path) -> None:
        queue = await self.open(tmp_path)
        await queue.route(batch(new_delivery(1), unrouted(2)))
        ids = await queue.again([_again(1), _again(2), _again(1)])
        ids += await queue.again([_again(1), _again(1, route="other")])
        assert len({*ids, new_delivery(1).id}) == 6
        rows = {one.id: one for some in (await queue.for_events([1, 2])).values() for one in some}
        assert [(rows[one].event_seq, rows[one].replay) for one in ids] == [
            *((1, 1), (2, 1), (1, 2), (1, 3), (1, 1)),
        ]
        matched = await queue.matched("route", 9)
        assert [(one.id, one.replay, one.is_again) for one in matched] == [
            (one, rows[one].replay, True) for one in ids[:4]
        ]
        assert queue.counts()["actor", "route", "matched"] == 4
        await queue.transformed(
            Transformed(
                row=matched[0].row, state=_WAITING, now=0, ready=Ready(order_key=None, due_at=0)
            )
        )
        claims = await queue.claim("actor", 9, 0)
        assert [(one.id, one.replay) for one in claims] == [(new_delivery(1).id, 0), (ids[0], 1)]
        await queue.close()

    @async_test
    async def test_what_is_held_waits_until_it_is_let_go(self, tmp_path: Path) -> None:
        queue = await self.open(tmp_path)
        ready = Ready(order_key="k", due_at=0)
        held = [new_delivery(n, state=_HELD, ready=ready) for n in (1, 3)]
        await queue.route(batch(held[0], new_delivery(2, order_key="k"), held[1]))
        delivery = await queue.get(held[0].id)
        assert delivery is not None
        assert (delivery.state, delivery.due_at) == ("held", None)
        assert seqs_of(await queue.claim("actor", 9, 100)) == [2]
        released = await queue.unhold([one.id for one in held] + [new_delivery(2).id], 50)
        assert [(one.event_seq, one.state) for one in released] == [(1, "waiting"), (3, "waiting")]
        assert await queue.unhold([held[0].id], 50) == []
        assert seqs_of(await queue.claim("actor", 9, 50)) == [1]
        assert queue.counts()["actor", "route", "waiting"] == 1
        await queue.close()

    @async_test
    async def test_what_is_not_under_way_can_be_discarded(self, tmp_path: Path) -> None:
        queue = await self.open(tmp_path)
        ready = Ready(order_key=None, due_at=0)
        rows = [
            *(new_delivery(n, order_key="k") for n in (1, 2, 3)),
            new_delivery(4),
            new_delivery(5),
            new_delivery(6, state=_MATCHED),
            new_delivery(7, state=_HELD, ready=ready),
            new_delivery(8, due_at=99),
        ]
        await queue.route(batch(*rows, unrouted(9)))
        claims = await queue.claim("actor", 3, 0)
        assert seqs_of(claims) == [1, 4, 5]
        await queue.settle(settlement(claims[1], _DEAD, now=3, error="no"))
        await queue.settle(settlement(claims[2], now=3))
        gone = await queue.discard([row.id for row in rows] + [unrouted(9).id, "garbage"], 11)
        assert _seqs(gone) == [2, 3, 4, 6, 7, 8]
        assert {(one.state, one.settled_at, one.due_at) for one in gone} == {
            ("discarded", 11, None)
        }
        assert [one.error for one in gone if one.event_seq == 4] == ["no"]
        await queue.settle(settlement(claims[0], _WAITING, due_at=0))
        assert await _drain(queue) == [1]
        assert queue.counts()["actor", "route", "discarded"] == 6
        await queue.close()

    @async_test
    async def test_discarding_the_head_of_an_order_key_lets_the_next_go(
        self, tmp_path: Path
    ) -> None:
        queue = await self.open(tmp_path)
        rows = [new_delivery(n, order_key="k") for n in (1, 2, 3)]
        await queue.route(batch(*rows))
        await queue.discard([rows[0].id], 0)
        assert await _drain(queue) == [2, 3]
        await queue.close()

    @async_test
    async def test_transforms_that_end_after_a_discard_change_nothing(self, tmp_path: Path) -> None:
        queue = await self.open(tmp_path)
        row = new_delivery(1, state=_MATCHED)
        await queue.route(batch(row))
        [matched] = await queue.matched("route", 1)
        await queue.discard([row.id], 0)
        ready = Ready(order_key=None, due_at=0)
        await queue.transformed(Transformed(row=matched.row, state=_WAITING, now=0, ready=ready))
        assert await queue.claim("actor", 9, 9) == []
        assert dict(queue.counts()) == {("actor", "route", _DISCARDED): 1}
        await queue.close()


async def _drain(queue: IDeliveryQueue) -> list[int]:
    """Deliver everything that is due, one after another."""
    order = []
    while claims := await queue.claim("actor", 1, 100):
        order += seqs_of(claims)
        await queue.settle(settlement(claims[0]))
    return order


def _again(seq: int, *, route: str = "route") -> Again:
    return Again(
        event_id=event_id_of(seq),
        event_seq=seq,
        route=route,
        actor="actor",
        accepted_at=seq,
        created_at=seq,
    )


def _seqs(deliveries: list[Delivery]) -> list[int]:
    return [one.event_seq for one in deliveries]
