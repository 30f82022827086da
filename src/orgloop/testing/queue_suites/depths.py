"""How much may wait for an actor."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from orgloop.delivery import DeliveryState
from orgloop.records import Again, Overflow, Ready, Transformed
from orgloop.testing.asynchronous import async_test
from orgloop.testing.queue_suites.opening import OpensQueue, seqs_of
from orgloop.testing.storage_records import batch, event_id_of, new_delivery, settlement

_WAITING, _MATCHED, _DEAD = DeliveryState.WAITING, DeliveryState.MATCHED, DeliveryState.DEAD


class DepthsSuite(OpensQueue):
    """See `DeliveryQueueSuite`."""

    @async_test
    async def test_the_oldest_make_room_beyond_the_queue_depth(self, tmp_path: Path) -> None:
        queue = await self.open(tmp_path)
        await queue.adopt({"route"}, {"actor": 2})
        first = [new_delivery(n) for n in (1, 2)]
        assert await queue.route(batch(*first)) == []
        more = [new_delivery(n, due_at=9 - n, created_at=50) for n in (3, 4)]
        other = [new_delivery(n, actor="other") for n in (5, 6, 7)]
        over = await queue.route(batch(*more, *other))
        assert _dead(over) == [(1, 2), (2, 2)]
        died = over[0].delivery
        assert (died.state, died.settled_at, died.due_at) == ("dead", 50, None)
        assert died.error == "overflow: more than 2 deliveries wait for actor"
        assert sorted(seqs_of(await queue.claim("actor", 9, 9))) == [3, 4]
        assert len(await queue.claim("other", 9, 9)) == 3
        assert queue.counts()["actor", "route", "dead"] == 2
        await queue.close()

    @async_test
    async def test_what_is_in_flight_does_not_count(self, tmp_path: Path) -> None:
        queue = await self.open(tmp_path)
        await queue.adopt({"route"}, {"actor": 1})
        await queue.route(batch(new_delivery(1)))
        [claim] = await queue.claim("actor", 1, 0)
        assert await queue.route(batch(new_delivery(2))) == []
        await queue.settle(settlement(claim, _WAITING, due_at=0))
        assert _dead(await queue.route(batch(new_delivery(3)))) == [(1, 1), (2, 1)]
        await queue.close()

    @async_test
    async def test_routing_twice_overflows_once(self, tmp_path: Path) -> None:
        queue = await self.open(tmp_path)
        await queue.adopt({"route"}, {"actor": 1})
        rows = batch(new_delivery(1), new_delivery(2))
        assert _dead(await queue.route(rows)) == [(1, 1)]
        assert await queue.route(rows) == []
        await queue.close()

    @async_test
    async def test_what_comes_out_of_transforms_counts(self, tmp_path: Path) -> None:
        queue = await self.open(tmp_path)
        await queue.adopt({"route"}, {"actor": 1})
        rows = [new_delivery(n, state=_MATCHED) for n in (1, 2, 3)]
        assert await queue.route(batch(*rows)) == []
        over = []
        ready = Ready(order_key=None, due_at=0)
        for matched in reversed(await queue.matched("route", 9)):
            moved = Transformed(row=matched.row, state=_WAITING, now=7, ready=ready)
            over.append(_dead(await queue.transformed(moved)))
        assert over == [[], [(2, 1)], [(1, 1)]]
        await queue.close()

    @async_test
    async def test_a_depth_holds_for_what_waits_already(self, tmp_path: Path) -> None:
        queue = await self.open(tmp_path)
        await queue.route(batch(*(new_delivery(n) for n in range(1, 6))))
        await queue.close()
        queue = await self.open(tmp_path)
        await queue.adopt({"route"}, {"actor": 3})
        assert queue.counts()["actor", "route", "waiting"] == 5
        assert _dead(await queue.route(batch(new_delivery(6)))) == [(1, 3), (2, 3), (3, 3)]
        await queue.adopt({"route"})
        assert await queue.route(batch(*(new_delivery(n) for n in range(7, 12)))) == []
        await queue.adopt({"route"}, {"actor": 7})
        assert _dead(await queue.route(batch(new_delivery(12)))) == [(4, 7), (5, 7)]
        await queue.close()

    @async_test
    async def test_a_much_smaller_depth_takes_effect_in_steps(self, tmp_path: Path) -> None:
        queue = await self.open(tmp_path)
        await queue.route(batch(*(new_delivery(n) for n in range(1, 2_001))))
        await queue.adopt({"route"}, {"actor": 10})
        steps = 0
        while queue.counts()["actor", "route", "waiting"] > 10:
            steps += 1
            over = await queue.route(batch(new_delivery(2_000 + steps)))
            assert 0 < len(over) < 1_000
        assert _dead(over)[-1] == (1_990 + steps, 10)
        await queue.close()

    @async_test
    async def test_a_line_goes_on_when_its_head_overflows(self, tmp_path: Path) -> None:
        queue = await self.open(tmp_path)
        await queue.adopt({"route"}, {"actor": 2})
        rows = [new_delivery(n, order_key="k") for n in (1, 2, 3)]
        assert _dead(await queue.route(batch(*rows))) == [(1, 2)]
        assert seqs_of(await queue.claim("actor", 9, 0)) == [2]
        await queue.close()

    @async_test
    async def test_a_replay_counts_and_is_the_newest(self, tmp_path: Path) -> None:
        queue = await self.open(tmp_path)
        await queue.adopt({"route"}, {"actor": 1})
        await queue.route(batch(new_delivery(1), new_delivery(2)))
        again = Again(
            event_id=event_id_of(1),
            event_seq=1,
            route="route",
            actor="actor",
            accepted_at=1,
            created_at=9,
        )
        await queue.again([again])
        [matched] = await queue.matched("route", 9)
        ready = Ready(order_key=None, due_at=0)
        moved = Transformed(row=matched.row, state=_WAITING, now=7, ready=ready)
        assert _dead(await queue.transformed(moved)) == [(2, 1)]
        assert _dead(await queue.route(batch(new_delivery(3)))) == [(1, 1)]
        await queue.close()

    @async_test
    async def test_a_retried_dead_letter_is_the_newest(self, tmp_path: Path) -> None:
        queue = await self.open(tmp_path)
        await queue.adopt({"route"}, {"actor": 2})
        rows = [new_delivery(n) for n in (1, 2)]
        await queue.route(batch(*rows))
        [claim] = await queue.claim("actor", 1, 0)
        await queue.settle(settlement(claim, _DEAD))
        await queue.reopen([rows[0].id], 0)
        assert _dead(await queue.route(batch(new_delivery(3)))) == [(2, 2)]
        await queue.close()


def _dead(over: Sequence[Overflow]) -> list[tuple[int, int]]:
    return [(one.delivery.event_seq, one.waiting) for one in over]
