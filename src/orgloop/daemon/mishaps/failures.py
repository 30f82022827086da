"""Recognise an error that escaped from our own code, and stop for it.

An exception in a plugin is caught at its boundary, but may slip past it: out of a timer the plugin
set itself, out of a Deferred it dropped, out of a thread it started. Such a failure is the plugin's
and stops nothing. One of ours means that something is no longer true that the code relies on: the
process stops in an orderly way and says with its exit code that it wants to be started again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from attrs import define
from twisted.logger import ILogObserver, LogEvent, LogLevel
from twisted.python.failure import Failure
from zope.interface import implementer

from orgloop.daemon.mishaps.blame import Owners

# Who logs a critical event when an exception has escaped: a timed call or `callFromThread`, a
# Deferred that failed unheard, a thread (`orgloop.daemon.mishaps.uncaught`), a thread of ours that
# commits, a part of the flow that has ended. Nothing a peer can cause is logged by these.
_ESCAPES = (
    "twisted.internet.base",
    "twisted.internet.defer",
    "orgloop.daemon",
    "orgloop.storage",
    "orgloop.flow",
    "orgloop.runtime",
)


@implementer(ILogObserver)
@define(eq=False)
class EscapedErrors:
    """Call ``stop`` with one sentence for each error that escaped from our own code.

    ``tolerate`` is called with whose it was, and what it was, for one of a plugin's. Both may be
    called in any thread.
    """

    stop: Callable[[str], None]
    tolerate: Callable[[str, str], None]
    owners: Owners

    def __call__(self, event: LogEvent) -> None:
        """Look at one event; see `ILogObserver`."""
        failure = event.get("log_failure")
        if (
            not isinstance(failure, Failure)
            or event.get("log_level") is not LogLevel.critical
            or not _comes_from(event.get("log_namespace", ""), _ESCAPES)
        ):
            return
        name = failure.type.__name__ if failure.type else "unknown"
        plugin = self.owners.plugin_behind(failure)
        if plugin is None:
            self.stop(f"an error escaped: {name}")
        else:
            self.tolerate(plugin, name)


def _comes_from(namespace: str, places: Iterable[str]) -> bool:
    return any(namespace == place or namespace.startswith(place + ".") for place in places)
