"""Rows that go out together, as one delivery."""

from __future__ import annotations

from pathlib import Path

from attrs import evolve

from orgloop.delivery import DeliveryState, Prompt
from orgloop.records import Again, Batch, Claim, Gather, Member, NewDelivery, Ready, Transformed
from orgloop.testing.asynchronous import async_test
from orgloop.testing.queue_suites.opening import OpensQueue
from orgloop.testing.storage_records import batch, event_id_of, new_delivery, settlement

_WAITING, _DEAD = DeliveryState.WAITING, DeliveryState.DEAD
_MAX, _EVERY = 3, 50


class BatchesSuite(OpensQueue):
    """See `DeliveryQueueSuite`."""

    @async_test
    async def test_a_batch_goes_out_as_one_delivery_when_its_time_has_come(
        self, tmp_path: Path
    ) -> None:
        queue = await self.open(tmp_path)
        await queue.route(batch(_batched(1, 100)))
        await queue.route(batch(_batched(2, 120, config=b'{"last":1}')))
        assert await queue.next_due("actor") == 100 + _EVERY
        assert await queue.claim("actor", 10, 99 + _EVERY) == []
        [claim] = await queue.claim("actor", 10, 100 + _EVERY)
        assert [one.event_seq for one in claim.members] == [1, 2]
        assert claim.members[1] == Member(event_id=event_id_of(2), event_seq=2, body=b"body 2")
        assert claim.id not in (new_delivery(1).id, new_delivery(2).id)
        assert (claim.event_seq, claim.body) == (2, b"body 2")
        assert (claim.config, claim.prompt) == (b'{"last":1}', _prompt(2))
        assert (claim.attempt, claim.spent, claim.replay) == (1, 1, 0)
        assert await queue.claim("actor", 10, 9_999) == []
        carrier = await queue.get(claim.id)
        assert carrier is not None
        assert (carrier.state, carrier.is_batch, carrier.replay) == ("delivering", True, 0)
        for seq in (1, 2):
            member = await queue.get(new_delivery(seq).id)
            assert member is not None
            assert (member.state, member.into, member.is_batch) == ("merged", claim.id, False)
            assert (member.settled_at, member.due_at) == (None, None)
        await queue.settle(settlement(claim, now=500))
        for seq in (1, 2):
            member = await queue.get(new_delivery(seq).id)
            assert member is not None
            assert member.settled_at == 500
        history = (await queue.histories([claim.id]))[claim.id]
        assert history["members"] == [new_delivery(seq).id for seq in (1, 2)]
        [alone] = (await queue.histories([new_delivery(1).id])).values()
        assert "members" not in alone
        assert dict(queue.counts()) == {
            ("actor", "route", "merged"): 2,
            ("actor", "route", "delivered"): 1,
        }
        await queue.close()

    @async_test
    async def test_a_full_batch_goes_at_once_and_the_next_row_begins_another(
        self, tmp_path: Path
    ) -> None:
        queue = await self.open(tmp_path)
        await queue.route(batch(*(_batched(n, 100) for n in range(1, 6))))
        assert await queue.next_due("actor") == 100
        [full] = await queue.claim("actor", 10, 100)
        assert _members(full) == [1, 2, 3]
        await queue.route(batch(_batched(6, 110)))
        [rest] = await queue.claim("actor", 10, 110)
        assert _members(rest) == [4, 5, 6]
        await queue.close()

    @async_test
    async def test_a_batch_of_one_is_a_batch(self, tmp_path: Path) -> None:
        queue = await self.open(tmp_path)
        await queue.route(batch(_batched(1, 100)))
        [claim] = await queue.claim("actor", 1, 150)
        assert _members(claim) == [1]
        assert claim.id != new_delivery(1).id
        await queue.close()

    @async_test
    async def test_members_stay_the_same_over_retries_and_reopening(self, tmp_path: Path) -> None:
        queue = await self.open(tmp_path)
        await queue.route(batch(_batched(1, 100), _batched(2, 100)))
        [claim] = await queue.claim("actor", 1, 150)
        await queue.prepare(claim.row, b"content")
        await queue.settle(settlement(claim, _WAITING, due_at=160))
        await queue.route(batch(_batched(3, 155)))
        [again] = await queue.claim("actor", 1, 160)
        expected = evolve(claim, attempt=2, spent=2, content=b"content")
        assert again == expected
        await queue.close()
        queue = await self.open(tmp_path)
        assert await queue.unfinished() == [expected]
        await queue.release(again.row, 170)
        assert await queue.claim("actor", 1, 170) == [expected]
        await queue.close()

    @async_test
    async def test_a_claim_takes_as_many_batches_as_it_has_room_for(self, tmp_path: Path) -> None:
        queue = await self.open(tmp_path)
        await queue.route(batch(*(_batched(n, 100, key=f"{n % 2}") for n in range(1, 6))))
        await queue.route(batch(_batched(6, 90, key="k", order_key="k", gate="route")))
        [first] = await queue.claim("actor", 1, 200)
        [second] = await queue.claim("actor", 9, 200)
        assert [_members(first), _members(second)] == [[1, 3, 5], [2, 4]]
        [gated] = await queue.claim("actor", 9, 200, gates=["route"])
        assert _members(gated) == [6]
        await queue.close()

    @async_test
    async def test_a_batch_that_is_retried_holds_back_the_next_of_its_line(
        self, tmp_path: Path
    ) -> None:
        queue = await self.open(tmp_path)
        await queue.route(batch(*(_ordered(n, 100) for n in range(1, 6))))
        [first] = await queue.claim("actor", 9, 100)
        await queue.settle(settlement(first, _WAITING, due_at=400))
        assert await queue.claim("actor", 9, 399) == []
        [again] = await queue.claim("actor", 9, 400)
        assert _members(again) == [1, 2, 3]
        assert await queue.claim("actor", 9, 999) == []
        await queue.settle(settlement(again))
        [second] = await queue.claim("actor", 9, 999)
        assert _members(second) == [4, 5]
        await queue.close()

    @async_test
    async def test_a_suspect_can_be_passed_by_the_batch_behind_it(self, tmp_path: Path) -> None:
        queue = await self.open(tmp_path)
        await queue.route(batch(*(_ordered(n, 100) for n in range(1, 6))))
        [first] = await queue.claim("actor", 9, 100)
        await queue.settle(settlement(first, _WAITING, due_at=100))
        [second] = await queue.claim("actor", 1, 200, passing=[first.row])
        assert _members(second) == [4, 5]
        await queue.close()

    @async_test
    async def test_a_batch_waits_for_what_stands_before_it(self, tmp_path: Path) -> None:
        queue = await self.open(tmp_path)
        await queue.route(batch(new_delivery(1, order_key="k")))
        [before] = await queue.claim("actor", 9, 0)
        await queue.route(batch(*(_ordered(n, 100) for n in (2, 3, 4))))
        assert await queue.claim("actor", 9, 999) == []
        await queue.settle(settlement(before))
        assert [_members(one) for one in await queue.claim("actor", 9, 999)] == [[2, 3, 4]]
        await queue.close()

    @async_test
    async def test_the_next_row_takes_over_from_a_first_that_is_discarded(
        self, tmp_path: Path
    ) -> None:
        for order_key in (None, "k"):
            directory = tmp_path / f"{order_key}"
            directory.mkdir()
            queue = await self.open(directory)
            rows = [_batched(n, 99 + n, key="k", order_key=order_key) for n in (1, 2)]
            await queue.route(batch(*rows))
            [gone] = await queue.discard([new_delivery(1).id], 0)
            assert (gone.state, gone.into) == ("discarded", None)
            assert await queue.next_due("actor") == 150
            await queue.route(batch(_batched(3, 110, key="k", order_key=order_key)))
            [claim] = await queue.claim("actor", 9, 150)
            assert _members(claim) == [2, 3]
            assert await queue.discard([new_delivery(2).id, claim.id], 0) == []
            await queue.close()

    @async_test
    async def test_a_row_that_left_its_batch_comes_back_as_one(self, tmp_path: Path) -> None:
        queue = await self.open(tmp_path)
        await queue.adopt({"route"}, {"actor": 2})
        await queue.route(batch(*(_batched(n, 100) for n in (1, 2, 3))))
        [claim] = await queue.claim("actor", 9, 150)
        assert _members(claim) == [2, 3]
        assert [one.state for one in await queue.reopen([new_delivery(1).id], 160)] == ["waiting"]
        [back] = await queue.claim("actor", 9, 160)
        assert _members(back) == [1]
        await queue.close()

    @async_test
    async def test_members_share_the_fate_of_their_batch(self, tmp_path: Path) -> None:
        queue = await self.open(tmp_path)
        await queue.route(batch(_batched(1, 100), _batched(2, 100)))
        [claim] = await queue.claim("actor", 9, 150)
        await queue.settle(settlement(claim, _DEAD, now=200))

        async def settled_at() -> set[int | None]:
            found = await queue.for_events([1, 2])
            return {one.settled_at for rows in found.values() for one in rows}

        assert await settled_at() == {200}
        [waiting] = await queue.reopen([claim.id], 300)
        assert (waiting.state, waiting.is_batch) == ("waiting", True)
        assert await settled_at() == {None}
        [again] = await queue.claim("actor", 9, 300)
        assert (_members(again), again.attempt, again.spent) == ([1, 2], 2, 1)
        await queue.settle(settlement(again, _WAITING, due_at=300))
        await queue.give_up(again.row, 400, "no")
        assert await settled_at() == {400}
        await queue.discard([claim.id], 500)
        assert await settled_at() == {500}
        await queue.close()

    @async_test
    async def test_what_was_held_and_let_go_is_a_batch_of_its_own(self, tmp_path: Path) -> None:
        queue = await self.open(tmp_path)
        held = evolve(_batched(1, 100), state=DeliveryState.HELD)
        await queue.route(batch(held))
        await queue.unhold([held.id], 100)
        [claim] = await queue.claim("actor", 9, 100)
        assert _members(claim) == [1]
        await queue.close()

    @async_test
    async def test_transforms_lead_into_a_batch_too(self, tmp_path: Path) -> None:
        queue = await self.open(tmp_path)
        await queue.route(batch(*(new_delivery(n, state=DeliveryState.MATCHED) for n in (1, 2))))
        for row in await queue.matched("route", 10):
            ready = _ordered(row.event_seq, 100).ready
            await queue.transformed(Transformed(row=row.row, state=_WAITING, now=0, ready=ready))
        [claim] = await queue.claim("actor", 9, 150)
        assert _members(claim) == [1, 2]
        await queue.close()

    @async_test
    async def test_a_batch_goes_on_when_its_route_is_back(self, tmp_path: Path) -> None:
        for order_key in (None, "k"):
            directory = tmp_path / f"{order_key}"
            directory.mkdir()
            queue = await self.open(directory)
            rows = [_batched(n, 100, key="k", order_key=order_key) for n in (1, 2)]
            await queue.route(batch(*rows))
            await queue.adopt(set())
            await queue.discard([new_delivery(1).id], 0)
            assert await queue.claim("actor", 9, 999) == []
            await queue.adopt({"route"})
            await queue.route(batch(_batched(3, 120, key="k", order_key=order_key)))
            [claim] = await queue.claim("actor", 9, 150)
            assert _members(claim) == [2, 3]
            await queue.settle(settlement(claim, _WAITING, due_at=160))
            await queue.adopt(set())
            await queue.adopt({"route"})
            assert [_members(one) for one in await queue.claim("actor", 9, 160)] == [[2, 3]]
            await queue.close()

    @async_test
    async def test_a_replay_goes_in_a_batch_of_its_own_id(self, tmp_path: Path) -> None:
        queue = await self.open(tmp_path)
        await queue.route(batch(_batched(1, 100)))
        [first] = await queue.claim("actor", 9, 150)
        await queue.settle(settlement(first))
        again = Again(
            event_id=event_id_of(1),
            event_seq=1,
            route="route",
            actor="actor",
            accepted_at=1,
            created_at=1,
        )
        [replayed] = await queue.again([again])
        [row] = await queue.matched("route", 10)
        await queue.transformed(
            Transformed(row=row.row, state=_WAITING, now=0, ready=_batched(1, 200).ready)
        )
        [claim] = await queue.claim("actor", 9, 250)
        assert (_members(claim), claim.replay) == ([1], 1)
        assert claim.id not in (first.id, replayed)
        member = await queue.get(replayed)
        assert member is not None
        assert member.into == claim.id
        await queue.close()

    @async_test
    async def test_a_stop_is_expected_for_every_event_of_a_batch(self, tmp_path: Path) -> None:
        queue = await self.open(tmp_path)
        await queue.route(batch(_batched(1, 100), _batched(2, 100), new_delivery(2, route="r")))
        claims = await queue.claim("actor", 9, 150)
        [carrier] = [one for one in claims if one.members]
        for claim in claims:
            await queue.settle(evolve(settlement(claim), deadline=500))
        assert [one.id for one in await queue.expecting(None, 1)] == [carrier.id]
        assert len(await queue.expecting(None, 2)) == 2
        await queue.close()


def _members(claim: Claim) -> list[int]:
    return [one.event_seq for one in claim.members]


def _prompt(seq: int) -> Prompt:
    return Prompt("a.md", f"Do {seq}.", {}, f"{seq:064x}")


def _ordered(seq: int, at: int) -> NewDelivery:
    return _batched(seq, at, key="k", order_key="k")


def _batched(
    seq: int,
    at: int,
    *,
    key: str = "",
    order_key: str | None = None,
    config: bytes = b"{}",
    gate: str | None = None,
) -> NewDelivery:
    ready = Ready(
        order_key=order_key,
        due_at=at,
        body=b"body %d" % seq,
        config=config,
        prompt=_prompt(seq),
        gate=gate,
        gather=Gather(key=key, how=Batch(max=_MAX, every_ms=_EVERY)),
    )
    return new_delivery(seq, ready=ready)
