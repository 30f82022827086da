"""What goes out: claims and how they end."""

from __future__ import annotations

from pathlib import Path

from orgloop.delivery import DeliveryState, Prompt
from orgloop.records import Claim, Ready
from orgloop.testing.asynchronous import async_test
from orgloop.testing.queue_suites.opening import OpensQueue, seqs_of
from orgloop.testing.storage_records import batch, new_delivery, settlement

_WAITING = DeliveryState.WAITING
_DELIVERED = DeliveryState.DELIVERED


class AttemptsSuite(OpensQueue):
    """See `DeliveryQueueSuite`."""

    @async_test
    async def test_claims_come_by_due_time_and_then_by_acceptance(self, tmp_path: Path) -> None:
        queue = await self.open(tmp_path)
        due = {1: 50, 2: 20, 3: 50, 4: 90}
        await queue.route(batch(*(new_delivery(n, due_at=at) for n, at in due.items())))
        assert await queue.next_due("actor") == 20
        assert seqs_of(await queue.claim("actor", 2, 80)) == [2, 1]
        assert seqs_of(await queue.claim("actor", 2, 80)) == [3]
        assert seqs_of(await queue.claim("actor", 2, 80)) == []
        assert await queue.next_due("actor") == 90
        assert await queue.next_due("nobody") is None
        await queue.close()

    @async_test
    async def test_actors_have_lanes_of_their_own(self, tmp_path: Path) -> None:
        queue = await self.open(tmp_path)
        await queue.route(batch(new_delivery(1, actor="a"), new_delivery(2, actor="b")))
        assert seqs_of(await queue.claim("b", 10, 0)) == [2]
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
        history = (await queue.histories([claim.id]))[claim.id]
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
