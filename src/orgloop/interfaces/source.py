"""Sources: what reports events."""

from __future__ import annotations

from datetime import datetime

from zope.interface import Attribute, Interface

from orgloop.reports import PollResult, WebhookRequest, WebhookResult


class ISource(Interface):
    """Something that reports events. A provider of one of the three interfaces below."""

    async def start() -> None:
        """Make ready. Called once before anything else, with the reactor running.

        An exception means that the source cannot work yet (a credential is missing, a service is
        not up): it is shown as degraded, and a new instance is made and started later.
        """

    async def stop() -> None:
        """Let go of everything. Called once, also after a `start` that failed."""


class IPollingSource(ISource):
    """A source that is asked again and again."""

    async def poll(checkpoint: str | None) -> PollResult:
        """Return what happened since ``checkpoint``, oldest first, and where to go on.

        ``checkpoint`` is what the last durable poll returned, `None` the very first time. The
        runtime keeps the new checkpoint only after every event is durable, so a poll may be
        repeated with an old one: the same things must then come out with the same keys. Calls
        never overlap. The call is cancelled when it takes longer than the source's poll time-out.
        Any exception counts as a failed poll; the checkpoint stays.
        """


class IScheduledSource(IPollingSource):
    """A polling source that knows when it has something to say."""

    def next_due(checkpoint: str | None, after: datetime) -> datetime | None:
        """Return the first moment after ``after`` at which `poll` has something to report.

        Both moments are in UTC. `None` means never again. The source is polled at that moment
        whatever its poll interval is, and once when it is started (to report what it missed).
        """


class IWebhookSource(ISource):
    """A source that other systems call over HTTP, at ``POST /webhook/<source id>``."""

    path = Attribute("``str | None``: another path it is served at; begins with ``/``.")
    is_signed = Attribute("``bool``: whether `verify` proves who sent a request.")

    def verify(request: WebhookRequest) -> bool:
        """Whether the request's signatures hold. Compared in constant time; never raises.

        Not called when the request carries the runtime's control token, nor when ``is_signed`` is
        false.
        """

    async def receive(request: WebhookRequest) -> WebhookResult:
        """Turn the request into event drafts. It is answered 2xx once they are durable.

        Raises `InvalidPayload` for what cannot become an event (answered 400). Must not wait for
        other systems: the sender waits.
        """
