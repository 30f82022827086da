"""The audit: what went to whom, because of what, how often it was tried and how it ended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from attrs import frozen

from orgloop.delivery import OPEN_STATES, UNROUTED, Delivery, DeliveryState
from orgloop.http.answer import Answer
from orgloop.http.call import Call
from orgloop.http.pages import DeliveryPages
from orgloop.http.shapes import attempt_shape, iso
from orgloop.http.together import together
from orgloop.http.view import Runtime
from orgloop.records import DeliveryQuery, EventRecord

_SETTLED = tuple(
    str(state) for state in DeliveryState if state not in OPEN_STATES and state not in UNROUTED
)
_STRETCH = 100  # entries made together: others get their turn in between


@frozen
class Audit:
    """``GET /api/audit``."""

    _runtime: Runtime

    async def show(self, call: Call) -> Answer:
        """Answer a page of settled deliveries, newest first; ``from`` and ``to`` are when."""
        query = DeliveryQuery(
            states=call.words("state", _SETTLED) or _SETTLED,
            actors=call.words("actor"),
            routes=call.words("route"),
            settled_from=call.moment("from"),
            settled_to=call.moment("to"),
        )
        rows, headers = await DeliveryPages(self._runtime).page(call, query)
        entries: list[dict[str, Any]] = []
        for at in range(0, len(rows), _STRETCH):
            entries += await self._entries(rows[at : at + _STRETCH])
        return Answer.of(entries, headers=headers)

    async def _entries(self, rows: Sequence[Delivery]) -> list[dict[str, Any]]:
        histories = await together(self._history(row) for row in rows)
        records = await self._records(rows)
        return [
            audit_entry(row, history, records.get((row.project, row.event_seq)))
            for row, history in zip(rows, histories, strict=True)
        ]

    async def _history(self, row: Delivery) -> Mapping[str, Any]:
        return await self._runtime.projects[row.project].queue.history(row.id)

    async def _records(self, rows: Sequence[Delivery]) -> dict[tuple[str, int], EventRecord]:
        found: dict[tuple[str, int], EventRecord] = {}
        for project in {row.project for row in rows}:
            seqs = [row.event_seq for row in rows if row.project == project]
            records = await self._runtime.log.get_many(project, seqs)
            found |= {(project, seq): record for seq, record in records.items()}
        return found


def audit_entry(
    row: Delivery, history: Mapping[str, Any], record: EventRecord | None
) -> dict[str, Any]:
    """Return the audit's entry of one settled delivery; ``record`` is its event."""
    return {
        "delivery_id": row.id,
        "event_id": row.event_id,
        "trace_id": record.trace_id if record is not None else None,
        "depth": record.depth if record is not None else None,
        "project": row.project,
        "route": row.route,
        "actor": row.actor,
        "prompt_file": row.prompt_file,
        "prompt_sha256": row.prompt_digest,
        "attempts": [attempt_shape(attempt) for attempt in history.get("attempts", ())],
        "outcome": str(row.state),
        "error": row.error,
        "accepted_at": iso(row.accepted_at),
        "settled_at": iso(row.settled_at),
        "duration_ms": None if row.settled_at is None else max(0, row.settled_at - row.accepted_at),
        "tracking_id": row.tracking_id,
        "replay": bool(row.replay),
        "into": row.into,
    }
