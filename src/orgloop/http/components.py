"""Sources, actors and routes, and the runtime as a whole."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from attrs import frozen

import orgloop
from orgloop.config.explained import as_written
from orgloop.config.model import LoggerDefinition
from orgloop.delivery import DEAD_LETTERS, OPEN_STATES, DeliveryState
from orgloop.durations import Duration
from orgloop.http.answer import Answer
from orgloop.http.call import Call
from orgloop.http.shapes import module_summary, source_status, supervision_shape
from orgloop.http.view import Actor, Circuit, Logger, Project, Route, Runtime, Source


@frozen
class Components:
    """What is configured, and how it does."""

    _runtime: Runtime

    async def status(self, call: Call) -> Answer:
        """Answer everything that ``orgloop status`` shows."""
        runtime = self._runtime
        projects = list(runtime.projects.values())
        return Answer.of(
            {
                "health": runtime.health() if runtime.storage_ok else "disk",
                "running": True,
                "phase": runtime.phase,
                "version": orgloop.__version__,
                "runtime_id": runtime.runtime_id,
                "pid": runtime.pid,
                "uptime_ms": runtime.uptime_ms(),
                "http_port": runtime.http_port,
                **supervision_shape(runtime),
                "heartbeat_interval_ms": _heartbeat_interval(projects),
                "modules": [module_summary(project, runtime.now_ms()) for project in projects],
                "sources": [row for project in projects for row in _sources(project)],
                "actors": [row for project in projects for row in _actors(project)],
                "routes": [row for project in projects for row in _routes(project)],
                "loggers": _loggers(projects, runtime.loggers()),
                "deliveries": _totals(projects),
                "orphaned": sum(_orphaned(project) for project in projects),
            }
        )

    async def sources(self, call: Call) -> Answer:
        """Answer every source of every project."""
        projects = self._runtime.projects.values()
        return Answer.of([row for project in projects for row in _sources(project)])

    async def actors(self, call: Call) -> Answer:
        """Answer every actor of every project."""
        projects = self._runtime.projects.values()
        return Answer.of([row for project in projects for row in _actors(project)])

    async def routes(self, call: Call) -> Answer:
        """Answer every route of every project."""
        projects = self._runtime.projects.values()
        return Answer.of([row for project in projects for row in _routes_with_settings(project)])


def _heartbeat_interval(projects: Sequence[Project]) -> int | None:
    intervals = [one.definition.supervisor.heartbeat_interval for one in projects]
    return max((interval.milliseconds for interval in intervals), default=None)


def _sources(project: Project) -> list[dict[str, Any]]:
    return [_source(project, source) for source in project.sources.values()]


def _source(project: Project, source: Source) -> dict[str, Any]:
    return {
        "id": source.definition.id,
        "module": project.name,
        "connector": source.definition.plugin,
        "type": source.kind,
        "status": source_status(source),
        "reason": source.reason,
        "last_event": source.last_event,
        "event_count": source.event_count,
        "events_24h": source.events_24h,
        "poll_interval": _poll_interval(source),
        "last_poll": source.last_poll,
        "error_count": source.error_count,
        "last_error": source.last_error,
        "description": source.definition.description,
    }


def _poll_interval(source: Source) -> str | None:
    seconds = source.poll_interval_seconds
    if source.kind != "polling" or seconds is None:
        return None
    return str(Duration.of_seconds(seconds))


def _actors(project: Project) -> list[dict[str, Any]]:
    by_actor: defaultdict[str | None, Counter[str]] = defaultdict(Counter)
    for (actor, _, state), count in project.queue.counts().items():
        by_actor[actor][state] += count
    return [_actor(project, actor, by_actor[name]) for name, actor in project.actors.items()]


def _actor(project: Project, actor: Actor, counts: Counter[str]) -> dict[str, Any]:
    return {
        "id": actor.definition.id,
        "module": project.name,
        "connector": actor.definition.plugin,
        "status": actor.status,
        "reason": actor.reason,
        "circuit": _circuit(actor.circuit),
        "in_flight": actor.in_flight,
        "waiting": counts[DeliveryState.WAITING],
        "held": counts[DeliveryState.HELD],
        "inbox": counts[DeliveryState.INBOX],
        "open": sum(counts[state] for state in OPEN_STATES),
        "delivered": counts[DeliveryState.DELIVERED],
        "dead": sum(counts[state] for state in DEAD_LETTERS),
        "delivery": as_written(project.settings.actors[actor.definition.id]),
        "description": actor.definition.description,
    }


def _circuit(circuit: Circuit) -> dict[str, Any]:
    retry_in = circuit.retry_in_seconds
    return {
        "state": circuit.state,
        "failures": circuit.failures,
        "cooldown_ms": round(circuit.current_cooldown_seconds * 1000),
        "retry_in_ms": None if retry_in is None else round(retry_in * 1000),
    }


def _routes(project: Project) -> list[dict[str, Any]]:
    return [_route(project, route) for route in project.routes.values()]


def _routes_with_settings(project: Project) -> list[dict[str, Any]]:
    settings = project.settings.routes
    return [{**row, "delivery": as_written(settings[row["name"]])} for row in _routes(project)]


def _route(project: Project, route: Route) -> dict[str, Any]:
    definition = route.definition
    return {
        "name": definition.name,
        "module": project.name,
        "when": {
            "source": definition.when.source,
            "events": list(definition.when.events),
            "filter": definition.shown["filter"],
        },
        "actor": definition.actor,
        "transforms": [transform.id for transform in definition.transforms],
        "sop_file": definition.shown["prompt_file"],
        "fire_count": route.fire_count,
        "last_fired": route.last_fired,
        "description": definition.description,
    }


def _loggers(
    projects: Sequence[Project], running: Mapping[tuple[str, str], Logger]
) -> list[dict[str, Any]]:
    return [
        _logger(project, logger, running.get((project.name, logger.id)))
        for project in projects
        for logger in project.definition.loggers.values()
    ]


def _logger(
    project: Project, definition: LoggerDefinition, running: Logger | None
) -> dict[str, Any]:
    reason: str | None
    if running is None:
        status, reason = "off", definition.unavailable or "it could not be made: see the log"
    else:
        reason = running.trouble
        status = "ok" if reason is None else "degraded"
    return {
        "id": definition.id,
        "module": project.name,
        "type": definition.plugin,
        "status": status,
        "reason": reason,
        "lost": 0 if running is None else running.lost,
        "description": definition.description,
    }


def _totals(projects: list[Project]) -> dict[str, int]:
    totals: Counter[str] = Counter()
    for project in projects:
        for (_, _, state), count in project.queue.counts().items():
            totals[state] += count
    return {str(state): totals[state] for state in DeliveryState}


def _orphaned(project: Project) -> int:
    """Count open deliveries whose route or actor the project no longer has."""
    return sum(
        count
        for (actor, route, state), count in project.queue.counts().items()
        if state in OPEN_STATES and (actor not in project.actors or route not in project.routes)
    )
