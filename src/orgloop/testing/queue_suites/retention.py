"""What is let go of with time."""

from __future__ import annotations

from pathlib import Path

from attrs import evolve

from orgloop.delivery import DeliveryState
from orgloop.records import Again, Batch, Gather, MemoryWrite, Ready, RoutedBatch
from orgloop.testing.asynchronous import async_test
from orgloop.testing.queue_suites.opening import OpensQueue, seqs_of
from orgloop.testing.storage_records import (
    batch,
    event_id_of,
    new_delivery,
    settlement,
    unrouted,
)

_WAITING, _DEAD = DeliveryState.WAITING, DeliveryState.DEAD


class RetentionSuite(OpensQueue):
    """See `DeliveryQueueSuite`."""

    @async_test
    async def test_settled_rows_are_forgotten_with_their_history(self, tmp_path: Path) -> None:
        queue = await self.open(tmp_path)
        rows = [new_delivery(n) for n in (1, 2, 3, 4)]
        await queue.route(batch(*rows, unrouted(5)))
        claims = await queue.claim("actor", 3, 0)
        ends = ((DeliveryState.DELIVERED, 10), (_DEAD, 20), (_DEAD, 30))
        for claim, (state, now) in zip(claims, ends, strict=True):
            await queue.settle(settlement(claim, state, now=now, error="no"))
        found, last = await queue.prunable(settled_before=30, after=-1, limit=9)
        assert found == [claims[0].row, claims[1].row, last]
        assert await queue.prunable(settled_before=30, after=last, limit=9) == ([], last)
        assert await queue.forget([*found, claims[2].row + 1, 99]) == 3
        assert await queue.forget(found) == 0
        assert await queue.get(rows[0].id) is None
        assert await queue.histories([rows[0].id]) == {}
        assert dict(queue.counts()) == {
            ("actor", "route", "dead"): 1,
            ("actor", "route", "waiting"): 1,
        }
        assert await queue.referred([1, 2, 3, 4, 5, 6]) == {3, 4}
        await queue.close()
        queue = await self.open(tmp_path)
        await queue.route(batch(new_delivery(6)))
        assert seqs_of(await queue.claim("actor", 9, 0)) == [4, 6]
        await queue.close()

    @async_test
    async def test_what_expects_a_stop_is_kept_until_that(self, tmp_path: Path) -> None:
        queue = await self.open(tmp_path)
        await queue.route(batch(new_delivery(1)))
        [claim] = await queue.claim("actor", 1, 0)
        await queue.settle(evolve(settlement(claim), deadline=99, tracking_id="job"))
        assert (await queue.prunable(settled_before=50, after=-1, limit=9))[0] == []
        await queue.stop_seen([claim.id])
        assert (await queue.prunable(settled_before=50, after=-1, limit=9))[0] == [claim.row]
        await queue.close()

    @async_test
    async def test_a_batch_that_may_be_retried_keeps_its_members(self, tmp_path: Path) -> None:
        queue = await self.open(tmp_path)
        gather = Gather(key="", how=Batch(max=2, every_ms=50))
        ready = Ready(order_key=None, due_at=0, config=b"{}", gather=gather)
        await queue.route(batch(*(new_delivery(n, ready=ready) for n in (1, 2))))
        [claim] = await queue.claim("actor", 9, 0)
        await queue.settle(settlement(claim, _DEAD, now=20))
        found, _ = await queue.prunable(settled_before=30, after=-1, limit=9)
        assert found == [claim.row]
        await queue.forget(found)
        found, _ = await queue.prunable(settled_before=30, after=-1, limit=9)
        assert await queue.forget(found) == 2
        await queue.close()

    @async_test
    async def test_no_two_replays_of_an_event_have_the_same_key(self, tmp_path: Path) -> None:
        queue = await self.open(tmp_path)
        await queue.route(batch(new_delivery(1), new_delivery(1, route="other")))
        again = Again(
            event_id=event_id_of(1),
            event_seq=1,
            route="route",
            actor="actor",
            accepted_at=0,
            created_at=0,
        )
        [first] = await queue.again([again])
        await queue.discard([new_delivery(1).id, first], 10)
        for old in (20, 30):
            found, _ = await queue.prunable(settled_before=old, after=-1, limit=9)
            await queue.forget(found)
        assert await queue.get(new_delivery(1).id) is None
        assert await queue.again([again]) != [first]
        await queue.close()

    @async_test
    async def test_the_books_are_gone_through_in_stretches(self, tmp_path: Path) -> None:
        queue = await self.open(tmp_path)
        await queue.route(batch(*(unrouted(n) for n in range(1, 8)), new_delivery(8)))
        found: list[int] = []
        after, stretches = -1, 0
        while True:
            rows, last = await queue.prunable(settled_before=6, after=after, limit=2)
            assert len(rows) <= 2
            found += rows
            if last == after:
                break
            after, stretches = last, stretches + 1
        assert len(found) == 5
        assert stretches >= 3
        await queue.close()

    @async_test
    async def test_what_waits_ages_only_when_it_was_tried(self, tmp_path: Path) -> None:
        queue = await self.open(tmp_path)
        await queue.adopt({"route", "gone"})
        rows = [
            new_delivery(1, created_at=10),
            new_delivery(2, created_at=10),
            new_delivery(3, created_at=10, route="gone"),
            new_delivery(4, created_at=10, actor="gone", due_at=9),
            new_delivery(5, created_at=100),
        ]
        await queue.route(batch(*rows))
        tried = await queue.claim("actor", 1, 0)
        await queue.settle(settlement(tried[0], _WAITING, now=60, due_at=99))
        await queue.adopt({"route"})

        async def aged(created_before: int, tried_since: int, *actors: str) -> list[int]:
            rows = await queue.aged(
                created_before=created_before,
                tried_since=tried_since,
                actors=actors or None,
                limit=9,
            )
            dead = [await queue.give_up(row, 0, "old") for row in rows] if actors else []
            return [one.event_seq for one in dead if one] or rows

        assert len(await aged(50, 60)) == 2
        assert len(await aged(50, 61)) == 1
        assert await aged(10, 0) == []
        assert await aged(50, 60, "actor") == [1, 3, 4]
        assert await aged(50, 60, "actor") == []
        assert seqs_of(await queue.claim("actor", 9, 100)) == [2, 5]
        await queue.close()

    @async_test
    async def test_a_long_backlog_is_gone_through_once(self, tmp_path: Path) -> None:
        queue = await self.open(tmp_path)
        await queue.route(batch(*(new_delivery(n, created_at=1) for n in range(1, 5_001))))
        await queue.adopt({"other"})
        found: set[int] = set()
        while rows := await queue.aged(created_before=2, tried_since=0, limit=1_999):
            assert found.isdisjoint(rows)
            found.update(rows)
            if len(rows) < 1_999:
                break
        assert len(found) == 5_000
        again = await queue.aged(created_before=2, tried_since=0, limit=3)
        assert len(again) == 3
        await queue.close()

    @async_test
    async def test_expired_memories_are_forgotten_a_few_at_a_time(self, tmp_path: Path) -> None:
        queue = await self.open(tmp_path)
        writes = [
            MemoryWrite(scope=scope, key=f"{n}", value="v", expires_at=n)
            for scope in ("a", "b", "\x00")
            for n in range(1, 6)
        ]
        await queue.route(RoutedBatch(cursor=1, rows=[new_delivery(1)], memory=writes))
        forgotten = []
        while number := await queue.forget_memory(4, 5):
            forgotten.append(number)
        assert forgotten == [5, 4]
        keys = [(one.scope, one.key) for one in writes]
        assert set(await queue.recall(keys)) == {
            (scope, str(n)) for scope in ("a", "b", "\x00") for n in (4, 5)
        }
        await queue.close()
