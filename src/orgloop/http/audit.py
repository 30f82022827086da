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
from orgloop.http.view import Runtime
from orgloop.records import DeliveryQuery, EventRecord

_SETTLED = tuple(
    str(state) for state in DeliveryState if state not in OPEN_STATES and state not in UNROUTED
)
_EVER = 0  # what is merged is settled once the delivery that carries it is
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
            settled_from=call.moment("from") or _EVER,
            settled_to=call.moment("to"),
        )
        rows, headers = await DeliveryPages(self._runtime).page(call, query)
        entries: list[dict[str, Any]] = []
        for at in range(0, len(rows), _STRETCH):
            entries += await self._entries(rows[at : at + _STRETCH])
        return Answer.of(entries, headers=headers)

    async def _entries(self, rows: Sequence[Delivery]) -> list[dict[str, Any]]:
        told: dict[str, dict[str, Any]] = {}
        for project in {row.project for row in rows}:
            told |= await self._of_project(project, [row for row in rows if row.project == project])
        return [told[row.id] for row in rows]

    async def _of_project(self, project: str, rows: Sequence[Delivery]) -> dict[str, Any]:
        """Return the entries of these deliveries, asked for all at once."""
        queue = self._runtime.projects[project].queue
        histories = await queue.histories([row.id for row in rows])
        records = await self._runtime.log.get_many(project, [row.event_seq for row in rows])
        return {
            row.id: audit_entry(row, histories.get(row.id, {}), records.get(row.event_seq))
            for row in rows
        }


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
