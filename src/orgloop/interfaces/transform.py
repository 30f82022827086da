"""Transforms: what changes, enriches or drops events on their way."""

from __future__ import annotations

from collections.abc import Sequence

from zope.interface import Interface

from orgloop.event import Event
from orgloop.reports import TransformContext


class ITransform(Interface):
    """A step that changes, enriches or drops events; a provider of one of the two below."""

    async def start() -> None:
        """Make ready, once, before the first event; an exception is an error of every event."""

    async def stop() -> None:
        """Let go of everything."""


class IInProcessTransform(ITransform):
    """A transform that answers at once: microseconds, no waiting, no I/O."""

    def apply(event: Event, context: TransformContext) -> Event | None:
        """Return the event, changed or not, or `None` to drop it (raise `Dropped` to say why).

        ``event`` and what it holds are shared and must not be changed in place. An exception is
        answered as the route's ``on_error`` says. The runtime puts ``id``, ``source``, ``origin``
        and ``trace_id`` of the answer back.
        """


class IAsyncTransform(ITransform):
    """A transform that waits: for a script, a worker process, a service."""

    async def apply(event: Event, context: TransformContext) -> Event | None:
        """See `IInProcessTransform.apply`.

        Events of a route come one after another where their order matters, else a few at a time:
        where nothing orders its deliveries and none of its transforms remembers.
        """


class IRemembers(Interface):
    """Beside one of the transform interfaces: a transform that remembers from event to event.

    What it remembers is scoped to its route and its position there, survives a restart, and is kept
    together with the outcome it led to.
    """

    def memory_keys(event: Event, context: TransformContext) -> Sequence[str]:
        """Return the keys that `apply` will ask ``context.memory`` for with this event.

        Others read as absent. Called right before `apply`, so that values can be fetched together.
        """
