"""What a project says of one of its parts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from orgloop.config.explained import Explained, explain_actor, explain_route
from orgloop.config.model import Component, Place, ProjectDefinition

Document = dict[str, Any]


def known(project: ProjectDefinition, kind: str) -> list[str]:
    """Return the names there are of a kind."""
    parts = {"source": project.sources, "actor": project.actors, "route": project.routes}
    return sorted(parts[kind])


def inspected(project: ProjectDefinition, kind: str, name: str) -> Document | None:
    """Return all that a project says of a source, actor or route; `None` if it has none such."""
    return _KINDS[kind](project, name) if name in known(project, kind) else None


def _source(project: ProjectDefinition, name: str) -> Document:
    source = project.sources[name]
    return {
        **_component(project, source),
        "poll_interval": str(source.poll_interval),
        "poll_timeout": str(source.poll_timeout),
        "emits": list(source.emits),
        "circuit_breaker": {
            "failure_threshold": source.failure_threshold,
            "cooldown": str(source.circuit_cooldown),
        },
        "read_by": [one.name for one in project.routes.values() if one.when.source == name],
    }


def _actor(project: ProjectDefinition, name: str) -> Document:
    return {
        **_component(project, project.actors[name]),
        "reached_by": [one.name for one in project.routes.values() if one.actor == name],
        "delivery": _settings(explain_actor(project, name)),
    }


def _route(project: ProjectDefinition, name: str) -> Document:
    route = project.routes[name]
    guard, inbox = route.guard, route.inbox
    return {
        "project": project.name,
        "place": _place(route.place),
        "description": route.description,
        "when": {
            "source": route.when.source,
            "events": list(route.when.events),
            "filter": route.shown["filter"],
        },
        "transforms": [{"ref": use.id, "on_error": use.on_error} for use in route.transforms],
        "actor": route.actor,
        "config": route.shown["config"],
        "prompt_file": route.shown["prompt_file"],
        "guard": None
        if guard is None
        else {"action": guard.action, "allowed_domains": guard.allowed_domains},
        "inbox": None
        if inbox is None
        else {
            "session_key": inbox.session_key,
            "inbox_ttl": str(inbox.inbox_ttl),
            "inbox_max_batch": inbox.inbox_max_batch,
        },
        "delivery": _settings(explain_route(project, name)),
    }


def _component(project: ProjectDefinition, component: Component) -> Document:
    return {
        "project": project.name,
        "place": _place(component.place),
        "description": component.description,
        "connector": component.plugin,
        "config": component.shown,
        "unavailable": component.unavailable,
    }


def _place(place: Place) -> str:
    return f"{place.file}:{place.line}"


def _settings(explained: list[Explained]) -> list[Document]:
    return [{"setting": one.name, "value": one.value, "from": one.origin} for one in explained]


_KINDS: Mapping[str, Callable[[ProjectDefinition, str], Document]] = {
    "source": _source,
    "actor": _actor,
    "route": _route,
}
