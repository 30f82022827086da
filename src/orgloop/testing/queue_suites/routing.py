"""What comes in: rows, the cursor, and what transforms remember."""

from __future__ import annotations

from pathlib import Path

from orgloop.delivery import DeliveryState
from orgloop.records import Change, MemoryWrite, Ready, RoutedBatch, Step, Transformed
from orgloop.testing.asynchronous import async_test
from orgloop.testing.queue_suites.opening import OpensQueue
from orgloop.testing.storage_records import batch, new_delivery, settlement, unrouted

_MATCHED = DeliveryState.MATCHED
_WAITING = DeliveryState.WAITING


class RoutingSuite(OpensQueue):
    """See `DeliveryQueueSuite`."""

    @async_test
    async def test_rows_and_cursor_are_kept_together(self, tmp_path: Path) -> None:
        queue = await self.open(tmp_path)
        assert await queue.cursor() == 0
        await queue.route(RoutedBatch(cursor=9, rows=[new_delivery(3), unrouted(4)]))
        await queue.close()
        queue = await self.open(tmp_path)
        assert await queue.cursor() == 9
        rows = await queue.for_events([3, 4, 5])
        assert [one.state for one in rows[3]] == [_WAITING]
        assert [(one.state, one.route, one.actor) for one in rows[4]] == [("unmatched", None, None)]
        assert 5 not in rows
        await queue.close()

    @async_test
    async def test_the_cursor_never_goes_back(self, tmp_path: Path) -> None:
        queue = await self.open(tmp_path)
        await queue.route(RoutedBatch(cursor=9, rows=[]))
        await queue.route(RoutedBatch(cursor=4, rows=[]))
        assert await queue.cursor() == 9
        await queue.close()

    @async_test
    async def test_routing_twice_adds_nothing(self, tmp_path: Path) -> None:
        queue = await self.open(tmp_path)
        rows = [new_delivery(1), new_delivery(1, route="other"), unrouted(2)]
        await queue.route(batch(*rows))
        [claim, _] = await queue.claim("actor", 10, 0)
        await queue.settle(settlement(claim))
        await queue.route(batch(*rows, new_delivery(3)))
        states = sorted(
            one.state for found in (await queue.for_events([1, 2])).values() for one in found
        )
        assert states == ["delivered", "delivering", "unmatched"]
        assert [one.event_seq for one in await queue.claim("actor", 10, 0)] == [3]
        await queue.close()

    @async_test
    async def test_transforms_move_matched_rows_on(self, tmp_path: Path) -> None:
        queue = await self.open(tmp_path)
        await queue.route(batch(*(new_delivery(n, state=_MATCHED) for n in (1, 2, 3))))
        assert await queue.claim("actor", 10, 0) == []
        assert await queue.matched_routes() == ["route"]
        rows = await queue.matched("route", 10)
        assert [one.event_seq for one in rows] == [1, 2, 3]
        change = Change(path="payload.n", before=1, after=[2])
        steps = [
            Step(transform="t", verdict="pass", duration_ms=1.5),
            Step(
                transform="u",
                verdict="change",
                duration_ms=2,
                changes=[change, Change(path="payload.m", after=None)],
                changes_omitted=3,
            ),
        ]
        ready = Ready(order_key=None, due_at=7, body=b"{}")
        for row, state, given in (
            (rows[0], _WAITING, ready),
            (rows[1], DeliveryState.DROPPED, None),
            (rows[2], DeliveryState.DEAD, None),
        ):
            moved = Transformed(
                row=row.row, state=state, now=9, ready=given, steps=steps, error="e"
            )
            await queue.transformed(moved)
            await queue.transformed(moved)
        assert await queue.matched_routes() == []
        [claim] = await queue.claim("actor", 10, 7)
        assert (claim.event_seq, claim.body) == (1, b"{}")
        dropped = await queue.get(rows[1].id)
        assert dropped is not None
        assert (dropped.state, dropped.settled_at, dropped.error) == ("dropped", 9, "e")
        assert (await queue.histories([rows[1].id]))[rows[1].id]["steps"] == [
            {"transform": "t", "verdict": "pass", "duration_ms": 1.5, "detail": None},
            {
                "transform": "u",
                "verdict": "change",
                "duration_ms": 2,
                "detail": None,
                "changes": [
                    {"path": "payload.n", "before": 1, "after": [2]},
                    {"path": "payload.m", "after": None},
                ],
                "changes_omitted": 3,
            },
        ]
        await queue.close()

    @async_test
    async def test_what_transforms_remember_is_kept_with_the_outcome(self, tmp_path: Path) -> None:
        queue = await self.open(tmp_path)
        await queue.route(
            RoutedBatch(
                cursor=2,
                rows=[new_delivery(1), new_delivery(2, state=_MATCHED)],
                memory=[_memory("k", "1"), _memory("k", "2"), _memory("other", "x")],
            )
        )
        [row] = await queue.matched("route", 1)
        dropped = Transformed(
            row=row.row, state=DeliveryState.DROPPED, now=0, memory=[_memory("l", "3")]
        )
        await queue.transformed(dropped)
        await queue.close()
        queue = await self.open(tmp_path)
        keys = [("scope", "k"), ("scope", "l"), ("scope", "absent"), ("else", "k")]
        assert await queue.recall(keys) == {("scope", "k"): "2", ("scope", "l"): "3"}
        assert await queue.recall([]) == {}
        await queue.close()

    @async_test
    async def test_an_outcome_repeated_does_not_bring_old_memories_back(
        self, tmp_path: Path
    ) -> None:
        queue = await self.open(tmp_path)
        first = RoutedBatch(cursor=1, rows=[new_delivery(1)], memory=[_memory("k", "old")])
        await queue.route(first)
        await queue.route(
            RoutedBatch(cursor=2, rows=[new_delivery(2)], memory=[_memory("k", "new")])
        )
        await queue.route(first)
        assert await queue.recall([("scope", "k")]) == {("scope", "k"): "new"}
        await queue.close()

    @async_test
    async def test_counts_follow_every_row(self, tmp_path: Path) -> None:
        queue = await self.open(tmp_path)
        await queue.route(
            batch(
                new_delivery(1, actor="a", route="r"),
                new_delivery(2, actor="a", route="r"),
                new_delivery(3, actor="b", route="s", state=_MATCHED),
                unrouted(4),
                unrouted(5, DeliveryState.CUT),
            )
        )
        [claim] = await queue.claim("a", 1, 0)
        expected = {
            ("a", "r", "delivering"): 1,
            ("a", "r", "waiting"): 1,
            ("b", "s", "matched"): 1,
            (None, None, "unmatched"): 1,
            (None, None, "cut"): 1,
        }
        assert dict(queue.counts()) == expected
        await queue.close()
        queue = await self.open(tmp_path)
        assert dict(queue.counts()) == expected
        await queue.settle(settlement(claim))
        assert queue.counts()["a", "r", "delivered"] == 1
        assert ("a", "r", "delivering") not in queue.counts()
        await queue.close()


def _memory(key: str, value: str) -> MemoryWrite:
    return MemoryWrite(scope="scope", key=key, value=value, expires_at=1_000)
