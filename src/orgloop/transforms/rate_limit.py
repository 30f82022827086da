"""The rate-limit transform: so many events pass within a window, and more are dropped."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from hashlib import blake2b
from typing import Any

import orjson
from attrs import frozen
from zope.interface import implementer

from orgloop.dotpath import value_at
from orgloop.durations import Duration
from orgloop.errors import Dropped
from orgloop.event import Event
from orgloop.interfaces import IInProcessTransform, IRemembers
from orgloop.options import ignored_option, option
from orgloop.plugin import PluginContext, Registration
from orgloop.reports import TransformContext

_MOST = 10_000
"""What passed is remembered event by event, and written anew with each one that passes."""

# One event that passed: its time of acceptance in 14 digits, enough until the year 5138, and who it
# was. In order of time; of equal length, so that they are found without being read.
_DIGITS = 14
_RECORD = _DIGITS + 8


@frozen(kw_only=True)
class RateLimitConfig:
    """How many events may pass."""

    max: int = option(
        "How many events pass within the window; further ones are dropped.",
        minimum=0,
        maximum=_MOST,
    )
    window: Duration = option(
        "How long a window is, by time of acceptance.",
        default=Duration(60_000),
        minimum=Duration(1),
    )
    key: str = option(
        "What is counted apart: a dot path, `source` for each source, or `route` for all events "
        "of the route together.",
        default="source",
    )
    store: Any = ignored_option("What passed is remembered in the project's queue database.")


@implementer(IInProcessTransform, IRemembers)
class RateLimit:
    """Drop events above a rate."""

    def __init__(self, config: RateLimitConfig, context: PluginContext) -> None:
        self._max = config.max
        self._window_ms = config.window.milliseconds
        self._window = str(config.window)
        self._path = config.key

    async def start(self) -> None:
        """Nothing to make ready."""

    async def stop(self) -> None:
        """Nothing to let go of."""

    def memory_keys(self, event: Event, context: TransformContext) -> Sequence[str]:
        """Return the one key that events counted together share; see `IRemembers`."""
        return (self._key(event),)

    def apply(self, event: Event, context: TransformContext) -> Event:
        """Pass while there is room in the window; see `IInProcessTransform.apply`.

        An event that passed before passes again (a replay), and does not count twice.
        """
        key, at = self._key(event), context.accepted_at
        passed = _Passed(context.memory.get(key) or "")
        mark = _mark(event.id)
        # Both ways: the clock may have been set back, and old events may be replayed.
        first, last = passed.within(at - self._window_ms, at + self._window_ms)
        if passed.holds(at, mark, first, last):
            return event
        if last - first >= self._max:
            raise Dropped(f"more than {self._max} within {self._window}")
        # Two windows are kept: the limit holds where the clock was set back by up to one.
        kept, newest = passed.with_one(at, mark, keep_ms=2 * self._window_ms)
        context.memory.set(key, kept, expires_at=newest + 2 * self._window_ms)
        return event

    def _key(self, event: Event) -> str:
        if self._path == "route":
            return "route"
        is_by_source = self._path == "source"
        value: Any = event.source if is_by_source else value_at(event.to_json(), self._path)
        written = orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
        return blake2b(written, digest_size=16).hexdigest()


@frozen
class _Passed:
    """The events that passed, as they are remembered."""

    _records: str

    def within(self, after: int, before: int) -> tuple[int, int]:
        """Return from which record to which (exclusive) lie between two moments, both excluded."""
        count = range(len(self._records) // _RECORD)
        first = bisect_right(count, after, key=self._time)
        return first, bisect_left(count, before, lo=first, key=self._time)

    def holds(self, at: int, mark: str, first: int, last: int) -> bool:
        """Whether an event is among the records from ``first`` to ``last``."""
        record = f"{max(at, 0):0{_DIGITS}d}{mark}"
        return record in self._records[first * _RECORD : last * _RECORD]

    def with_one(self, at: int, mark: str, *, keep_ms: int) -> tuple[str, int]:
        """Return the records with one more, without the old ones; and the newest time."""
        count = range(len(self._records) // _RECORD)
        place = bisect_right(count, at, key=self._time) * _RECORD
        newest = max(at, self._time(count[-1])) if count else at
        oldest = bisect_right(count, newest - keep_ms, key=self._time) * _RECORD
        record = f"{max(at, 0):0{_DIGITS}d}{mark}"
        before = self._records[oldest:place]
        return f"{before}{record}{self._records[max(place, oldest) :]}", newest

    def _time(self, index: int) -> int:
        start = index * _RECORD
        return int(self._records[start : start + _DIGITS])


def _mark(event_id: str) -> str:
    return blake2b(event_id.encode(), digest_size=4).hexdigest()


registration = Registration(id="rate-limit", transform=RateLimit, config=RateLimitConfig)
