"""The delivery queue: what waits for whom."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from twisted.internet.defer import Deferred
from zope.interface import Interface

from orgloop.delivery import Delivery
from orgloop.records import (
    Again,
    Claim,
    DeliveryQuery,
    Drained,
    Inbox,
    Matched,
    NotedTime,
    Overdue,
    Overflow,
    Recalled,
    RoutedBatch,
    Settlement,
    Transformed,
)


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

    async def first_due() -> Mapping[str, int]:
        """Return when the first waiting row of each actor falls due (it may be past), by actor.

        Whatever its gate. Actors for whom nothing waits that has a due time are left out. Costs the
        same however many rows wait.
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
