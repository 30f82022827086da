"""The conformance suite of `IEventLog`.

    class TestMyLog(EventLogSuite):
        async def open(self, directory):
            return await MyLog.open(directory / "log")

Needs pytest-twisted.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from zope.interface.verify import verifyObject

from orgloop.interfaces import IEventLog
from orgloop.records import EventQuery, EventRecord
from orgloop.testing.asynchronous import async_test
from orgloop.testing.storage_records import PROJECT, event_id_of, new_event


class EventLogSuite:
    """What every event log does. A subclass says how one is opened."""

    async def open(self, directory: Path) -> IEventLog:
        """Open the log in ``directory``; after `close` it opens the same again."""
        raise NotImplementedError

    @async_test
    async def test_it_provides_the_interface(self, tmp_path: Path) -> None:
        log = await self.open(tmp_path)
        assert verifyObject(IEventLog, log)
        await log.close()

    @async_test
    async def test_events_come_back_in_the_order_they_were_given(self, tmp_path: Path) -> None:
        log = await self.open(tmp_path)
        appended = await log.append([new_event(number) for number in (3, 1, 2)])
        records = await log.read(PROJECT, 0, 10)
        assert [one.event_id for one in appended] == [event_id_of(n) for n in (3, 1, 2)]
        assert [one.seq for one in appended] == [one.seq for one in records]
        assert [one.seq for one in records] == sorted(one.seq for one in records)
        assert [one.event for one in records] == [new_event(n).event for n in (3, 1, 2)]
        await log.close()

    @async_test
    async def test_a_record_holds_everything_that_was_given(self, tmp_path: Path) -> None:
        log = await self.open(tmp_path)
        new = new_event(7, source="src", parent=event_id_of(1), depth=3, accepted_at=99)
        await log.append([new])
        await log.close()
        log = await self.open(tmp_path)
        record = await log.get(PROJECT, new.event.id)
        assert record is not None
        assert (record.id, record.project, record.source) == (new.event.id, PROJECT, "src")
        assert (record.type, record.accepted_at) == ("resource.changed", 99)
        assert (record.trace_id, record.parent) == (new.event.trace_id, event_id_of(1))
        assert (record.depth, record.body) == (3, new.body)
        assert record.event == new.event
        await log.close()

    @async_test
    async def test_nothing_is_appended_by_an_empty_call(self, tmp_path: Path) -> None:
        log = await self.open(tmp_path)
        assert await log.append([]) == []
        assert await log.high() == 0
        await log.close()

    @async_test
    async def test_a_known_id_is_not_added_again(self, tmp_path: Path) -> None:
        log = await self.open(tmp_path)
        [first] = await log.append([new_event(1)])
        again = await log.append([new_event(1), new_event(2), new_event(2)])
        assert [one.duplicate for one in again] == [True, False, True]
        assert again[0].seq == first.seq
        assert again[1].seq == again[2].seq
        assert len(await log.read(PROJECT, 0, 10)) == 2
        await log.close()

    @async_test
    async def test_ids_are_recognised_among_appends_under_way(self, tmp_path: Path) -> None:
        log = await self.open(tmp_path)
        under_way = [log.append([new_event(1)]) for _ in range(3)]
        answers = [(await one)[0] for one in under_way]
        assert [one.duplicate for one in answers] == [False, True, True]
        assert len({one.seq for one in answers}) == 1
        await log.close()

    @async_test
    async def test_ids_are_recognised_after_reopening(self, tmp_path: Path) -> None:
        log = await self.open(tmp_path)
        [first] = await log.append([new_event(1)])
        await log.close()
        log = await self.open(tmp_path)
        [again] = await log.append([new_event(1)])
        assert (again.seq, again.duplicate) == (first.seq, True)
        await log.close()

    @async_test
    async def test_projects_do_not_see_each_other(self, tmp_path: Path) -> None:
        log = await self.open(tmp_path)
        await log.append([new_event(1, project="a")])
        [other] = await log.append([new_event(1, project="b")])
        assert not other.duplicate
        assert [one.seq for one in await log.read("b", 0, 10)] == [other.seq]
        assert set(await log.get_many("a", [other.seq])) == set()
        assert [one.project for one in await log.query(EventQuery(project="a"))] == ["a"]
        await log.close()

    @async_test
    async def test_reading_goes_on_after_a_position(self, tmp_path: Path) -> None:
        log = await self.open(tmp_path)
        await log.append([new_event(number) for number in range(5)])
        first = await log.read(PROJECT, 0, 3)
        rest = await log.read(PROJECT, first[-1].seq, 3)
        assert [one.event.payload for one in first + rest] == [{"number": n} for n in range(5)]
        assert await log.read(PROJECT, rest[-1].seq, 3) == []
        await log.close()

    @async_test
    async def test_events_are_found_by_id_and_by_place(self, tmp_path: Path) -> None:
        log = await self.open(tmp_path)
        appended = await log.append([new_event(1), new_event(2)])
        await log.close()
        log = await self.open(tmp_path)
        [fresh] = await log.append([new_event(3)])
        seqs = [appended[0].seq, fresh.seq, fresh.seq + 100]
        found = await log.get_many(PROJECT, seqs)
        assert {seq: one.id for seq, one in found.items()} == {
            appended[0].seq: event_id_of(1),
            fresh.seq: event_id_of(3),
        }
        assert await log.get(PROJECT, event_id_of(9)) is None
        await log.close()

    @async_test
    async def test_ids_are_found_by_how_they_begin(self, tmp_path: Path) -> None:
        log = await self.open(tmp_path)
        await log.append([new_event(number) for number in (1, 2, 20)])
        await log.append([new_event(3, project="other")])
        one, two, twenty = map(event_id_of, (1, 2, 20))
        assert await log.ids_beginning(PROJECT, two, 10) == sorted(
            name for name in (two, twenty) if name.startswith(two)
        )
        assert await log.ids_beginning(PROJECT, "evt_", 10) == sorted([one, two, twenty])
        assert await log.ids_beginning(PROJECT, "evt_", 2) == sorted([one, two, twenty])[:2]
        assert await log.ids_beginning(PROJECT, "evt_%", 10) == []
        assert await log.ids_beginning(PROJECT, event_id_of(3), 10) == []
        await log.close()

    @async_test
    async def test_queries_restrict_and_page_from_the_newest(self, tmp_path: Path) -> None:
        log = await self.open(tmp_path)
        await log.append(
            [new_event(n, source="even" if n % 2 == 0 else "odd") for n in range(1, 9)]
        )

        async def numbers(query: EventQuery) -> list[int]:
            return [int(one.id.removeprefix("evt_"), 16) for one in await log.query(query)]

        assert await numbers(EventQuery(project=PROJECT, limit=2)) == [8, 7]
        seq = (await log.query(EventQuery(limit=2)))[-1].seq
        assert await numbers(EventQuery(before_seq=seq, limit=2)) == [6, 5]
        assert await numbers(EventQuery(sources=["even"])) == [8, 6, 4, 2]
        assert await numbers(EventQuery(sources=["even", "odd"], limit=3)) == [8, 7, 6]
        assert await numbers(EventQuery(types=["actor.stopped"])) == []
        period = EventQuery(project=PROJECT, accepted_from=3, accepted_to=6)
        assert await numbers(period) == [5, 4, 3]
        assert await numbers(EventQuery(oldest_first=True, limit=2)) == [1, 2]
        after = EventQuery(project=PROJECT, oldest_first=True, after_seq=seq, limit=2)
        assert await numbers(after) == [8]
        assert await numbers(EventQuery(project=PROJECT, most_bytes=1)) == [8]
        assert len(await log.query(EventQuery(most_bytes=1_000_000))) == 8
        await log.close()

    @async_test
    async def test_queries_by_time_survive_a_clock_that_steps_back(self, tmp_path: Path) -> None:
        log = await self.open(tmp_path)
        hour = 3_600_000
        times = [0, hour, 5 * hour, hour + 1, 2 * hour, 6 * hour]
        await log.append([new_event(n, accepted_at=at) for n, at in enumerate(times)])
        query = EventQuery(project=PROJECT, accepted_from=hour, accepted_to=3 * hour)
        assert [one.accepted_at for one in await log.query(query)] == [2 * hour, hour + 1, hour]
        late = EventQuery(project=PROJECT, accepted_from=5 * hour)
        assert [one.accepted_at for one in await log.query(late)] == [6 * hour, 5 * hour]
        await log.close()

    @async_test
    async def test_a_trace_is_found_whole(self, tmp_path: Path) -> None:
        log = await self.open(tmp_path)
        root = new_event(1)
        trace = root.event.trace_id
        await log.append([root, new_event(5)])
        await log.append([new_event(2, trace_id=trace, parent=root.event.id, depth=2)])
        await log.append([new_event(3, trace_id=trace, parent=event_id_of(2), depth=3)])
        found = await log.query(EventQuery(project=PROJECT, trace_id=trace))
        assert [one.id for one in found] == [event_id_of(n) for n in (3, 2, 1)]
        effects = await log.effects_of(PROJECT, root.event.id)
        assert [one.id for one in effects] == [event_id_of(2)]
        assert await log.effects_of("other", root.event.id) == []
        await log.close()

    @async_test
    async def test_the_highest_number_survives_reopening_and_forgetting(
        self, tmp_path: Path
    ) -> None:
        log = await self.open(tmp_path)
        appended = await log.append([new_event(1), new_event(2)])
        high = appended[-1].seq
        assert await log.high() == high
        assert await log.forget(PROJECT, [one.seq for one in appended]) == 2
        await log.close()
        log = await self.open(tmp_path)
        assert await log.high() == high
        [later] = await log.append([new_event(3)])
        assert later.seq > high
        await log.close()

    @async_test
    async def test_subscribers_hear_of_new_events_of_their_project(self, tmp_path: Path) -> None:
        log = await self.open(tmp_path)
        heard: list[str] = []
        end = log.subscribe("a", lambda: heard.append("a"))
        log.subscribe("b", lambda: heard.append("b"))
        await log.append([new_event(1, project="a")])
        await log.append([new_event(1, project="a")])
        assert heard == ["a"]
        end()
        await log.append([new_event(2, project="a"), new_event(2, project="b")])
        assert heard == ["a", "b"]
        await log.close()

    @async_test
    async def test_what_may_be_pruned_is_old_and_within_bounds(self, tmp_path: Path) -> None:
        log = await self.open(tmp_path)
        await log.append([new_event(1, project="other")])
        appended = await log.append([new_event(number) for number in range(1, 7)])
        seqs = [one.seq for one in appended]

        async def prunable(after: int, up_to: int, limit: int = 10) -> list[int]:
            return await log.prunable(
                PROJECT, accepted_before=5, after=after, up_to=up_to, limit=limit
            )

        assert await prunable(0, seqs[5]) == seqs[:4]
        assert await prunable(0, seqs[2]) == seqs[:3]
        assert await prunable(seqs[0], seqs[5], 2) == seqs[1:3]
        assert await prunable(seqs[3], seqs[5]) == []
        assert await log.prunable("new", accepted_before=5, after=0, up_to=9, limit=9) == []
        await log.close()

    @async_test
    async def test_forgotten_events_are_gone_and_may_come_in_anew(self, tmp_path: Path) -> None:
        log = await self.open(tmp_path)
        [other] = await log.append([new_event(1, project="other")])
        appended = await log.append([new_event(number) for number in range(1, 4)])
        seqs = [one.seq for one in appended]
        assert await log.forget(PROJECT, [seqs[0], seqs[1], other.seq, 99]) == 2
        assert await log.forget(PROJECT, seqs[:2]) == 0
        assert await log.forget(PROJECT, []) == 0
        assert [one.seq for one in await log.read(PROJECT, 0, 10)] == [seqs[2]]
        assert await log.get(PROJECT, event_id_of(1)) is None
        assert len(await log.read("other", 0, 10)) == 1
        [again] = await log.append([new_event(1)])
        assert not again.duplicate
        assert again.seq > seqs[-1]
        await log.close()

    @async_test
    async def test_events_are_found_by_their_tracking_id(self, tmp_path: Path) -> None:
        log = await self.open(tmp_path)
        await log.append([new_event(1, project="other", tracking_id="job")])
        await log.append(
            [
                new_event(1, tracking_id="job"),
                new_event(2),
                new_event(3, tracking_id="job", parent=event_id_of(2), depth=2),
                new_event(4, tracking_id="else"),
            ]
        )
        assert _ids(await log.tracked(PROJECT, "job")) == _ids_of(1, 3)
        assert _ids(await log.untied(PROJECT, 10)) == _ids_of(4, 1)
        assert _ids(await log.untied(PROJECT, 1)) == _ids_of(4)
        assert await log.tracked(PROJECT, "nothing") == []
        await log.close()
        log = await self.open(tmp_path)
        [first, _] = await log.tracked(PROJECT, "job")
        assert first.tracking_id == "job"
        await log.close()

    @async_test
    async def test_an_event_is_tied_with_everything_that_came_of_it(self, tmp_path: Path) -> None:
        log = await self.open(tmp_path)
        cause = new_event(1, depth=3)
        await log.append([cause])
        late = new_event(2, tracking_id="job")
        trace = late.event.trace_id
        await log.append([late, new_event(5)])
        await log.append([new_event(3, parent=late.event.id, trace_id=trace, depth=2)])
        await log.append([new_event(4, parent=event_id_of(3), trace_id=trace, depth=3)])
        parent = await log.get(PROJECT, cause.event.id)
        assert parent is not None
        assert await log.tie(PROJECT, late.event.id, parent)
        for _ in range(2):
            records = {one.id: one for one in await log.read(PROJECT, 0, 10)}
            tied = [records[one] for one in _ids_of(2, 3, 4)]
            assert [one.depth for one in tied] == [4, 5, 6]
            assert [one.parent for one in tied] == _ids_of(1, 2, 3)
            assert {one.trace_id for one in tied} == {parent.trace_id}
            assert {one.event.trace_id for one in tied} == {parent.trace_id}
            assert tied[0].body == late.body
            assert (records[event_id_of(5)].parent, records[event_id_of(5)].depth) == (None, 1)
            whole = EventQuery(project=PROJECT, trace_id=parent.trace_id)
            assert _ids(await log.query(whole)) == _ids_of(4, 3, 2, 1)
            assert await log.query(EventQuery(project=PROJECT, trace_id=trace)) == []
            assert _ids(await log.effects_of(PROJECT, cause.event.id)) == _ids_of(2)
            assert await log.untied(PROJECT, 10) == []
            await log.close()
            log = await self.open(tmp_path)
        await log.close()

    @async_test
    async def test_an_event_is_tied_once_and_never_to_what_came_of_it(self, tmp_path: Path) -> None:
        log = await self.open(tmp_path)
        root = new_event(1)
        await log.append([root, new_event(2), new_event(3), new_event(1, project="other")])
        child = new_event(4, parent=root.event.id, trace_id=root.event.trace_id, depth=2)
        await log.append([child])
        records = {one.id: one for one in await log.read(PROJECT, 0, 10)}
        first, second, third, fourth = (records[one] for one in _ids_of(1, 2, 3, 4))
        [stranger] = await log.read("other", 0, 10)
        assert not await log.tie(PROJECT, first.id, fourth)
        assert not await log.tie(PROJECT, first.id, first)
        assert not await log.tie(PROJECT, first.id, stranger)
        assert not await log.tie(PROJECT, "evt_unknown", second)
        assert await log.tie(PROJECT, first.id, second)
        assert not await log.tie(PROJECT, first.id, third)
        assert await log.tie(PROJECT, second.id, third)
        found = await log.query(EventQuery(project=PROJECT, trace_id=third.trace_id))
        assert [(one.id, one.depth) for one in found] == list(
            zip(_ids_of(4, 3, 2, 1), (4, 1, 2, 3), strict=True)
        )
        await log.close()

    @async_test
    async def test_what_comes_late_of_a_tied_event_follows_it(self, tmp_path: Path) -> None:
        log = await self.open(tmp_path)
        await log.append([new_event(1), new_event(2)])
        parent = await log.get(PROJECT, event_id_of(1))
        before = await log.get(PROJECT, event_id_of(2))
        assert parent is not None
        assert before is not None
        late = new_event(3, parent=before.id, trace_id=before.event.trace_id, depth=2)
        await log.tie(PROJECT, before.id, parent)
        await log.append([late])
        record = await log.get(PROJECT, late.event.id)
        assert record is not None
        assert (record.trace_id, record.depth) == (parent.trace_id, 3)
        assert record.event.trace_id == parent.trace_id
        await log.close()


def _ids(records: Sequence[EventRecord]) -> list[str]:
    return [one.id for one in records]


def _ids_of(*numbers: int) -> list[str]:
    return [event_id_of(number) for number in numbers]
