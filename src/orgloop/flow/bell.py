"""Wake one coroutine that waits for something to do."""

from __future__ import annotations

from attrs import define, field
from twisted.internet.defer import Deferred


@define(eq=False)
class Bell:
    """A wake-up call that is not lost: a ring while nobody waits is heard by the next who does."""

    _has_rung: bool = field(default=False, init=False)
    _waiting: Deferred[None] | None = field(default=None, init=False)

    def ring(self) -> None:
        """Wake who waits, or let the next `wait` return at once."""
        if self._waiting is None:
            self._has_rung = True
        else:
            waiting, self._waiting = self._waiting, None
            waiting.callback(None)

    async def wait(self) -> None:
        """Return once the bell has rung since `wait` last returned. For one caller at a time."""
        if not self._has_rung:
            self._waiting = Deferred()
            await self._waiting
        self._has_rung = False
