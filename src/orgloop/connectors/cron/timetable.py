"""When a schedule is due: cron expressions in a time zone, and plain intervals.

All moments are milliseconds since the Unix epoch.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, tzinfo
from itertools import count, takewhile

from attrs import frozen
from cronsim import CronSim, CronSimError

from orgloop.durations import Duration
from orgloop.errors import InvalidValue

_NICKNAMES = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
_LEAST_INTERVAL_MS = 100
_MINUTE = timedelta(minutes=1)
# How far back the latest due time is looked for, step by step: a schedule that is due every minute
# is found in the first stretch, one that is due once a year in the last.
_STRETCHES_MS = (3_600_000, 86_400_000, 32 * 86_400_000, 367 * 86_400_000, 9 * 366 * 86_400_000)


class Timetable(ABC):
    """The due times of one schedule."""

    interval_ms: int | None = None
    """How far the due times lie apart, where that never changes."""

    @abstractmethod
    def after(self, moment: int) -> Iterator[int]:
        """Return every due time after ``moment``, in order. It may never end."""

    def between(self, after: int, until: int) -> Iterator[int]:
        """Return the due times after one moment up to and including another."""
        return takewhile(lambda due: due <= until, self.after(after))

    def latest(self, after: int, until: int) -> int | None:
        """Return the last due time `between` two moments, without going through all of them."""
        for stretch in _STRETCHES_MS:
            begin = max(after, until - stretch)
            last = max(self.between(begin, until), default=None)
            if last is not None or begin == after:
                return last
        return None


@frozen
class Every(Timetable):
    """Due at each multiple of an interval since the epoch."""

    interval_ms: int

    def after(self, moment: int) -> Iterator[int]:
        return count((moment // self.interval_ms + 1) * self.interval_ms, self.interval_ms)

    def latest(self, after: int, until: int) -> int | None:
        last = until // self.interval_ms * self.interval_ms
        return last if last > after else None


@frozen
class Cron(Timetable):
    """Due when the clock on the wall of one time zone shows what an expression names.

    A time that the clock skips in spring is due once, right after the gap; one that it shows twice
    in autumn is due once, the first time.
    """

    expression: str
    zone: tzinfo

    def after(self, moment: int) -> Iterator[int]:
        begin = datetime.fromtimestamp(moment / 1000, self.zone).replace(tzinfo=None)
        last = moment
        for wall in CronSim(self.expression, begin):
            due = self._moment_of(wall)
            if due > last:
                last = due
                yield due

    def _moment_of(self, wall: datetime) -> int:
        """Return the first moment at which the clock shows ``wall`` or has skipped it."""
        while not self._exists(wall):
            wall += _MINUTE
        return round(wall.replace(tzinfo=self.zone, fold=0).timestamp() * 1000)

    def _exists(self, wall: datetime) -> bool:
        there = wall.replace(tzinfo=self.zone, fold=0)
        return there.astimezone(UTC).astimezone(self.zone).replace(tzinfo=None) == wall


def timetable(text: str, zone: tzinfo) -> Timetable:
    """Read five cron fields, ``@daily`` and its like, ``every 5m`` or ``5m``.

    Raises `InvalidValue` that says what is wrong and how a schedule is written.
    """
    schedule = text.strip()
    if schedule.startswith("@"):
        return Cron(_nickname(schedule), zone)
    if len(schedule.split()) >= 3:
        return _cron(schedule, zone)
    return _every(schedule)


def _nickname(schedule: str) -> str:
    try:
        return _NICKNAMES[schedule.lower()]
    except KeyError:
        raise InvalidValue(f"{schedule!r} is none of {', '.join(sorted(_NICKNAMES))}") from None


def _cron(schedule: str, zone: tzinfo) -> Cron:
    fields = len(schedule.split())
    if fields != 5:
        raise InvalidValue(
            f"{schedule!r} has {fields} fields; a cron expression has five: minute, hour, day of "
            "month, month, day of week"
        )
    try:
        found = next(CronSim(schedule, datetime(2000, 1, 1)), None)
    except CronSimError as error:
        raise InvalidValue(f"{schedule!r} is not a cron expression ({error})") from None
    if found is None:
        raise InvalidValue(f"{schedule!r} is never due: no month has such a day")
    return Cron(schedule, zone)


def _every(schedule: str) -> Every:
    words = schedule.split()
    try:
        interval = Duration.parse(words[-1] if words and words[0].lower() == "every" else schedule)
    except InvalidValue:
        raise InvalidValue(
            f"{schedule!r} is not a schedule: write five cron fields (0 9 * * 1-5), @daily, or an "
            "interval (every 5m)"
        ) from None
    if interval.milliseconds < _LEAST_INTERVAL_MS:
        raise InvalidValue(f"{schedule!r} is too often: the shortest interval is 100ms")
    return Every(interval.milliseconds)
