"""The cron source: an event for each due time of each schedule."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from heapq import merge
from itertools import islice

import orjson
from attrs import define, field, frozen
from zope.interface import implementer

from orgloop.connectors.cron.config import CronConfig, Schedule
from orgloop.connectors.cron.timetable import Timetable, timetable
from orgloop.connectors.cron.zones import zone_named, zone_of_machine
from orgloop.event import EventDraft, JSONObject
from orgloop.interfaces import IScheduledSource
from orgloop.plugin import PluginContext
from orgloop.reports import PollResult
from orgloop.sdk.checkpoints import reading_checkpoint
from orgloop.times import to_iso

# A due time that is noticed later than this was missed: the machine slept, or the disk refused.
_ON_TIME_MS = 60_000
# What one poll reports at most; the next one follows at once.
_MOST_AT_ONCE = 1000
# The wall clock may be set back. By more than this, and what was reported last lies in a future
# that never came: ids make sure that nothing is reported twice when we begin again from now.
_CREDIBLE_LEAD_MS = 3_600_000

_Progress = dict[str, int]
"""Up to when each schedule has been dealt with, by its name."""


@frozen
class _Clockwork:
    """A schedule and when it is due."""

    schedule: Schedule
    timetable: Timetable

    def draft(self, due: int) -> EventDraft:
        """Return the event of one due time, the same whenever it is asked for."""
        name = self.schedule.name
        payload: JSONObject = {**self.schedule.payload, "schedule": name}
        if self.timetable.interval_ms is not None:
            payload["interval_ms"] = self.timetable.interval_ms
        provenance = {
            "platform": "cron",
            "platform_event": f"schedule.{name}",
            "author": "cron",
            "author_type": "system",
        }
        at = to_iso(due)
        return EventDraft("resource.changed", provenance, payload, f"{name}@{at}", at)


@implementer(IScheduledSource)
@define(eq=False)
class CronSource:
    """Report due times; see `IScheduledSource`.

    The checkpoint says of each schedule up to when it has been dealt with. A schedule it does not
    name is new, and nothing of it counts as missed.
    """

    _config: CronConfig
    _context: PluginContext
    _clockworks: tuple[_Clockwork, ...] = field(init=False, repr=False)
    _started_at: int | None = field(default=None, init=False)

    def __attrs_post_init__(self) -> None:
        machine = zone_of_machine(self._context.environ)
        self._clockworks = tuple(
            _Clockwork(
                one, timetable(one.cron, zone_named(one.timezone) if one.timezone else machine)
            )
            for one in self._config.schedules
        )

    async def start(self) -> None:
        """See `ISource.start`."""
        self._started_at = self._context.now_ms()

    async def stop(self) -> None:
        """Nothing is held."""

    async def poll(self, checkpoint: str | None) -> PollResult:
        """See `IPollingSource.poll`."""
        now = self._context.now_ms()
        before = _read(checkpoint)
        progress = {
            one.schedule.name: _credible(before.get(one.schedule.name, now), now)
            for one in self._clockworks
        }
        pending = merge(
            *(self._pending(one, progress[one.schedule.name], now) for one in self._clockworks),
            key=lambda entry: entry[0],
        )
        due = list(islice(pending, _MOST_AT_ONCE))
        is_all = len(due) < _MOST_AT_ONCE
        for one in self._clockworks:
            name = one.schedule.name
            reported = [moment for moment, whose in due if whose is one]
            if is_all and _has_any(one.timetable, progress[name], now):
                progress[name] = now
            elif reported:
                progress[name] = reported[-1]
        drafts = [one.draft(moment) for moment, one in due]
        return PollResult(drafts, _written(progress) if progress != before else None)

    def next_due(self, checkpoint: str | None, after: datetime) -> datetime | None:
        """See `IScheduledSource.next_due`."""
        begin = _milliseconds(after)
        progress = _read(checkpoint)
        moments = (
            next(
                one.timetable.after(_credible(progress.get(one.schedule.name, begin), begin)), None
            )
            for one in self._clockworks
        )
        soonest = min((moment for moment in moments if moment is not None), default=None)
        if soonest is None:
            return None
        # What is overdue already (more was missed than one poll reports) is due at once.
        return _moment(max(soonest, begin + 1))

    def upcoming(self) -> list[EventDraft]:
        """Return the event of the next due time of each schedule."""
        now = self._context.now_ms()
        moments = ((one, next(one.timetable.after(now), None)) for one in self._clockworks)
        return [one.draft(moment) for one, moment in moments if moment is not None]

    def _pending(
        self, one: _Clockwork, dealt_with: int, now: int
    ) -> Iterator[tuple[int, _Clockwork]]:
        """Return what is to be reported of one schedule, in order."""
        missed_until = max(now - _ON_TIME_MS, self._began(now))
        on_time_from = min(max(dealt_with, missed_until), now)
        if self._config.catch_up == "all":
            on_time_from = dealt_with
        found = False
        for due in one.timetable.between(on_time_from, now):
            found = True
            yield due, one
        if not found and self._config.catch_up == "last":
            last = one.timetable.latest(dealt_with, on_time_from)
            if last is not None:
                yield last, one

    def _began(self, now: int) -> int:
        return now if self._started_at is None else self._started_at


def _has_any(timetable: Timetable, after: int, until: int) -> bool:
    return next(timetable.between(after, until), None) is not None


def _credible(dealt_with: int, now: int) -> int:
    return dealt_with if dealt_with <= now + _CREDIBLE_LEAD_MS else now


def _read(checkpoint: str | None) -> _Progress:
    if checkpoint is None:
        return {}
    with reading_checkpoint("cron", "without one, its schedules begin now"):
        document = orjson.loads(checkpoint)
        return {str(name): int(moment) for name, moment in document["dealt_with"].items()}


def _written(progress: _Progress) -> str:
    return orjson.dumps({"dealt_with": progress}, option=orjson.OPT_SORT_KEYS).decode()


def _milliseconds(moment: datetime) -> int:
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


def _moment(milliseconds: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=milliseconds)
