"""Tell an event's way as a sequence of moments, in the words of the log."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from orgloop.delivery import Delivery, DeliveryState
from orgloop.flow.loop_guard import Verdict, judge
from orgloop.http.shapes import verdict_of
from orgloop.records import EventRecord
from orgloop.times import to_iso

if TYPE_CHECKING:
    from orgloop.config.model import LoopLimits

_PHASE_OF_VERDICT = {
    "pass": "transform.pass",
    "change": "transform.pass",
    "drop": "transform.drop",
    "error": "transform.error",
    "error_drop": "transform.error_drop",
    "error_halt": "transform.error_halt",
    "flag": "audit.flag",
    "hold": "deliver.held",
}
_PHASE_OF_END = {
    DeliveryState.DELIVERED: "deliver.success",
    DeliveryState.REJECTED: "deliver.rejected",
    DeliveryState.DEAD: "deliver.dead",
    DeliveryState.SKIPPED: "deliver.skipped",
    DeliveryState.MERGED: "deliver.merged",
}

Moment = tuple[int, dict[str, Any]]


def phases_of(
    record: EventRecord,
    rows: Sequence[Delivery],
    histories: Mapping[str, Mapping[str, Any]],
    limits: LoopLimits,
) -> list[dict[str, Any]]:
    """Return every phase an event has gone through, oldest first."""
    found: list[Moment] = [(record.accepted_at, {"phase": "source.emit", "source": record.source})]
    if rows and judge(record.depth, limits) is Verdict.WARN:
        found.append((rows[0].created_at, {"phase": "loop.detected", "depth": record.depth}))
    for row in rows:
        found += _of_row(row, histories.get(row.id, {}))
    found.sort(key=lambda moment: moment[0])  # stable: what comes at once stays in order
    return [{"timestamp": to_iso(at), **phase} for at, phase in found]


def _of_row(row: Delivery, history: Mapping[str, Any]) -> Iterator[Moment]:
    if row.route is None:
        is_cut = row.state == DeliveryState.CUT
        yield row.created_at, {"phase": "loop.circuit_broken" if is_cut else "route.no_match"}
        return
    place = {"route": row.route, "actor": row.actor, "delivery": row.id}
    if not row.is_batch:  # its members were matched
        yield row.created_at, {"phase": "route.match", **place}
    for step in history.get("steps", ()):
        yield row.created_at, {**_of_step(step), **place}
    for attempt in history.get("attempts", ()):
        yield from _of_attempt(place, attempt)
    if row.settled_at is not None and row.state in _PHASE_OF_END:
        ended = {"phase": _PHASE_OF_END[row.state], **place, "error": row.error}
        yield row.settled_at, ended


def _of_step(step: Mapping[str, Any]) -> dict[str, Any]:
    phase = {"phase": _PHASE_OF_VERDICT.get(step["verdict"], "transform.error")}
    phase |= verdict_of(step)
    failed = step["verdict"] not in ("pass", "change")
    return {**phase, "error": step["detail"]} if failed else phase


def _of_attempt(place: Mapping[str, Any], attempt: Mapping[str, Any]) -> Iterator[Moment]:
    numbered = {**place, "attempt": attempt["attempt"]}
    yield attempt["started_at"], {"phase": "deliver.attempt", **numbered}
    if attempt["outcome"] == "error":
        yield (
            attempt["ended_at"],
            {"phase": "deliver.failure", **numbered, "error": attempt["error"]},
        )
