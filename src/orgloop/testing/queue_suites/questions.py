"""What can be asked of the books."""

from __future__ import annotations

from pathlib import Path

from attrs import evolve

from orgloop.delivery import DeliveryState, Prompt
from orgloop.records import DeliveryQuery, Ready
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
    async def test_dead_letters_are_found_by_id_reason_and_time(self, tmp_path: Path) -> None:
        queue = await self.open(tmp_path)
        rows = [new_delivery(n) for n in range(1, 6)]
        await queue.route(batch(*rows))
        reasons = ["Timed out", "refused", "100% ÜBER", None]
        for claim, reason in zip(await queue.claim("actor", 4, 0), reasons, strict=True):
            state = DeliveryState.DEAD if reason else DeliveryState.DELIVERED
            await queue.settle(settlement(claim, state, now=claim.event_seq * 10, error=reason))
        for query, expected in (
            (DeliveryQuery(ids=[rows[3].id, rows[0].id, "garbage"]), [4, 1]),
            (DeliveryQuery(ids=["garbage"]), []),
            (DeliveryQuery(ids=[rows[3].id, rows[0].id], states=["dead", "dead"]), [1]),
            (DeliveryQuery(reason="timed OUT"), [1]),
            (DeliveryQuery(reason="0% über"), [3]),
            (DeliveryQuery(reason="_"), []),
            (DeliveryQuery(settled_from=20), [4, 3, 2]),
            (DeliveryQuery(settled_from=20, settled_to=40), [3, 2]),
            (DeliveryQuery(settled_to=20, oldest_first=True), [1]),
            (DeliveryQuery(oldest_first=True, states=["waiting", "dead"]), [1, 2, 3, 5]),
            (DeliveryQuery(actors=["actor"], routes=["route"], states=["dead"]), [3, 2, 1]),
            (DeliveryQuery(actors=["nobody"]), []),
        ):
            assert [one.event_seq for one in await queue.query(query)] == expected
            assert await queue.count(evolve(query, limit=1)) == len(expected)
        await queue.close()

    @async_test
    async def test_a_delivery_shows_what_it_carries(self, tmp_path: Path) -> None:
        queue = await self.open(tmp_path)
        prompt = Prompt("sops/a.md", "Do it.", {}, "ab" * 32)
        row = new_delivery(1, ready=Ready(order_key=None, due_at=0, prompt=prompt))
        await queue.route(batch(row))
        delivery = await queue.get(row.id)
        assert delivery is not None
        assert (delivery.prompt_file, delivery.prompt_digest) == ("sops/a.md", "ab" * 32)
        assert not delivery.is_batch
        await queue.close()

    @async_test
    async def test_what_is_unknown_is_not_found(self, tmp_path: Path) -> None:
        queue = await self.open(tmp_path)
        assert await queue.get(new_delivery(1).id) is None
        assert await queue.get("garbage") is None
        assert await queue.histories(["garbage", new_delivery(1).id]) == {}
        await queue.close()
