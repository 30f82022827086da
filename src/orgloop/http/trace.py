"""One event's whole way: what caused it, what it caused, every phase with its time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from attrs import define, frozen

from orgloop.delivery import UNROUTED, Delivery
from orgloop.event import Event
from orgloop.flow.explaining import Standings
from orgloop.http.answer import Answer
from orgloop.http.call import Call
from orgloop.http.phases import phases_of
from orgloop.http.problem import Refused, not_found
from orgloop.http.shapes import event_of, iso, processing_ms, way_shape
from orgloop.http.view import Project, Runtime
from orgloop.identity import RUNTIME_NAME
from orgloop.records import EventRecord

if TYPE_CHECKING:
    from orgloop.interfaces import IEventLog

_SHORTEST_PREFIX = 8  # of an id, evt_ included
_MOST_NAMED = 5
_MOST_CAUSES = 50
_MOST_EFFECTS = 200
_MOST_GENERATIONS = 50


@frozen
class Traces:
    """``GET /api/events/<id>``."""

    _runtime: Runtime

    async def show(self, call: Call) -> Answer:
        """Answer everything known about one event."""
        record = await self._find(call.names["event_id"], call.text("project"))
        project, event = self._runtime.projects[record.project], event_of(record)
        rows = (await project.queue.for_events([record.seq])).get(record.seq, [])
        deliveries = [row for row in rows if row.route is not None]
        histories = await project.queue.histories([row.id for row in deliveries])
        standings = _standings(project, event)
        effects = _Effects(self._runtime.log, record.project)
        return Answer.of(
            {
                **_summary(record),
                "event": None if event is None else event.to_json(),
                "parent": record.parent,
                "state": _state(rows),
                "processing_ms": processing_ms(record, deliveries),
                "causes": await _causes(self._runtime.log, record),
                "effects": await effects.below(record.id),
                "effects_cut": effects.are_cut,
                "routes": [standing.to_json() for standing in standings.routes],
                "routes_omitted": standings.omitted,
                "routes_changed": _have_changed(project, rows),
                "deliveries": [
                    {
                        **way_shape(row, histories.get(row.id, {}), project),
                        "carrier": await _carrier(row, project),
                        "actor_away": _away(row, project),
                    }
                    for row in deliveries
                ],
                "phases": phases_of(record, rows, histories, project.limits),
            }
        )

    async def _find(self, event_id: str, project: str | None) -> EventRecord:
        projects = [name for name in self._runtime.projects if project in (None, name)]
        for name in projects:
            record = await self._runtime.log.get(name, event_id)
            if record is not None:
                return record
        if len(event_id) >= _SHORTEST_PREFIX:
            return await self._beginning(event_id, projects)
        raise _not_held()

    async def _beginning(self, prefix: str, projects: Sequence[str]) -> EventRecord:
        """Return the only event whose id begins like this."""
        log, found = self._runtime.log, []
        for name in projects:
            ids = await log.ids_beginning(name, prefix, _MOST_NAMED)
            found += [(name, event_id) for event_id in ids]
        if len({event_id for _, event_id in found}) > 1:
            named = ", ".join(dict.fromkeys(event_id for _, event_id in found[:_MOST_NAMED]))
            raise Refused(
                not_found("several events have ids that begin like this", f"such as {named}")
            )
        record = await log.get(*found[0]) if found else None
        if record is None:
            raise _not_held()
        return record


def _not_held() -> Refused:
    return Refused(
        not_found("no event of that id is held", "GET /api/events lists what is retained")
    )


def _standings(project: Project, event: Event | None) -> Standings:
    """Return how the project's routes, as they are now, stand to an event.

    They are not asked about what the runtime itself reports: it goes to the one route it is about.
    """
    if event is None or event.source == RUNTIME_NAME:
        return Standings()
    return project.standings(event)


def _have_changed(project: Project, rows: Sequence[Delivery]) -> bool:
    """Whether the routes may have wanted something else when the event was routed."""
    since = project.routes_since_ms
    return bool(rows) and (since is None or rows[0].created_at < since)


def _away(row: Delivery, project: Project) -> str | None:
    """Return why the actor of a delivery that is not settled cannot be reached."""
    actor = project.actors.get(row.actor or "") if row.settled_at is None else None
    return None if actor is None else actor.reason


async def _carrier(row: Delivery, project: Project) -> dict[str, Any] | None:
    """Return the way of the delivery that carries a row which went out with others."""
    found = await project.queue.get(row.into) if row.into is not None else None
    if found is None:
        return None
    histories = await project.queue.histories([found.id])
    return way_shape(found, histories.get(found.id, {}), project)


@define
class _Effects:
    """The tree of what came out of an event, cut off where it becomes too large to read."""

    log: IEventLog
    project: str
    left: int = _MOST_EFFECTS
    are_cut: bool = False
    """Whether there are more."""

    async def below(self, event_id: str, depth: int = 0) -> list[dict[str, Any]]:
        """Return the events caused by one event, each with its own effects."""
        found: list[dict[str, Any]] = []
        for record in await self.log.effects_of(self.project, event_id):
            if self.left == 0 or depth == _MOST_GENERATIONS:
                self.are_cut = True
                break
            self.left -= 1
            found.append({**_summary(record), "effects": await self.below(record.id, depth + 1)})
        return found


async def _causes(log: IEventLog, record: EventRecord) -> list[dict[str, Any]]:
    """Return the chain that led to an event, root first; it ends where retention has been."""
    causes: list[dict[str, Any]] = []
    parent = record.parent
    while parent is not None and len(causes) < _MOST_CAUSES:
        cause = await log.get(record.project, parent)
        if cause is None:
            break
        causes.insert(0, _summary(cause))
        parent = cause.parent
    return causes


def _summary(record: EventRecord) -> dict[str, Any]:
    event = event_of(record)
    return {
        "event_id": record.id,
        "project": record.project,
        "source": record.source,
        "type": record.type,
        "platform_event": None if event is None else event.provenance.get("platform_event"),
        "timestamp": iso(record.accepted_at) if event is None else event.timestamp,
        "accepted_at": iso(record.accepted_at),
        "trace_id": record.trace_id,
        "depth": record.depth,
        "damaged": event is None,
    }


def _state(rows: list[Delivery]) -> str:
    """Say where an event is as a whole: not yet routed, without a route, open or settled."""
    if not rows:
        return "accepted"
    unrouted = [row.state for row in rows if row.state in UNROUTED]
    if unrouted:
        return str(unrouted[0])
    return "open" if any(row.settled_at is None for row in rows) else "settled"
