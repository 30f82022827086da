"""Actors: what is woken with events."""

from __future__ import annotations

from zope.interface import Interface

from orgloop.delivery import DeliveryResult, Dispatch


class IActor(Interface):
    """Something that is woken with an event."""

    async def start() -> None:
        """Make ready; see `ISource.start`. An actor that cannot start is degraded and retried."""

    async def stop() -> None:
        """Let go of everything. No delivery is under way and none follows."""

    async def deliver(dispatch: Dispatch) -> DeliveryResult:
        """Make one attempt and say how it went; see `DeliveryResult`.

        Called concurrently, at most as often as the actor's ``concurrency`` says. An exception is
        an ``error``. When the delivery's time-out passes or the runtime stops, the call is
        cancelled: it must end what it began (a child process, a connection) before it lets the
        `CancelledError` out. In its place it may answer with an ``error`` whose effects say what
        the attempt led to; they are kept after a time-out, and not when the runtime stops, because
        the same attempt is then made again.
        """


class IPreparingActor(IActor):
    """An actor whose content depends on its configuration, not on the dispatch alone."""

    def prepare(dispatch: Dispatch) -> bytes | None:
        """Return what every attempt of this delivery sends; kept durably before the first one.

        It comes back as ``dispatch.content`` on each attempt, even if the configuration has changed
        since. `None` means that nothing needs keeping. An exception makes it a dead letter.
        """
