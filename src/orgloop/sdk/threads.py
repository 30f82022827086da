"""Wait for blocking work in a thread, and end it when nobody waits any longer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.internet.defer import CancelledError, Deferred


async def outcome_of(work: Deferred[Any], end: Callable[[], None]) -> Any:
    """Return the result of ``work``, a Deferred of `PluginContext.run_in_thread`.

    A thread cannot be cancelled. When the call is, ``end`` makes the work end (by closing what it
    waits for), and the `CancelledError` comes out only after it has: nothing goes on unseen.
    """
    outcome: Deferred[Any] = Deferred()
    over: Deferred[None] = Deferred()

    def note(result: Any) -> None:
        over.callback(None)
        if not outcome.called:
            outcome.callback(result)

    work.addBoth(note)
    try:
        return await outcome
    except CancelledError:
        end()
        await over
        raise
