"""What a lane asks whose actor may be away, and what it asks at a gate."""

from __future__ import annotations

from pathlib import Path

from orgloop.delivery import DeliveryState
from orgloop.records import NotedTime, Ready
from orgloop.testing.asynchronous import async_test
from orgloop.testing.queue_suites.opening import OpensQueue, seqs_of
from orgloop.testing.storage_records import batch, new_delivery, settlement

_WAITING = DeliveryState.WAITING


class CircuitsSuite(OpensQueue):
    """See `DeliveryQueueSuite`."""

    @async_test
    async def test_rows_with_a_gate_pass_only_that(self, tmp_path: Path) -> None:
        queue = await self.open(tmp_path)
        due = {1: ("a", 30), 2: (None, 20), 3: ("b", 10), 4: ("a", 20), 5: (None, 40)}
        rows = [
            new_delivery(n, ready=Ready(order_key=None, due_at=at, gate=gate))
            for n, (gate, at) in due.items()
        ]
        await queue.route(batch(*rows))
        assert await queue.gates("actor") == ["a", "b"]
        assert await queue.gates("nobody") == []
        assert await queue.next_due("actor") == 20
        assert await queue.next_due("actor", ["b", "none"]) == 10
        assert await queue.next_due("actor", ["a"], ungated=False) == 20
        assert await queue.next_due("actor", ungated=False) is None
        assert seqs_of(await queue.claim("actor", 1, 99)) == [2]
        assert seqs_of(await queue.claim("actor", 9, 99, gates=["a"], ungated=False)) == [4, 1]
        assert seqs_of(await queue.claim("actor", 9, 99, gates=["a", "none"])) == [5]
        assert seqs_of(await queue.claim("actor", 9, 99)) == []
        assert await queue.gates("actor") == ["b"]
        assert seqs_of(await queue.claim("actor", 9, 99, gates=["b"])) == [3]
        await queue.close()

    @async_test
    async def test_the_first_due_of_each_actor_is_known_at_once(self, tmp_path: Path) -> None:
        queue = await self.open(tmp_path)
        assert await queue.first_due() == {}
        gated = new_delivery(1, actor="a", ready=Ready(order_key=None, due_at=10, gate="g"))
        later = new_delivery(2, actor="a", due_at=20)
        await queue.route(batch(gated, later, new_delivery(3, actor="b", due_at=30)))
        assert await queue.first_due() == {"a": 10, "b": 30}
        for claim in await queue.claim("a", 9, 99, gates=["g"]):
            if claim.event_seq == 1:
                await queue.settle(settlement(claim))
            else:
                await queue.release(claim.row, 40)
        assert await queue.first_due() == {"a": 40, "b": 30}
        await queue.claim("a", 9, 99)
        assert await queue.first_due() == {"b": 30}
        await queue.close()

    @async_test
    async def test_rows_behind_others_stand_at_their_gate_too(self, tmp_path: Path) -> None:
        queue = await self.open(tmp_path)
        rows = [
            new_delivery(n, ready=Ready(order_key="k", due_at=0, gate=gate))
            for n, gate in ((1, None), (2, "a"))
        ]
        await queue.route(batch(*rows))
        assert await queue.gates("actor") == ["a"]
        [claim] = await queue.claim("actor", 9, 0)
        await queue.settle(settlement(claim))
        assert await queue.claim("actor", 9, 0) == []
        assert seqs_of(await queue.claim("actor", 9, 0, gates=["a"])) == [2]
        await queue.close()

    @async_test
    async def test_a_row_can_be_passed_over(self, tmp_path: Path) -> None:
        queue = await self.open(tmp_path)
        await queue.route(batch(*(new_delivery(n, due_at=n) for n in (1, 2, 3))))
        [suspect] = await queue.claim("actor", 1, 9)
        await queue.settle(settlement(suspect, _WAITING, due_at=0))
        assert seqs_of(await queue.claim("actor", 1, 9, passing=[suspect.row])) == [2]
        assert seqs_of(await queue.claim("actor", 9, 9, passing=[suspect.row])) == [3]
        assert await queue.claim("actor", 9, 9, passing=[suspect.row]) == []
        assert seqs_of(await queue.claim("actor", 9, 9)) == [1]
        await queue.close()

    @async_test
    async def test_what_is_behind_a_row_that_is_passed_over_counts_as_due(
        self, tmp_path: Path
    ) -> None:
        queue = await self.open(tmp_path)
        await queue.route(batch(*(new_delivery(n, order_key="k", due_at=n) for n in (1, 2, 3))))
        [suspect] = await queue.claim("actor", 1, 9)
        await queue.settle(settlement(suspect, _WAITING, due_at=4))
        assert await queue.claim("actor", 1, 1, passing=[suspect.row]) == []
        [probe] = await queue.claim("actor", 1, 4, passing=[suspect.row])
        assert probe.event_seq == 2
        assert await queue.claim("actor", 1, 9, passing=[suspect.row]) == []
        await queue.settle(settlement(probe, _WAITING, due_at=5, error="no"))
        assert seqs_of(await queue.claim("actor", 9, 9)) == [1]
        await queue.close()

    @async_test
    async def test_only_a_row_that_is_due_for_the_actor_is_passed_over(
        self, tmp_path: Path
    ) -> None:
        queue = await self.open(tmp_path)
        await queue.route(batch(*(new_delivery(n, order_key="k") for n in (1, 2, 3))))
        [first] = await queue.claim("actor", 1, 0)
        await queue.settle(settlement(first, _WAITING, due_at=0))
        [second] = await queue.claim("actor", 1, 0, passing=[first.row])
        await queue.settle(settlement(second, _WAITING, due_at=0))
        assert await queue.claim("other", 9, 0, passing=[first.row]) == []
        assert seqs_of(await queue.claim("actor", 9, 0, passing=[second.row])) == [1]
        await queue.close()

    @async_test
    async def test_a_line_that_changed_hands_is_not_passed_on(self, tmp_path: Path) -> None:
        queue = await self.open(tmp_path)
        rows = [new_delivery(1, order_key="k"), new_delivery(2, order_key="k", actor="other")]
        await queue.route(batch(*rows))
        [first] = await queue.claim("actor", 1, 0)
        await queue.settle(settlement(first, _WAITING, due_at=0))
        assert await queue.claim("actor", 9, 0, passing=[first.row]) == []
        await queue.close()

    @async_test
    async def test_a_probe_behind_a_row_that_is_given_up_leaves_order_alone(
        self, tmp_path: Path
    ) -> None:
        queue = await self.open(tmp_path)
        await queue.route(batch(*(new_delivery(n, order_key="k") for n in (1, 2, 3))))
        [suspect] = await queue.claim("actor", 1, 0)
        await queue.settle(settlement(suspect, _WAITING, due_at=0))
        [probe] = await queue.claim("actor", 1, 0, passing=[suspect.row])
        await queue.settle(settlement(probe))
        dead = await queue.give_up(suspect.row, 12, "it was the ticket")
        assert dead is not None
        assert (dead.id, dead.state, dead.settled_at) == (suspect.id, "dead", 12)
        assert dead.error == "it was the ticket"
        assert seqs_of(await queue.claim("actor", 9, 0)) == [3]
        await queue.close()

    @async_test
    async def test_only_a_waiting_row_is_given_up(self, tmp_path: Path) -> None:
        queue = await self.open(tmp_path)
        await queue.route(batch(new_delivery(1)))
        [claim] = await queue.claim("actor", 1, 0)
        assert await queue.give_up(claim.row, 0, "no") is None
        await queue.settle(settlement(claim))
        assert await queue.give_up(claim.row, 0, "no") is None
        assert await queue.give_up(99, 0, "no") is None
        assert dict(queue.counts()) == {("actor", "route", "delivered"): 1}
        await queue.close()

    @async_test
    async def test_whose_circuit_is_open_is_kept(self, tmp_path: Path) -> None:
        queue = await self.open(tmp_path)
        assert await queue.degraded() == {}
        await queue.note_degraded("a", "refused")
        await queue.note_degraded("b", "timed out")
        await queue.note_degraded("a", "refused again")
        await queue.note_degraded("b", None)
        await queue.note_degraded("c", None)
        await queue.close()
        queue = await self.open(tmp_path)
        assert await queue.degraded() == {"a": "refused again"}
        await queue.close()

    @async_test
    async def test_the_latest_time_never_goes_back(self, tmp_path: Path) -> None:
        queue = await self.open(tmp_path)
        assert await queue.latest() is None
        await queue.note_time(NotedTime(50, 1000))
        await queue.note_time(NotedTime(40, 2000))
        await queue.close()
        queue = await self.open(tmp_path)
        assert await queue.latest() == NotedTime(50, 1000)
        await queue.close()
