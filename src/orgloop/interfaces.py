"""Every seam of OrgLoop, with its whole contract.

Implementations say "see" and point here. Methods written ``async def`` may be implemented by a
coroutine function; those that return a `Deferred` may be called without being awaited.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from twisted.internet.defer import Deferred
from zope.interface import Attribute, Interface

from orgloop.delivery import Delivery, DeliveryResult, Dispatch
from orgloop.event import Event
from orgloop.logentry import LogEntry
from orgloop.records import (
    Again,
    Appended,
    Claim,
    DeliveryQuery,
    Drained,
    EventQuery,
    EventRecord,
    Inbox,
    Matched,
    NewEvent,
    NotedTime,
    Overdue,
    Overflow,
    Recalled,
    RoutedBatch,
    Settlement,
    Transformed,
)
from orgloop.reports import (
    HTTPResponse,
    PollResult,
    TransformContext,
    WebhookRequest,
    WebhookResult,
)

# --- plugins ------------------------------------------------------------------------------------


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


class ILogger(Interface):
    """Something that writes log entries somewhere."""

    async def start() -> None:
        """Make ready; an exception is reported once and the logger is tried again later."""

    async def write(entries: Sequence[LogEntry]) -> None:
        """Write entries, oldest first. Calls never overlap.

        The runtime buffers (bounded) while a call is under way and never waits for it. After an
        exception the entries of the call count as lost, and the next call comes after a pause.
        """

    async def flush() -> None:
        """Push everything written so far to where it belongs. Given two seconds at shutdown."""

    def reopen() -> None:
        """Open files anew (``SIGUSR1``); nothing for a logger without files."""

    async def stop() -> None:
        """Flush and let go of everything."""


# --- what the runtime lends to plugins ----------------------------------------------------------


class IHTTPClient(Interface):
    """An HTTP/1.1 client that keeps its connections."""

    async def request(
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        timeout_seconds: float = 30.0,
        allow_private: bool = True,
        max_body_bytes: int = 10_000_000,
    ) -> HTTPResponse:
        """Send one request and return the whole answer, whatever its status.

        Besides ``http`` and ``https`` there is ``http+unix``, with the path of a socket, percent-
        encoded, where a host would stand.
        Redirects are not followed. Raises `RequestFailed` when there is no answer (``maybe_sent``
        says whether the request may have arrived), `InvalidValue` for a URL or header that cannot
        be sent, and `ConnectionRefused` when ``allow_private`` is false and the host resolves to a
        private, loopback or link-local address. Cancelling closes the connection. A request is sent
        again only when it provably never reached the server.
        """

    async def close() -> None:
        """Close every connection; requests under way fail, and so do later ones."""


# --- storage ------------------------------------------------------------------------------------


class IEventLog(Interface):
    """Every accepted event, in order of acceptance, shared by the projects of a runtime.

    Sequence numbers grow and are never reused. Everything is per project: two projects may hold the
    same event id and do not see each other. Shaped so that a networked log can stand behind it
    (stream, durable consumer, message id for duplicates).

    An event whose bytes changed on disk fails no reading: its record says `EventRecord.is_damaged`.
    """

    def append(events: Sequence[NewEvent]) -> Deferred[list[Appended]]:
        """Keep events, all or none; fire after they are durable, in the order given.

        An event whose id the project already holds is not added: its `Appended` has the original's
        sequence number and ``duplicate=True``, and fires after the original's commit. Fails with
        `StorageUnavailable` when the disk refuses; then nothing was kept.
        """

    async def read(project: str, after: int, limit: int) -> list[EventRecord]:
        """Return the next durable events of ``project`` with ``seq > after``, in order.

        At most ``limit``, fewer where they are large; none only if there is none.
        """

    async def get(project: str, event_id: str) -> EventRecord | None:
        """Return one event by id."""

    async def get_many(project: str, seqs: Sequence[int]) -> dict[int, EventRecord]:
        """Return events by sequence number; those not held are absent."""

    async def query(query: EventQuery) -> list[EventRecord]:
        """Return what matches, newest first unless asked otherwise, at most ``query.limit``."""

    async def effects_of(project: str, event_id: str) -> list[EventRecord]:
        """Return the events whose parent is ``event_id``, in order."""

    async def high() -> int:
        """Return the highest sequence number ever given, 0 for a new log."""

    def subscribe(project: str, wake: Callable[[], None]) -> Callable[[], None]:
        """Call ``wake`` after each commit of events of ``project``; return the way to end it."""

    async def tracked(project: str, tracking_id: str) -> list[EventRecord]:
        """Return the events that carry ``tracking_id`` in their provenance, in order."""

    async def untied(project: str, limit: int) -> list[EventRecord]:
        """Return the newest events that carry a tracking id and have no parent, newest first."""

    def tie(project: str, event_id: str, parent: EventRecord) -> Deferred[bool]:
        """Make an event without a parent the child of ``parent``, and say whether it was one.

        It and everything that came of it move to the parent's trace, as much deeper as it is now;
        so does what is appended later under a place in the chain that was read before. Nothing is
        tied to what came of it.
        """

    async def prunable(
        project: str, *, accepted_before: int, after: int, up_to: int, limit: int
    ) -> list[int]:
        """Return sequence numbers of old events, ``after < seq <= up_to``, in order."""

    def forget(project: str, seqs: Sequence[int]) -> Deferred[int]:
        """Forget events and say how many there were; their ids may then come in anew."""

    async def close() -> None:
        """Commit what was given, checkpoint the file and close it."""


class IDeliveryQueue(Interface):
    """The books of one project: what waits for whom, and what became of the rest.

    Every change returns a Deferred that fires after it is durable. Changes are made in the order in
    which they are asked for; changes asked for together become durable together. A change that
    fails with `StorageUnavailable` was not made. Times are milliseconds since the epoch: queue time
    where something falls due or is let go (see `orgloop.records`), wall clock where it is settled.
    """

    # --- coming in

    async def cursor() -> int:
        """Return the log position up to which this project has routed."""

    async def latest() -> NotedTime | None:
        """Return the latest queue time that was noted, `None` for a new queue."""

    def note_time(now: NotedTime) -> Deferred[None]:
        """Keep the current queue time, so that it goes on from there after a restart."""

    def adopt(
        routes: Collection[str], queue_depths: Mapping[str, int] | None = None
    ) -> Deferred[None]:
        """Let the ``waiting`` rows of exactly these routes fall due.

        Those of every other route keep their place, order and time and are not claimed until their
        route is adopted again. Asked for before anything is claimed or routed; nothing of a route
        that is left out may be in flight. Costs nothing where no route came or went.

        ``queue_depths`` says how many rows may wait for an actor. Beyond, the oldest become dead
        letters whenever rows are added; a row in flight does not count.
        """

    def route(batch: RoutedBatch) -> Deferred[list[Overflow]]:
        """Add the rows of a stretch of the log, keep what transforms remember, move the cursor.

        All in one transaction. A row whose event and route are held already is left as it is.
        A ``waiting`` row with an order key gets a due time only if it is the head of its key.

        A ``waiting`` row that gathers joins its group, or begins one. With `Debounce` it takes the
        place of the row that stood for the group, which is ``merged`` now, and falls due after the
        quiet time, at the latest ``max_ms`` after the group began. With `Batch` the rows of the
        group wait behind its first one, which falls due ``every_ms`` after it came, or when there
        are ``max``. A group takes in nothing more once an attempt was made at it.
        """

    def again(rows: Sequence[Again]) -> Deferred[list[str]]:
        """Add a ``matched`` row for each, with a replay number and id of its own; return the ids.

        The number is one more than any that the event has on that route.
        """

    async def matched(route: str, limit: int) -> list[Matched]:
        """Return rows of ``route`` in state ``matched``, in order of acceptance."""

    async def matched_routes() -> list[str]:
        """Return the routes that have rows in state ``matched``."""

    def transformed(row: Transformed) -> Deferred[list[Overflow]]:
        """Move one ``matched`` row on, together with what its transforms remember."""

    async def recall(keys: Sequence[tuple[str, str]]) -> Recalled:
        """Return what is remembered under (scope, key) pairs; absent ones are left out."""

    # --- going out

    def claim(
        actor: str,
        limit: int,
        now: int,
        *,
        gates: Sequence[str] = (),
        ungated: bool = True,
        passing: Sequence[int] = (),
    ) -> Deferred[list[Claim]]:
        """Move up to ``limit`` due rows of ``actor`` to ``delivering`` and count the attempt.

        Rows come in order of due time, then place. Of one order key only the head is due. Rows with
        a gate are taken only if it is one of ``gates``, those without only if ``ungated``. With
        ``passing``, the waiting rows of those numbers are passed over, and what is behind them in
        their order counts as due.

        The due head of a group of `Batch` becomes a delivery of its own, with an id of its own: the
        rows it is made of (its members, fixed from now on) are ``merged`` into it.
        """

    async def next_due(
        actor: str, gates: Sequence[str] = (), *, ungated: bool = True
    ) -> int | None:
        """Return when the next waiting row of ``actor`` falls due (it may be past), or `None`.

        Rows with a gate count only if it is one of ``gates``, those without only if ``ungated``.
        """

    async def gates(actor: str) -> list[str]:
        """Return the gates that waiting rows of ``actor`` stand at."""

    def prepare(row: int, content: bytes) -> Deferred[None]:
        """Keep what every attempt of this delivery sends."""

    def note_process(row: int, pid: int, started: str) -> Deferred[None]:
        """Keep which child process makes the attempt in flight."""

    def settle(settlement: Settlement) -> Deferred[None]:
        """End the attempt in flight: settle the delivery, or let it wait until it is due again.

        Settling gives the next row of the same order key its due time, and settles what is
        ``merged`` into this delivery.
        """

    def release(row: int, now: int) -> Deferred[None]:
        """Put a ``delivering`` row back as if the attempt had not been made or counted."""

    def give_up(row: int, now: int, error: str) -> Deferred[Delivery | None]:
        """Make a waiting row a dead letter; `None` if it does not wait any more."""

    async def unfinished() -> list[Claim]:
        """Return rows that an earlier process left ``delivering``; they await `release`."""

    def note_degraded(actor: str, reason: str | None) -> Deferred[None]:
        """Keep that an actor's circuit is open and why; `None`: it is closed."""

    async def degraded() -> Mapping[str, str]:
        """Return the actors whose circuit was open when that was last noted, and why."""

    # --- what a person, or an agent, does with the books

    def reopen(delivery_ids: Sequence[str], now: int) -> Deferred[list[Delivery]]:
        """Let dead letters wait again, at the end of their order, with all their attempts to come.

        One that was never ready (its transforms ended it) becomes ``matched``; one without a route
        stays as it is. Returns those that wait again, as they are now.
        """

    def unhold(delivery_ids: Sequence[str], now: int) -> Deferred[list[Delivery]]:
        """Let ``held`` rows go on, into their inbox or to their actor; return those that were."""

    def discard(delivery_ids: Sequence[str], now: int) -> Deferred[list[Delivery]]:
        """Settle dead letters and open rows that are not in flight or leased as ``discarded``.

        Returns those that were.
        """

    async def inboxes(*, unnotified: bool = False) -> list[Inbox]:
        """Return the inboxes that hold something; only those that await a notification if asked.

        An inbox awaits one in each generation in which something unleased lies in it. A generation
        begins when a row comes into an inbox that is empty or was drained in the generation
        before; when a lease is acknowledged and nothing came since it began; and when a lease ends.
        A drain fulfils the generation it falls in.
        """

    async def inbox(session_key: str) -> Inbox | None:
        """Return one inbox, `None` if it holds nothing."""

    def note_notified(session_key: str, generation: int) -> Deferred[None]:
        """Keep that the session was notified in this generation."""

    def drain(
        session_key: str,
        limit: int,
        lease: str,
        until: int,
        now: int,
        *,
        settled_at: int | None = None,
    ) -> Deferred[Drained]:
        """Hand out the oldest rows of an inbox under a lease that ends at ``until``.

        What the lease before had handed out, if that has not ended, is delivered now; what it had
        when it ended is handed out again. ``settled_at`` is what the wall clock shows, ``now`` if
        it is left out.
        """

    def acknowledge(session_key: str, lease: str | None, now: int) -> Deferred[list[Delivery]]:
        """Settle what a lease (`None`: whichever there is) handed out as delivered; return it."""

    async def overdue(now: int, limit: int) -> list[Overdue]:
        """Return rows whose deadline has passed, the longest first."""

    async def next_deadline() -> int | None:
        """Return the earliest deadline there is."""

    def end_lease(
        rows: Sequence[str], now: int, *, ended_at: int | None = None
    ) -> Deferred[list[Delivery]]:
        """Put leased rows whose lease has ended by ``now`` back into their inbox; return them.

        ``ended_at`` is what the wall clock shows, ``now`` if it is left out.
        """

    def expire(rows: Sequence[str], now: int, error: str) -> Deferred[list[Delivery]]:
        """Make rows that lie unleased in an inbox dead letters; return those that were."""

    def stop_seen(delivery_ids: Sequence[str]) -> Deferred[None]:
        """Expect no stop of these deliveries any more."""

    # --- questions

    async def get(delivery_id: str) -> Delivery | None:
        """Return one delivery by id."""

    async def expecting(tracking_id: str | None, event_seq: int | None) -> list[Delivery]:
        """Return settled deliveries that an actor took on under ``tracking_id``, newest first.

        Without one: those of an event whose stop is still expected.
        """

    async def for_events(event_seqs: Sequence[int]) -> dict[int, list[Delivery]]:
        """Return the rows of events, those without a delivery included, by the event's seq."""

    async def referred(event_seqs: Sequence[int]) -> set[int]:
        """Return those of ``event_seqs`` that a row of the books refers to."""

    async def query(query: DeliveryQuery) -> list[Delivery]:
        """Return deliveries that match, newest first unless asked otherwise.

        At most ``query.limit``.
        """

    async def count(query: DeliveryQuery) -> int:
        """Return how many deliveries match, whatever the query's limit."""

    async def merged(delivery_ids: Sequence[str]) -> list[Delivery]:
        """Return what is ``merged`` into these deliveries, in order."""

    async def histories(delivery_ids: Sequence[str]) -> dict[str, dict[str, Any]]:
        """Return the transforms' verdicts (``steps``), the ``attempts`` and, of a batch, the
        ``members`` (ids of deliveries, in order) of each of these deliveries that is there."""

    def counts() -> Mapping[tuple[str | None, str | None, str], int]:
        """Return how many rows there are by (actor, route, state). Answers at once, from memory."""

    # --- retention

    async def prunable(*, settled_before: int, after: int, limit: int) -> tuple[list[int], int]:
        """Return rows that may be forgotten, of the next stretch behind row ``after``.

        And the last row looked at: with that one the next call goes on. It is ``after`` at the end.
        Dead letters are among them, counted from when they died. What is merged into another row
        is not, as long as that one is there: a person may retry it, with all that it carries.
        Nor are replays while something else keeps their event: what counts them would be gone.
        """

    async def aged(
        *,
        created_before: int,
        tried_since: int,
        actors: Collection[str] | None = None,
        limit: int,
    ) -> list[int]:
        """Return old waiting rows: of routes not adopted, or tried since ``tried_since``.

        And, if ``actors`` are given, of any other actor. With `give_up` they become dead letters.
        A call goes on where the one before ended; one that returns fewer than ``limit`` has come to
        the end, and the next begins anew.
        """

    def forget(rows: Sequence[int]) -> Deferred[int]:
        """Remove settled rows with their attempts; say how many there were."""

    def forget_memory(expired_before: int, limit: int) -> Deferred[int]:
        """Forget up to ``limit`` things that transforms remember and that expired before then.

        Returns how many there were.
        """

    async def close() -> None:
        """Commit what was given, checkpoint the file and close it."""


class ICheckpointStore(Interface):
    """Where polling resumes, per project and source."""

    async def load(project: str, source: str) -> str | None:
        """Return the checkpoint, `None` if there is none.

        One that cannot be read is set aside under another name and reported with `StorageDamaged`.
        """

    async def save(project: str, source: str, checkpoint: str) -> None:
        """Replace the checkpoint atomically; it is durable when this returns."""

    async def delete(project: str, source: str) -> bool:
        """Forget the checkpoint, so that the source starts over; say whether there was one."""

    async def list(project: str) -> list[tuple[str, str, str]]:
        """Return (source, checkpoint, updated_at as ISO 8601) of a project's sources."""


# --- runtime ------------------------------------------------------------------------------------


class IProjectRegistry(Interface):
    """Which projects run where. Asynchronous, and nothing in it is local.

    A project's name is globally meaningful. What is registered is a description, not an object.
    """

    async def register(name: str, description: Mapping[str, Any]) -> None:
        """Announce a project; raises `OrgLoopError` if the name is taken."""

    async def update(name: str, description: Mapping[str, Any]) -> None:
        """Replace what is announced of a project."""

    async def unregister(name: str) -> None:
        """Withdraw a project; one that is not there is not an error."""

    async def lookup(name: str) -> Mapping[str, Any] | None:
        """Return what is announced of a project."""

    async def names() -> list[str]:
        """Return the names of all projects, sorted."""
