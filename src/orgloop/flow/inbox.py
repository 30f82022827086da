"""Tell sessions, once at a time, that something lies in their inbox."""

from __future__ import annotations

from collections.abc import Mapping
from shlex import quote

from attrs import define, field
from twisted.internet.interfaces import IReactorTime

from orgloop.event import EventDraft, JSONObject
from orgloop.flow.intake import Intake
from orgloop.flow.rounds import Rounds
from orgloop.flow.route import Route
from orgloop.flow.tell import Tell
from orgloop.identity import RUNTIME_NAME, notification_event_id
from orgloop.interfaces import IDeliveryQueue, IEventLog
from orgloop.records import EventRecord, Inbox
from orgloop.times import to_iso

NOTIFICATION = "inbox.notification"
LEASE_MS = 600_000
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

    project: str
    routes: Mapping[str, Route]
    log: IEventLog
    queue: IDeliveryQueue
    intake: Intake
    clock: IReactorTime
    tell: Tell
    rounds: Rounds = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.rounds = Rounds("telling of inboxes", self.clock, self._look)

    async def _look(self) -> None:
        for inbox in await self.queue.inboxes(unnotified=True):
            await self._notify(inbox)

    async def _notify(self, inbox: Inbox) -> None:
        if self.rounds.is_over or inbox.route not in self.routes or inbox.oldest_seq is None:
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
