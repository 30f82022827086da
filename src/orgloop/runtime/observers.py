"""Let loggers and live streams see what happens, at no cost to what they watch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from twisted.internet.defer import Deferred, gatherResults
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from orgloop.errors import PLUGIN_ERRORS
from orgloop.hidden import Hidden
from orgloop.interfaces import ILogger
from orgloop.logentry import LogEntry
from orgloop.runtime.feed import Feed
from orgloop.wording import words_of

_NOTHING = Hidden()
Subscriber = Callable[[LogEntry], None]


class Observers:
    """Pass each log entry to the loggers of its project, and to who has subscribed.

    An entry without a project (the runtime itself) goes to every logger.
    """

    _log = Logger()

    def __init__(self, clock: IReactorTime) -> None:
        self._clock = clock
        self._feeds: dict[str, list[Feed]] = {}
        self._subscribers: list[Subscriber] = []

    def is_heard(self, project: str | None) -> bool:
        """Say whether anyone would see an entry of this project: if not, none need be made."""
        return bool(self._subscribers) or (
            project in self._feeds if project is not None else bool(self._feeds)
        )

    def observe(self, entry: LogEntry) -> None:
        """Pass on one entry; never waits, never raises."""
        if entry.project is not None:
            for feed in self._feeds.get(entry.project, ()):
                feed.put(entry)
        else:
            for feed in self._all():
                feed.put(entry)
        for subscriber in self._subscribers:
            self._tell(subscriber, entry)

    def add(self, project: str, name: str, logger: ILogger, hidden: Hidden = _NOTHING) -> None:
        """Start a logger of a project; one that cannot start is tried again later."""
        feed = Feed(name, logger, self._clock, hidden)
        self._feeds.setdefault(project, []).append(feed)
        feed.begin()

    async def remove(self, project: str) -> None:
        """Flush and stop the loggers of a project, within two seconds each."""
        await self._each(self._feeds.pop(project, []), Feed.stop)

    async def flush(self) -> None:
        """Have every logger push out what it was given, within two seconds."""
        await self._each(self._all(), Feed.flush)

    async def stop(self) -> None:
        """Flush and stop every logger; entries that follow are seen by subscribers only."""
        feeds = self._all()
        self._feeds.clear()
        await self._each(feeds, Feed.stop)

    def reopen(self) -> None:
        """Have every logger open its files anew."""
        for feed in self._all():
            try:
                feed.logger.reopen()
            except PLUGIN_ERRORS as error:
                self._log.warn(
                    "logger {name} cannot reopen: {error}", name=feed.name, error=words_of(error)
                )

    def subscribe(self, subscriber: Subscriber) -> Callable[[], None]:
        """Call ``subscriber`` with every entry from now on; return the way to end it.

        It is called while the flow waits: it may only put the entry aside.
        """
        # Lists are replaced, not changed: a subscriber may leave while it is being told.
        self._subscribers = [*self._subscribers, subscriber]

        def leave() -> None:
            self._subscribers = [one for one in self._subscribers if one is not subscriber]

        return leave

    def feeds(self) -> Mapping[tuple[str, str], Feed]:
        """Return what feeds each logger, by project and logger: it knows how the logger does."""
        return {
            (project, feed.name): feed for project, feeds in self._feeds.items() for feed in feeds
        }

    def _all(self) -> list[Feed]:
        return [feed for feeds in self._feeds.values() for feed in feeds]

    def _tell(self, subscriber: Subscriber, entry: LogEntry) -> None:
        try:
            subscriber(entry)
        except Exception:
            self._log.failure("a subscriber failed on a log entry")

    async def _each(self, feeds: list[Feed], step: Callable[[Feed], Any]) -> None:
        await gatherResults(
            [Deferred.fromCoroutine(step(feed)) for feed in feeds], consumeErrors=True
        )
