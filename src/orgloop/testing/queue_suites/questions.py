"""What can be asked of the books."""

from __future__ import annotations

from pathlib import Path

from orgloop.delivery import DeliveryState
from orgloop.records import DeliveryQuery
from orgloop.testing.asynchronous import async_test
from orgloop.testing.queue_suites.opening import OpensQueue
from orgloop.testing.storage_records import batch, new_delivery, settlement


class QuestionsSuite(OpensQueue):
    """See `DeliveryQueueSuite`."""

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
        assert await seqs(DeliveryQuery(limit=2, oldest_first=True)) == [1, 2]
        assert await seqs(DeliveryQuery(before=last, oldest_first=True)) == [6]
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
