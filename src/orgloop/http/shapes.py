"""Write events, deliveries and components the way the API shows them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from orgloop.delivery import Delivery
from orgloop.errors import DamagedEvent
from orgloop.event import Event
from orgloop.http.view import Project, Runtime, Source
from orgloop.records import EventRecord
from orgloop.times import to_iso


def iso(epoch_ms: int | None) -> str | None:
    """Write a moment, if there is one."""
    return None if epoch_ms is None else to_iso(epoch_ms)


def supervision_shape(runtime: Runtime) -> dict[str, Any]:
    """Return who restarts the runtime after a crash, and how often somebody had to."""
    told = runtime.supervision
    if told is None:
        return {
            "supervision": "none",
            "supervisor_pid": None,
            "restarts": 0,
            "last_exit": None,
        }
    return {
        "supervision": "unsupervised" if told.is_gone else "supervised",
        "supervisor_pid": told.supervisor_pid,
        "restarts": told.restarts,
        "last_exit": told.last_exit,
    }


def delivery_shape(row: Delivery, project: Project) -> dict[str, Any]:
    """Return a delivery of ``project``.

    ``key`` is what its receiver sees on every attempt, and names the delivery as ``id`` does;
    ``order_key`` is what ``order_by`` came to.
    """
    due_at = None if row.due_at is None else project.queue_time.as_wall(row.due_at)
    return {
        "id": row.id,
        "event_id": row.event_id,
        "route": row.route,
        "actor": row.actor,
        "project": row.project,
        "state": str(row.state),
        "attempts": row.attempts,
        "key": row.id,
        "order_key": row.order_key,
        "due_at": iso(due_at),
        "accepted_at": iso(row.accepted_at),
        "created_at": iso(row.created_at),
        "settled_at": iso(row.settled_at),
        "error": row.error,
        "tracking_id": row.tracking_id,
        "replay": bool(row.replay),
        "into": row.into,
        "batch": row.is_batch,
        "session_key": row.session_key,
        "prompt_file": row.prompt_file,
        "prompt_sha256": row.prompt_digest,
    }


def way_shape(row: Delivery, history: Mapping[str, Any], project: Project) -> dict[str, Any]:
    """Return a delivery with the verdicts of transforms, every attempt and a batch's members.

    ``changes`` says of each step, in the same order, what it changed.
    """
    steps = history.get("steps", [])
    return {
        **delivery_shape(row, project),
        "steps": [verdict_of(step) for step in steps],
        "changes": [_changes_of(step) for step in steps],
        "attempt_history": [attempt_shape(attempt) for attempt in history.get("attempts", [])],
        "members": list(history.get("members", [])),
    }


def verdict_of(step: Mapping[str, Any]) -> dict[str, Any]:
    """Return a transform's verdict, without what it changed."""
    return {key: step[key] for key in ("transform", "verdict", "duration_ms", "detail")}


def _changes_of(step: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a transform changed; rows that were kept by older versions do not tell."""
    return {
        "transform": step["transform"],
        "verdict": step["verdict"],
        "changes": step.get("changes", []),
        "omitted": step.get("changes_omitted", 0),
    }


def attempt_shape(attempt: Mapping[str, Any]) -> dict[str, Any]:
    """Return one attempt."""
    began, ended = attempt["started_at"], attempt["ended_at"]
    return {
        "attempt": attempt["attempt"],
        "started_at": iso(began),
        "ended_at": iso(ended),
        "duration_ms": max(0, ended - began),
        "outcome": attempt["outcome"],
        "error": attempt["error"],
    }


def event_of(record: EventRecord) -> Event | None:
    """Return the event of a record; `None` if it is damaged, which must not hide the others."""
    try:
        return record.event
    except DamagedEvent:
        return None


def event_shape(
    record: EventRecord, rows: Sequence[Delivery], project: Project | None
) -> dict[str, Any]:
    """Return an event as the list shows it, with what became of it."""
    event = event_of(record)
    deliveries = [row for row in rows if row.route is not None]
    matched = list(dict.fromkeys(row.route for row in deliveries if row.route is not None))
    return {
        "event_id": record.id,
        "timestamp": iso(record.accepted_at) if event is None else event.timestamp,
        "source": record.source,
        "type": record.type,
        "platform_event": None if event is None else event.provenance.get("platform_event"),
        "matched_routes": matched,
        "sop_files": _prompts(matched, project),
        "actors": list(dict.fromkeys(row.actor for row in deliveries)),
        "processing_ms": processing_ms(record, deliveries),
        "module": record.project,
        "trace_id": record.trace_id,
        "accepted_at": iso(record.accepted_at),
        "states": list(dict.fromkeys(str(row.state) for row in rows)),
        "damaged": event is None,
    }


def processing_ms(record: EventRecord, deliveries: Sequence[Delivery]) -> int | None:
    """Return how long it took until the last delivery settled; `None` while one is open."""
    settled = [row.settled_at for row in deliveries]
    if not settled or None in settled:
        return None
    return max(0, max(moment for moment in settled if moment is not None) - record.accepted_at)


def _prompts(routes: Sequence[str], project: Project | None) -> list[str]:
    if project is None:
        return []
    found = [project.routes[name].definition for name in routes if name in project.routes]
    shown = [route.shown["prompt_file"] for route in found if route.prompt_file]
    return list(dict.fromkeys(shown))


def module_summary(project: Project, now: int) -> dict[str, Any]:
    """Return name, state and size of a project."""
    return {
        "name": project.name,
        "state": project.state,
        "sources": len(project.sources),
        "routes": len(project.routes),
        "actors": len(project.actors),
        "uptime_ms": max(0, now - project.started_at_ms),
    }


# The words that tools of the TypeScript OrgLoop know.
_SOURCE_STATUS = {"ok": "healthy", "circuit_open": "unhealthy"}


def source_status(source: Source) -> str:
    """Return ``healthy``, ``degraded`` (it cannot start) or ``unhealthy`` (it fails each time)."""
    return _SOURCE_STATUS.get(source.status, source.status)
