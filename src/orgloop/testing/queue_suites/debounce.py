"""Rows of which only the last goes out, after a quiet time."""

from __future__ import annotations

from pathlib import Path

from attrs import evolve

from orgloop.delivery import DeliveryState
from orgloop.interfaces import IDeliveryQueue
from orgloop.records import Debounce, Gather, NewDelivery, Ready, Transformed
from orgloop.testing.asynchronous import async_test
from orgloop.testing.queue_suites.opening import OpensQueue, seqs_of
from orgloop.testing.storage_records import batch, new_delivery, settlement

_WAITING, _MERGED, _DELIVERED = (
    DeliveryState.WAITING,
    DeliveryState.MERGED,
    DeliveryState.DELIVERED,
)
_QUIET, _MAX = 10, 50


class DebounceSuite(OpensQueue):
    """See `DeliveryQueueSuite`."""

    @async_test
    async def test_the_last_of_a_burst_goes_out_once_it_is_quiet(self, tmp_path: Path) -> None:
        queue = await self.open(tmp_path)
        for seq, at in ((1, 100), (2, 105), (3, 109)):
            await queue.route(batch(_debounced(seq, at)))
        assert await queue.next_due("actor") == 119
        assert await queue.claim("actor", 10, 118) == []
        last = new_delivery(3).id
        assert await _states(queue) == {1: (_MERGED, last), 2: (_MERGED, last), 3: (_WAITING, None)}
        [claim] = await queue.claim("actor", 10, 119)
        assert (claim.id, list(claim.members)) == (last, [])
        await queue.settle(settlement(claim, now=500))
        for seq in (1, 2, 3):
            row = await queue.get(new_delivery(seq).id)
            assert row is not None
            assert (row.settled_at, row.due_at) == (500, None)
        carried = [(one.event_seq, one.state) for one in await queue.merged([last, "garbage"])]
        assert carried == [(1, _MERGED), (2, _MERGED)]
        assert await queue.merged([new_delivery(1).id]) == []
        assert await queue.claim("actor", 10, 9_999) == []
        assert dict(queue.counts()) == {
            ("actor", "route", "merged"): 2,
            ("actor", "route", "delivered"): 1,
        }
        await queue.close()

    @async_test
    async def test_a_burst_that_does_not_end_goes_out_at_the_latest(self, tmp_path: Path) -> None:
        queue = await self.open(tmp_path)
        for seq in range(1, 10):
            await queue.route(batch(_debounced(seq, 100 + 7 * seq)))
        assert await queue.next_due("actor") == 107 + _MAX
        assert seqs_of(await queue.claim("actor", 10, 107 + _MAX)) == [9]
        await queue.close()

    @async_test
    async def test_the_highest_version_goes_out_whatever_came_last(self, tmp_path: Path) -> None:
        queue = await self.open(tmp_path)
        for seq, at, version in ((1, 100, 7), (2, 105, 9), (3, 109, 8), (4, 111, 9), (5, 112, 1)):
            await queue.route(batch(_debounced(seq, at, version=version)))
        last = new_delivery(4).id
        assert (await _states(queue))[5] == (_MERGED, last)
        assert await queue.next_due("actor") == 112 + _QUIET  # an old one is a change, too
        [claim] = await queue.claim("actor", 10, 112 + _QUIET)
        assert claim.id == last
        await queue.settle(settlement(claim, now=500))
        assert [one.event_seq for one in await queue.merged([last])] == [1, 2, 3, 5]
        assert dict(queue.counts()) == {
            ("actor", "route", "merged"): 4,
            ("actor", "route", "delivered"): 1,
        }
        await queue.close()

    @async_test
    async def test_an_old_version_holds_up_nothing_behind_it(self, tmp_path: Path) -> None:
        queue = await self.open(tmp_path)
        await queue.route(batch(_debounced(1, 100, version=2, order_key="k")))
        await queue.route(batch(_debounced(2, 105, version=1, order_key="k")))
        await queue.route(batch(new_delivery(3, order_key="k", due_at=106)))
        [claim] = await queue.claim("actor", 10, 105 + _QUIET)
        assert claim.event_seq == 1
        await queue.settle(settlement(claim, now=120))
        assert seqs_of(await queue.claim("actor", 10, 120)) == [3]
        await queue.close()

    @async_test
    async def test_rows_that_come_together_are_one_burst(self, tmp_path: Path) -> None:
        queue = await self.open(tmp_path)
        rows = batch(*(_debounced(n, 100, key="k", order_key="k") for n in (1, 2, 3)))
        await queue.route(rows)
        await queue.route(rows)
        assert await queue.next_due("actor") == 110
        assert seqs_of(await queue.claim("actor", 10, 110)) == [3]
        await queue.route(rows)
        assert await queue.next_due("actor") is None
        await queue.close()

    @async_test
    async def test_bursts_survive_reopening(self, tmp_path: Path) -> None:
        queue = await self.open(tmp_path)
        await queue.route(batch(_debounced(1, 100)))
        await queue.close()
        queue = await self.open(tmp_path)
        await queue.route(batch(_debounced(2, 145)))
        assert await queue.next_due("actor") == 100 + _MAX
        await queue.close()
        queue = await self.open(tmp_path)
        assert seqs_of(await queue.claim("actor", 10, 100 + _MAX)) == [2]
        await queue.close()

    @async_test
    async def test_keys_and_routes_are_bursts_of_their_own(self, tmp_path: Path) -> None:
        queue = await self.open(tmp_path)
        await queue.route(
            batch(
                _debounced(1, 100, key="a"),
                _debounced(2, 100, key="b"),
                _debounced(3, 100, key="a"),
                _debounced(3, 100, key="a", route="other"),
            )
        )
        claims = await queue.claim("actor", 10, 110)
        assert sorted((one.route, one.event_seq) for one in claims) == [
            ("other", 3),
            ("route", 2),
            ("route", 3),
        ]
        await queue.close()

    @async_test
    async def test_a_burst_is_over_once_an_attempt_was_made(self, tmp_path: Path) -> None:
        queue = await self.open(tmp_path)
        await queue.route(batch(_debounced(1, 100)))
        [claim] = await queue.claim("actor", 10, 110)
        await queue.settle(settlement(claim, _WAITING, due_at=120))
        await queue.route(batch(_debounced(2, 111)))
        assert seqs_of(await queue.claim("actor", 10, 500)) == [1, 2]
        await queue.close()

    @async_test
    async def test_what_is_overdue_still_takes_in_the_next(self, tmp_path: Path) -> None:
        queue = await self.open(tmp_path)
        await queue.route(batch(_debounced(1, 100)))
        await queue.route(batch(_debounced(2, 9_000)))
        assert seqs_of(await queue.claim("actor", 10, 9_000)) == [2]
        await queue.close()

    @async_test
    async def test_a_burst_waits_for_what_stands_before_it(self, tmp_path: Path) -> None:
        queue = await self.open(tmp_path)
        await queue.route(batch(new_delivery(1, order_key="k")))
        [first] = await queue.claim("actor", 10, 100)
        for seq in (2, 3):
            await queue.route(batch(_debounced(seq, 100, key="k", order_key="k")))
        assert await queue.next_due("actor") is None
        await queue.settle(settlement(first, _WAITING, due_at=400))
        assert seqs_of(await queue.claim("actor", 10, 300)) == []
        [first] = await queue.claim("actor", 10, 400)
        await queue.settle(settlement(first))
        assert await queue.next_due("actor") == 110
        assert seqs_of(await queue.claim("actor", 10, 400)) == [3]
        await queue.close()

    @async_test
    async def test_transforms_lead_into_a_burst_too(self, tmp_path: Path) -> None:
        queue = await self.open(tmp_path)
        await queue.route(batch(*(new_delivery(n, state=DeliveryState.MATCHED) for n in (1, 2))))
        for at, row in enumerate(await queue.matched("route", 10)):
            ready = _debounced(row.event_seq, 100 + at, key="k", order_key="k").ready
            await queue.transformed(Transformed(row=row.row, state=_WAITING, now=0, ready=ready))
        assert await queue.next_due("actor") == 111
        assert seqs_of(await queue.claim("actor", 10, 111)) == [2]
        await queue.close()

    @async_test
    async def test_what_was_debounced_away_goes_with_what_is_discarded(
        self, tmp_path: Path
    ) -> None:
        queue = await self.open(tmp_path)
        await queue.route(batch(_debounced(1, 100), _debounced(2, 100)))
        assert await queue.discard([new_delivery(1).id], 7) == []
        await queue.discard([new_delivery(2).id], 7)
        merged = await queue.get(new_delivery(1).id)
        assert merged is not None
        assert (merged.state, merged.settled_at, merged.into) == ("merged", 7, new_delivery(2).id)
        await queue.route(batch(_debounced(3, 101)))
        assert await queue.next_due("actor") == 111
        assert seqs_of(await queue.claim("actor", 10, 111)) == [3]
        await queue.close()

    @async_test
    async def test_what_was_debounced_away_waits_again_with_a_retry(self, tmp_path: Path) -> None:
        queue = await self.open(tmp_path)
        await queue.route(batch(_debounced(1, 100), _debounced(2, 100)))
        [claim] = await queue.claim("actor", 10, 110)
        await queue.settle(settlement(claim, DeliveryState.DEAD, now=200))
        await queue.reopen([claim.id], 300)
        merged = await queue.get(new_delivery(1).id)
        assert merged is not None
        assert merged.settled_at is None
        await queue.route(batch(_debounced(3, 300)))
        assert seqs_of(await queue.claim("actor", 10, 300)) == [2]
        assert seqs_of(await queue.claim("actor", 10, 310)) == [3]
        await queue.close()

    @async_test
    async def test_a_burst_goes_on_when_its_route_is_back(self, tmp_path: Path) -> None:
        queue = await self.open(tmp_path)
        await queue.route(batch(_debounced(1, 100), _debounced(2, 100)))
        await queue.adopt(set())
        assert await queue.next_due("actor") is None
        await queue.adopt({"route"})
        await queue.route(batch(_debounced(3, 130)))
        assert await queue.next_due("actor") == 140
        assert seqs_of(await queue.claim("actor", 10, 140)) == [3]
        await queue.close()

    @async_test
    async def test_what_was_held_and_let_go_does_not_wait_for_quiet(self, tmp_path: Path) -> None:
        queue = await self.open(tmp_path)
        held = evolve(_debounced(1, 100), state=DeliveryState.HELD)
        await queue.route(batch(held))
        await queue.unhold([held.id], 100)
        await queue.route(batch(_debounced(2, 100)))
        assert seqs_of(await queue.claim("actor", 10, 100)) == [1]
        await queue.close()


async def _states(
    queue: IDeliveryQueue,
) -> dict[int, tuple[DeliveryState, str | None]]:
    found = await queue.for_events(range(10))
    return {seq: (row.state, row.into) for seq, [row] in found.items()}


def _debounced(
    seq: int,
    at: int,
    *,
    key: str = "",
    order_key: str | None = None,
    route: str = "route",
    version: int | None = None,
) -> NewDelivery:
    how = Debounce(quiet_ms=_QUIET, max_ms=_MAX, version=version)
    gather = Gather(key=key, how=how)
    ready = Ready(order_key=order_key, due_at=at, gather=gather)
    return new_delivery(seq, route=route, ready=ready)
