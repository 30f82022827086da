"""Tell sessions, once at a time, that something lies in their inbox."""

from __future__ import annotations

from collections.abc import Mapping
from shlex import quote

from attrs import define, field
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import deferLater
from twisted.logger import Logger

from orgloop.errors import StorageUnavailable
from orgloop.event import EventDraft, JSONObject
from orgloop.flow.background import in_background
from orgloop.flow.bell import Bell
from orgloop.flow.intake import Intake
from orgloop.flow.route import Route
from orgloop.flow.tell import Tell
from orgloop.identity import RUNTIME_NAME, notification_event_id
from orgloop.interfaces import IDeliveryQueue, IEventLog
from orgloop.records import EventRecord, Inbox
from orgloop.times import to_iso

NOTIFICATION = "inbox.notification"
LEASE_MS = 600_000
_PAUSE_SECONDS = 1.0  # between tries while the disk refuses
_INSTRUCTIONS = (
    "Run drain_command: it prints a batch of the events that wait for this session as JSON. Work "
    "through them and run it again, which says that the batch is done and prints the next; go on "
    "until it prints no events. A batch that is not followed by another drain within 10 minutes "
    "is handed out again."
)


@define(eq=False, kw_only=True)
class Notices:
    """Append a notification for each inbox that awaits one; it goes out like any delivery.

    Its id is made of the inbox's generation, so after a crash there is still one for each.
    """

    _log = Logger()

    project: str
    routes: Mapping[str, Route]
    log: IEventLog
    queue: IDeliveryQueue
    intake: Intake
    clock: IReactorTime
    tell: Tell
    _bell: Bell = field(factory=Bell, init=False)
    _is_stopping: bool = field(default=False, init=False)
    _running: Deferred[None] | None = field(default=None, init=False)

    def start(self) -> None:
        """Begin with inboxes that an earlier run told nobody of."""
        self._running = in_background(self._run(), self._log)

    def wake(self) -> None:
        """Look for inboxes that await a notification."""
        self._bell.ring()

    async def stop(self) -> None:
        """Finish the notification under way; the others are made after the next start."""
        self._is_stopping = True
        self._bell.ring()
        if self._running is not None:
            await self._running

    def cancel(self) -> None:
        """Give up what is under way."""
        if self._running is not None:
            self._running.cancel()

    async def _run(self) -> None:
        while not self._is_stopping:
            try:
                for inbox in await self.queue.inboxes(unnotified=True):
                    await self._notify(inbox)
            except StorageUnavailable as error:
                self._log.debug("inboxes wait for the disk: {error}", error=error)
                await deferLater(self.clock, _PAUSE_SECONDS)
                continue
            await self._bell.wait()

    async def _notify(self, inbox: Inbox) -> None:
        if self._is_stopping or inbox.route not in self.routes or inbox.oldest_seq is None:
            return
        records = await self.log.get_many(self.project, [inbox.oldest_seq])
        oldest = records.get(inbox.oldest_seq)
        if oldest is None:
            return
        await self.intake.accept_effects(RUNTIME_NAME, [self._draft(inbox, oldest)], oldest)
        await self.queue.note_notified(inbox.session_key, inbox.generation)
        self.tell(
            "inbox.notify",
            oldest,
            route=inbox.route,
            target=inbox.actor,
            metadata={"session_key": inbox.session_key, "pending_count": inbox.pending},
        )

    def _draft(self, inbox: Inbox, oldest: EventRecord) -> EventDraft:
        provenance = {
            "platform": RUNTIME_NAME,
            "platform_event": NOTIFICATION,
            "author_type": "system",
            "route": inbox.route,
        }
        key = inbox.session_key
        made = notification_event_id(self.project, key, inbox.generation, oldest.id)
        return EventDraft("message.received", provenance, _payload(inbox, oldest), id=made)


def _payload(inbox: Inbox, oldest: EventRecord) -> JSONObject:
    return {
        "kind": NOTIFICATION,
        "pending_count": inbox.pending,
        "session_key": inbox.session_key,
        "oldest_event_at": to_iso(oldest.accepted_at),
        "drain_command": f"orgloop inbox drain --key {quote(inbox.session_key)} --format json",
        "instructions": _INSTRUCTIONS,
    }
