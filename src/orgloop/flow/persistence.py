"""Make changes to the books although the disk refuses for a while."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from attrs import define, field
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import deferLater
from twisted.logger import Logger

from orgloop.errors import OrgLoopError, StorageUnavailable

PAUSE_SECONDS = 1.0  # between tries while the disk refuses


class Lost(OrgLoopError):
    """What was to be kept is not, and there is no time left."""


@define(eq=False)
class Persistence:
    """Try again and again, until it is kept or the grace of a stop ends."""

    _log = Logger()

    _actor: str
    _clock: IReactorTime
    has_ended: bool = field(default=False, init=False)

    def end(self) -> None:
        """Try nothing a second time from now on."""
        self.has_ended = True

    async def keep(
        self, change: Callable[[], Deferred[Any]], first: Deferred[Any] | None = None
    ) -> Any:
        """Make a change and return its result; ``first`` is the first try, if it was made.

        `Lost` when there is no more time: what an attempt led to is then not known to the books,
        and it is made again after the next start.
        """
        pending = change() if first is None else first
        while True:
            try:
                return await pending
            except StorageUnavailable as error:
                if self.has_ended:
                    self._log.warn(
                        "an outcome of {actor} is lost: {error}", actor=self._actor, error=error
                    )
                    raise Lost from error
                await deferLater(self._clock, PAUSE_SECONDS)
                pending = change()
