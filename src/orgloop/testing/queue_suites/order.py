"""Who waits for whom: order keys, and routes that went away."""

from __future__ import annotations

from pathlib import Path

from orgloop.delivery import DeliveryState
from orgloop.records import Ready, Transformed
from orgloop.testing.asynchronous import async_test
from orgloop.testing.queue_suites.opening import OpensQueue, seqs_of
from orgloop.testing.storage_records import batch, new_delivery, settlement

_MATCHED = DeliveryState.MATCHED
_WAITING = DeliveryState.WAITING


class OrderSuite(OpensQueue):
    """See `DeliveryQueueSuite`."""

    @async_test
    async def test_only_the_head_of_an_order_key_is_due(self, tmp_path: Path) -> None:
        queue = await self.open(tmp_path)
        keys = {1: "a", 2: "a", 3: "b", 4: None, 5: "a"}
        await queue.route(batch(*(new_delivery(n, order_key=key) for n, key in keys.items())))
        await queue.route(batch(new_delivery(6, order_key="b")))
        claims = await queue.claim("actor", 10, 0)
        assert seqs_of(claims) == [1, 3, 4]
        await queue.settle(settlement(claims[0], _WAITING, due_at=50))
        assert await queue.claim("actor", 10, 49) == []
        [retry] = await queue.claim("actor", 10, 50)
        await queue.settle(settlement(retry, DeliveryState.DEAD))
        await queue.settle(settlement(claims[1], DeliveryState.SKIPPED))
        assert seqs_of(await queue.claim("actor", 10, 50)) == [2, 6]
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
        assert seqs_of(await queue.claim("actor", 10, 100)) == [4]
        assert await queue.next_due("actor") is None
        assert queue.counts()["actor", "gone", "waiting"] == 4
        await queue.close()
        queue = await self.open(tmp_path)
        await queue.adopt({"kept"})
        assert seqs_of(await queue.claim("actor", 10, 100)) == []
        await queue.adopt({"kept", "gone"})
        assert await queue.next_due("actor") == 1
        claims = await queue.claim("actor", 10, 100)
        assert seqs_of(claims) == [1, 2, 5]
        await queue.settle(settlement(claims[1]))
        assert seqs_of(await queue.claim("actor", 10, 100)) == [3]
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
        assert seqs_of(await queue.claim("actor", 10, 0)) == [2]
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
        assert seqs_of(await queue.claim("actor", 10, 0)) == [2]
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
        assert seqs_of(await queue.claim("actor", 10, 5)) == [2]
        await queue.close()
