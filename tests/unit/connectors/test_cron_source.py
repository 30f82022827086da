from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from orgloop.connectors.cron.config import CronConfig, Schedule
from orgloop.connectors.cron.source import CronSource
from orgloop.errors import InvalidValue, PluginError
from orgloop.reports import PollResult
from orgloop.testing.lending import lend
from orgloop.times import to_epoch_ms, to_iso

MINUTE = 60_000
HOUR = 60 * MINUTE
START = to_epoch_ms("2026-01-31T08:15:00Z")


class Wall:
    """A wall clock that a test sets."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def wall() -> Wall:
    return Wall()


def finished(coroutine):
    with pytest.raises(StopIteration) as end:
        coroutine.send(None)
    return end.value.value


def started(wall: Wall, *schedules: Schedule, catch_up: str = "last") -> CronSource:
    config = CronConfig(schedules=schedules or (HOURLY,), catch_up=catch_up)
    source = CronSource(config, lend(Path("/nowhere"), now_ms=wall))
    finished(source.start())
    return source


def polled(source: CronSource, checkpoint: str | None) -> PollResult:
    return finished(source.poll(checkpoint))


def times(result: PollResult) -> list[str]:
    return [draft.timestamp[11:16] for draft in result.events]


HOURLY = Schedule(name="hourly", cron="0 * * * *", timezone="UTC")
OFTEN = Schedule(name="often", cron="every 5m", payload={"a": 1, "schedule": "mine"})


def test_nothing_counts_as_missed_on_the_very_first_start(wall):
    result = polled(started(wall, catch_up="all"), None)

    assert result.events == []
    assert result.checkpoint is not None


def test_a_due_time_is_reported_once(wall):
    source = started(wall)
    checkpoint = polled(source, None).checkpoint

    wall.now = to_epoch_ms("2026-01-31T09:00:00.020Z")
    due = polled(source, checkpoint)
    again = polled(source, due.checkpoint)

    [draft] = due.events
    assert draft.type == "resource.changed"
    assert draft.provenance["platform"] == "cron"
    assert draft.provenance["platform_event"] == "schedule.hourly"
    assert draft.payload == {"schedule": "hourly"}
    assert draft.timestamp == "2026-01-31T09:00:00.000Z"
    assert (again.events, again.checkpoint) == ([], None)


def test_an_interval_says_how_long_it_is(wall):
    source = started(wall, OFTEN)
    checkpoint = polled(source, None).checkpoint
    wall.now += 5 * MINUTE

    [draft] = polled(source, checkpoint).events

    assert draft.payload == {"a": 1, "schedule": "often", "interval_ms": 300_000}


def test_a_poll_made_again_reports_the_same_key_for_the_same_due_time(wall):
    source = started(wall)
    checkpoint = polled(source, None).checkpoint
    wall.now += 50 * MINUTE
    first = polled(source, checkpoint)
    wall.now += 2_000
    second = polled(source, checkpoint)

    assert [draft.key for draft in first.events] == [draft.key for draft in second.events]
    assert len({draft.key for draft in first.events}) == 1


@pytest.mark.parametrize(
    ("catch_up", "expected"),
    [("none", []), ("last", ["12:00"]), ("all", ["09:00", "10:00", "11:00", "12:00"])],
)
def test_what_was_missed_while_down_is_caught_up_as_configured(wall, catch_up, expected):
    checkpoint = polled(started(wall), None).checkpoint
    wall.now += 4 * HOUR

    restarted = started(wall, catch_up=catch_up)
    result = polled(restarted, checkpoint)

    assert times(result) == expected
    assert polled(restarted, result.checkpoint).events == []


@pytest.mark.parametrize(
    ("catch_up", "expected"),
    [("none", []), ("last", ["12:00"]), ("all", ["09:00", "10:00", "11:00", "12:00"])],
)
def test_what_a_sleeping_machine_missed_is_caught_up_alike(wall, catch_up, expected):
    source = started(wall, catch_up=catch_up)
    checkpoint = polled(source, None).checkpoint
    wall.now += 4 * HOUR

    assert times(polled(source, checkpoint)) == expected


@pytest.mark.parametrize(("catch_up", "expected"), [("none", []), ("last", ["09:00"])])
def test_what_passed_during_a_short_restart_was_missed_too(wall, catch_up, expected):
    checkpoint = polled(started(wall), None).checkpoint
    wall.now = to_epoch_ms("2026-01-31T09:00:10Z")

    assert times(polled(started(wall, catch_up=catch_up), checkpoint)) == expected


@pytest.mark.parametrize("catch_up", ["none", "last", "all"])
def test_what_is_a_little_late_was_not_missed(wall, catch_up):
    source = started(wall, Schedule(name="s", cron="every 10s"), catch_up=catch_up)
    checkpoint = polled(source, None).checkpoint
    wall.now += 35_000

    assert len(polled(source, checkpoint).events) == 3


@pytest.mark.parametrize("catch_up", ["none", "last"])
def test_a_due_time_now_makes_up_for_those_missed(wall, catch_up):
    checkpoint = polled(started(wall), None).checkpoint
    wall.now = to_epoch_ms("2026-01-31T11:59:59Z")
    restarted = started(wall, catch_up=catch_up)
    wall.now += 1_500

    assert times(polled(restarted, checkpoint)) == ["12:00"]


def test_events_of_several_schedules_come_in_order(wall):
    schedules = (HOURLY, Schedule(name="half", cron="30 * * * *", timezone="UTC"))
    checkpoint = polled(started(wall, *schedules), None).checkpoint
    wall.now += 2 * HOUR

    result = polled(started(wall, *schedules, catch_up="all"), checkpoint)

    assert times(result) == ["08:30", "09:00", "09:30", "10:00"]


def test_a_schedule_that_is_new_has_missed_nothing(wall):
    checkpoint = polled(started(wall), None).checkpoint
    wall.now += 4 * HOUR

    result = polled(started(wall, HOURLY, OFTEN, catch_up="all"), checkpoint)

    assert {draft.payload["schedule"] for draft in result.events} == {"hourly"}
    assert polled(started(wall, HOURLY, OFTEN, catch_up="all"), result.checkpoint).events == []


def test_a_long_absence_is_caught_up_in_stretches(wall):
    minutely = Schedule(name="m", cron="* * * * *", timezone="UTC")
    checkpoint = polled(started(wall, minutely), None).checkpoint
    wall.now += 2500 * MINUTE
    source = started(wall, minutely, catch_up="all")

    sizes, keys = [], set()
    while True:
        after = datetime.fromtimestamp(wall.now / 1000, UTC)
        result = polled(source, checkpoint)
        checkpoint = result.checkpoint or checkpoint
        sizes.append(len(result.events))
        keys |= {draft.key for draft in result.events}
        if source.next_due(checkpoint, after) > after + timedelta(seconds=1):
            break

    assert sizes == [1000, 1000, 500]
    assert len(keys) == 2500


def test_the_next_due_time_is_the_soonest_of_all_schedules(wall):
    source = started(wall, HOURLY, OFTEN)
    checkpoint = polled(source, None).checkpoint

    def due_after(moment: str) -> str:
        found = source.next_due(checkpoint, datetime.fromisoformat(moment))
        return to_iso(round(found.timestamp() * 1000))[11:19]

    assert due_after("2026-01-31T08:15:00Z") == "08:20:00"
    # Not yet dealt with, according to the checkpoint: due at once.
    assert due_after("2026-01-31T08:55:00Z") == "08:55:00"


def test_a_clock_that_was_far_ahead_does_not_silence_a_schedule(wall):
    source = started(wall)
    wall.now += 1000 * HOUR
    checkpoint = polled(source, None).checkpoint
    wall.now = START

    back = polled(source, checkpoint)
    after = datetime.fromtimestamp(START / 1000, UTC)
    assert source.next_due(checkpoint, after) == datetime(2026, 1, 31, 9, tzinfo=UTC)
    wall.now += 50 * MINUTE

    assert times(polled(source, back.checkpoint)) == ["09:00"]


def test_names_of_schedules_differ_and_there_is_one():
    with pytest.raises(InvalidValue, match="'hourly'"):
        CronConfig(schedules=(HOURLY, HOURLY))
    with pytest.raises(InvalidValue, match="empty"):
        CronConfig(schedules=())


@pytest.mark.parametrize(
    "checkpoint", ["", "nonsense", "7", "{}", '{"dealt_with": {"hourly": []}}']
)
def test_a_checkpoint_that_is_no_crons_fails_the_poll_and_says_so(wall, checkpoint):
    with pytest.raises(PluginError, match="was not written by cron"):
        polled(started(wall), checkpoint)
