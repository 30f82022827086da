from __future__ import annotations

from orgloop.records import EventRecord
from orgloop.storage.event_ties import Moved, Place
from orgloop.storage.recent_events import RecentEvents


def _record(seq: int, size: int = 10, event_id: str | None = None) -> EventRecord:
    return EventRecord(
        seq, event_id or f"evt_{seq}", "p", "s", "t", 0, "trc_1", None, 1, b"x" * size
    )


def _filled(*seqs: int, floor: int = 0, most_events: int = 3) -> RecentEvents:
    recent = RecentEvents(floor, most_events=most_events, most_bytes=1000)
    for seq in seqs:
        recent.add(_record(seq))
    return recent


def _after(recent: RecentEvents, seq: int, limit: int = 100) -> list[int] | None:
    found = recent.after(seq, limit)
    return None if found is None else [one.seq for one in found]


def test_it_answers_for_everything_after_its_floor() -> None:
    recent = _filled(7, 9, floor=5)
    assert _after(recent, 5) == [7, 9]
    assert _after(recent, 8) == [9]
    assert _after(recent, 9) == []
    assert _after(recent, 5, limit=1) == [7]


def test_it_does_not_answer_for_what_it_never_held() -> None:
    assert _after(_filled(7, 9, floor=5), 4) is None


def test_the_oldest_make_room() -> None:
    recent = _filled(1, 2, 3, 4)
    assert _after(recent, 0) is None
    assert _after(recent, 1) == [2, 3, 4]
    assert (recent.by_seq(1), recent.by_id("evt_1")) == (None, None)
    assert recent.by_id("evt_4") is recent.by_seq(4) is not None


def test_large_events_make_room_sooner() -> None:
    recent = _filled(1, 2, most_events=100)
    recent.add(_record(3, size=995))
    assert _after(recent, 2) == [3]
    assert _after(recent, 1) is None


def test_an_event_larger_than_the_room_is_not_held() -> None:
    recent = _filled()
    recent.add(_record(1, size=1001))
    assert _after(recent, 0) is None
    assert _after(recent, 1) == []


def test_what_was_forgotten_is_left_out() -> None:
    recent = _filled(1, 2, 3)
    recent.forget([2, 99])
    assert _after(recent, 0) == [1, 3]
    assert recent.by_id("evt_2") is None


def test_an_id_that_came_in_anew_stays_known() -> None:
    recent = _filled(most_events=2)
    for seq in (1, 2, 3):
        recent.add(_record(seq, event_id="same" if seq != 2 else None))
    found = recent.by_id("same")
    assert found is not None
    assert found.seq == 3


def test_an_event_that_was_tied_stands_in_its_new_place() -> None:
    recent = _filled(1, 2)
    before = recent.by_seq(2)
    recent.move(Moved("p", 2, "evt_2", Place("trc_new", 5), "evt_1"))
    recent.move(Moved("p", 99, "evt_99", Place("trc_new", 5), None))
    found = recent.by_seq(2)
    assert found is before is not None
    assert (found.trace_id, found.depth, found.parent) == ("trc_new", 5, "evt_1")
