"""The conformance suite of `IDeliveryQueue`.

    class TestMyQueue(DeliveryQueueSuite):
        async def open(self, directory):
            return await MyQueue.open(directory / "queue", PROJECT)

Needs pytest-twisted.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from zope.interface.verify import verifyObject

from orgloop.delivery import DeliveryState, Prompt
from orgloop.interfaces import IDeliveryQueue
from orgloop.records import (
    Claim,
    DeliveryQuery,
    MemoryWrite,
    Ready,
    RoutedBatch,
    Step,
    Transformed,
)
from orgloop.testing.asynchronous import async_test
from orgloop.testing.storage_records import batch, new_delivery, settlement, unrouted

_MATCHED, _WAITING, _DELIVERED = (
    DeliveryState.MATCHED,
    DeliveryState.WAITING,
    DeliveryState.DELIVERED,
)


class DeliveryQueueSuite:
    """What every queue does. A subclass says how one is opened."""

    async def open(self, directory: Path) -> IDeliveryQueue:
        """Open the queue of `PROJECT` in ``directory``; after `close` it opens the same again."""
        raise NotImplementedError

    @async_test
    async def test_it_provides_the_interface(self, tmp_path: Path) -> None:
        queue = await self.open(tmp_path)
        assert verifyObject(IDeliveryQueue, queue)
        await queue.close()

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
    async def test_claims_come_by_due_time_and_then_by_acceptance(self, tmp_path: Path) -> None:
        queue = await self.open(tmp_path)
        due = {1: 50, 2: 20, 3: 50, 4: 90}
        await queue.route(batch(*(new_delivery(n, due_at=at) for n, at in due.items())))
        assert await queue.next_due("actor") == 20
        assert _seqs(await queue.claim("actor", 2, 80)) == [2, 1]
        assert _seqs(await queue.claim("actor", 2, 80)) == [3]
        assert _seqs(await queue.claim("actor", 2, 80)) == []
        assert await queue.next_due("actor") == 90
        assert await queue.next_due("nobody") is None
        await queue.close()

    @async_test
    async def test_actors_have_lanes_of_their_own(self, tmp_path: Path) -> None:
        queue = await self.open(tmp_path)
        await queue.route(batch(new_delivery(1, actor="a"), new_delivery(2, actor="b")))
        assert _seqs(await queue.claim("b", 10, 0)) == [2]
        await queue.close()

    @async_test
    async def test_a_claim_carries_what_was_fixed(self, tmp_path: Path) -> None:
        prompt = Prompt("sops/a.md", "Do it.", {"model": "x"}, "ab" * 32)
        ready = Ready(order_key="k", due_at=0, body=b"{}", config=b'{"a": 1}', prompt=prompt)
        queue = await self.open(tmp_path)
        row = new_delivery(1, ready=ready, created_at=77)
        await queue.route(batch(row))
        [claim] = await queue.claim("actor", 1, 0)
        await queue.prepare(claim.row, b"content")
        await queue.settle(settlement(claim, _WAITING, due_at=0))
        await queue.close()
        queue = await self.open(tmp_path)
        [again] = await queue.claim("actor", 1, 0)
        assert again == Claim(
            row=claim.row,
            id=row.id,
            event_id=row.event_id,
            event_seq=1,
            route="route",
            actor="actor",
            attempt=2,
            spent=2,
            accepted_at=1,
            created_at=77,
            order_key="k",
            body=b"{}",
            config=b'{"a": 1}',
            prompt=prompt,
            content=b"content",
        )
        await queue.close()

    @async_test
    async def test_a_retry_waits_until_it_is_due(self, tmp_path: Path) -> None:
        queue = await self.open(tmp_path)
        await queue.route(batch(new_delivery(1)))
        [claim] = await queue.claim("actor", 1, 0)
        await queue.settle(settlement(claim, _WAITING, now=5, due_at=60, error="no"))
        assert await queue.claim("actor", 1, 59) == []
        [again] = await queue.claim("actor", 1, 60)
        assert (claim.attempt, again.attempt) == (1, 2)
        await queue.settle(settlement(again, now=61))
        delivery = await queue.get(claim.id)
        assert delivery is not None
        assert (delivery.state, delivery.attempts, delivery.settled_at) == (_DELIVERED, 2, 61)
        history = await queue.history(claim.id)
        outcomes = [(one["attempt"], one["outcome"], one["error"]) for one in history["attempts"]]
        assert outcomes == [(1, "error", "no"), (2, "delivered", None)]
        await queue.close()

    @async_test
    async def test_settling_twice_changes_nothing(self, tmp_path: Path) -> None:
        queue = await self.open(tmp_path)
        await queue.route(batch(new_delivery(1)))
        [claim] = await queue.claim("actor", 1, 0)
        await queue.settle(settlement(claim))
        await queue.settle(settlement(claim, DeliveryState.DEAD))
        await queue.release(claim.row, 0)
        assert dict(queue.counts()) == {("actor", "route", "delivered"): 1}
        await queue.close()

    @async_test
    async def test_a_released_row_waits_as_if_nothing_had_been(self, tmp_path: Path) -> None:
        queue = await self.open(tmp_path)
        await queue.route(batch(new_delivery(1)))
        [claim] = await queue.claim("actor", 1, 0)
        await queue.release(claim.row, 30)
        assert await queue.claim("actor", 1, 29) == []
        [again] = await queue.claim("actor", 1, 30)
        assert again.attempt == 1
        await queue.close()

    @async_test
    async def test_attempts_cut_short_by_a_crash_are_found_again(self, tmp_path: Path) -> None:
        queue = await self.open(tmp_path)
        await queue.route(batch(new_delivery(1), new_delivery(2)))
        [claim] = await queue.claim("actor", 1, 0)
        await queue.note_process(claim.row, 4711, "then")
        await queue.close()
        queue = await self.open(tmp_path)
        [left] = await queue.unfinished()
        assert (left.row, left.attempt, left.pid, left.process_started) == (
            claim.row,
            1,
            4711,
            "then",
        )
        await queue.release(left.row, 0)
        assert await queue.unfinished() == []
        assert [(one.event_seq, one.pid) for one in await queue.claim("actor", 2, 0)] == [
            (1, None),
            (2, None),
        ]
        await queue.close()

    @async_test
    async def test_only_the_head_of_an_order_key_is_due(self, tmp_path: Path) -> None:
        queue = await self.open(tmp_path)
        keys = {1: "a", 2: "a", 3: "b", 4: None, 5: "a"}
        await queue.route(batch(*(new_delivery(n, order_key=key) for n, key in keys.items())))
        await queue.route(batch(new_delivery(6, order_key="b")))
        claims = await queue.claim("actor", 10, 0)
        assert _seqs(claims) == [1, 3, 4]
        await queue.settle(settlement(claims[0], _WAITING, due_at=50))
        assert await queue.claim("actor", 10, 49) == []
        [retry] = await queue.claim("actor", 10, 50)
        await queue.settle(settlement(retry, DeliveryState.DEAD))
        await queue.settle(settlement(claims[1], DeliveryState.SKIPPED))
        assert _seqs(await queue.claim("actor", 10, 50)) == [2, 6]
        await queue.close()

    @async_test
    async def test_any_text_is_an_order_key(self, tmp_path: Path) -> None:
        queue = await self.open(tmp_path)
        keys = ["", "a", "a\0b", "a\0c", '"', "ü\n", "null"]
        for first in (1, 101):
            rows = [new_delivery(n, order_key=key) for n, key in enumerate(keys, first)]
            await queue.route(batch(*rows))
        claims = await queue.claim("actor", 100, 0)
        assert [one.order_key for one in claims] == keys
        await queue.settle(settlement(claims[2]))
        assert [one.order_key for one in await queue.claim("actor", 100, 0)] == [keys[2]]
        await queue.close()

    @async_test
    async def test_routes_do_not_share_order_keys(self, tmp_path: Path) -> None:
        queue = await self.open(tmp_path)
        rows = [new_delivery(1, order_key="k", route=route) for route in ("x", "y")]
        await queue.route(batch(*rows))
        assert len(await queue.claim("actor", 10, 0)) == 2
        await queue.close()

    @async_test
    async def test_rows_of_a_route_that_went_away_wait_for_it(self, tmp_path: Path) -> None:
        queue = await self.open(tmp_path)
        await queue.adopt({"kept", "gone"})
        rows = [
            new_delivery(n, route=route, order_key=key, due_at=n)
            for n, (route, key) in enumerate(
                [("gone", None), ("gone", "k"), ("gone", "k"), ("kept", "k"), ("gone", "l")], 1
            )
        ]
        await queue.route(batch(*rows))
        await queue.adopt({"kept"})
        assert _seqs(await queue.claim("actor", 10, 100)) == [4]
        assert await queue.next_due("actor") is None
        assert queue.counts()["actor", "gone", "waiting"] == 4
        await queue.close()
        queue = await self.open(tmp_path)
        await queue.adopt({"kept"})
        assert _seqs(await queue.claim("actor", 10, 100)) == []
        await queue.adopt({"kept", "gone"})
        assert await queue.next_due("actor") == 1
        claims = await queue.claim("actor", 10, 100)
        assert _seqs(claims) == [1, 2, 5]
        await queue.settle(settlement(claims[1]))
        assert _seqs(await queue.claim("actor", 10, 100)) == [3]
        await queue.close()

    @async_test
    async def test_a_retry_of_a_route_that_went_away_keeps_its_time(self, tmp_path: Path) -> None:
        queue = await self.open(tmp_path)
        await queue.route(batch(new_delivery(1)))
        [claim] = await queue.claim("actor", 1, 0)
        await queue.settle(settlement(claim, _WAITING, now=5, due_at=60, error="no"))
        await queue.adopt(())
        assert await queue.claim("actor", 1, 60) == []
        await queue.adopt({"route"})
        assert await queue.claim("actor", 1, 59) == []
        [again] = await queue.claim("actor", 1, 60)
        assert again.attempt == 2
        await queue.close()

    @async_test
    async def test_a_line_goes_on_after_its_rows_were_routed_again(self, tmp_path: Path) -> None:
        queue = await self.open(tmp_path)
        first = new_delivery(1, order_key="k")
        await queue.route(batch(first))
        [claim] = await queue.claim("actor", 1, 0)
        await queue.settle(settlement(claim))
        await queue.route(batch(first, new_delivery(2, order_key="k")))
        assert _seqs(await queue.claim("actor", 10, 0)) == [2]
        await queue.close()

    @async_test
    async def test_transforms_move_matched_rows_on(self, tmp_path: Path) -> None:
        queue = await self.open(tmp_path)
        await queue.route(batch(*(new_delivery(n, state=_MATCHED) for n in (1, 2, 3))))
        assert await queue.claim("actor", 10, 0) == []
        assert await queue.matched_routes() == ["route"]
        rows = await queue.matched("route", 10)
        assert [one.event_seq for one in rows] == [1, 2, 3]
        steps = [Step(transform="t", verdict="change", duration_ms=1.5)]
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
        assert (await queue.history(rows[1].id))["steps"] == [
            {"transform": "t", "verdict": "change", "duration_ms": 1.5, "detail": None}
        ]
        await queue.close()

    @async_test
    async def test_a_transformed_row_keeps_its_place_in_line(self, tmp_path: Path) -> None:
        queue = await self.open(tmp_path)
        early = new_delivery(1, state=_MATCHED)
        await queue.route(batch(early, new_delivery(2, order_key="k")))
        [row] = await queue.matched("route", 1)
        ready = Ready(order_key="k", due_at=0)
        await queue.transformed(Transformed(row=row.row, state=_WAITING, now=0, ready=ready))
        [first] = await queue.claim("actor", 10, 0)
        assert first.event_seq == 1
        await queue.settle(settlement(first))
        assert _seqs(await queue.claim("actor", 10, 0)) == [2]
        await queue.close()

    @async_test
    async def test_a_retry_falls_in_behind_a_row_that_took_its_place(self, tmp_path: Path) -> None:
        queue = await self.open(tmp_path)
        early = new_delivery(1, state=_MATCHED)
        await queue.route(batch(early, new_delivery(2, order_key="k")))
        [late] = await queue.claim("actor", 1, 0)
        [row] = await queue.matched("route", 1)
        ready = Ready(order_key="k", due_at=5)
        await queue.transformed(Transformed(row=row.row, state=_WAITING, now=0, ready=ready))
        await queue.settle(settlement(late, _WAITING, due_at=0))
        assert await queue.claim("actor", 10, 4) == []
        [first] = await queue.claim("actor", 10, 5)
        assert first.event_seq == 1
        await queue.settle(settlement(first))
        assert _seqs(await queue.claim("actor", 10, 5)) == [2]
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

    @async_test
    async def test_queries_restrict_and_page_from_the_newest(self, tmp_path: Path) -> None:
        queue = await self.open(tmp_path)
        await queue.route(
            batch(
                *(
                    new_delivery(n, actor=f"a{n % 2}", route=f"r{n % 2}", created_at=n * 10)
                    for n in range(1, 7)
                )
            )
        )
        for claim in await queue.claim("a1", 2, 0):
            await queue.settle(settlement(claim, DeliveryState.DEAD))

        async def seqs(query: DeliveryQuery) -> list[int]:
            return [one.event_seq for one in await queue.query(query)]

        assert await seqs(DeliveryQuery(limit=2)) == [6, 5]
        last = (await queue.query(DeliveryQuery(limit=2)))[-1].id
        assert await seqs(DeliveryQuery(limit=2, before=last)) == [4, 3]
        assert await seqs(DeliveryQuery(states=["dead"])) == [3, 1]
        assert await seqs(DeliveryQuery(states=["dead", "waiting"], actors=["a1"])) == [5, 3, 1]
        assert await seqs(DeliveryQuery(routes=["r0"])) == [6, 4, 2]
        assert await seqs(DeliveryQuery(event_seq=4)) == [4]
        assert await seqs(DeliveryQuery(created_from=20, created_to=40)) == [3, 2]
        await queue.close()

    @async_test
    async def test_what_is_unknown_is_not_found(self, tmp_path: Path) -> None:
        queue = await self.open(tmp_path)
        assert await queue.get(new_delivery(1).id) is None
        assert await queue.get("garbage") is None
        assert await queue.history("garbage") == {"steps": [], "attempts": []}
        await queue.close()


def _seqs(claims: Sequence[Claim]) -> list[int]:
    return [one.event_seq for one in claims]


def _memory(key: str, value: str) -> MemoryWrite:
    return MemoryWrite(scope="scope", key=key, value=value, expires_at=1_000)
