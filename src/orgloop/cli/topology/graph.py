"""What of a project is connected with what, and how it fares."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from attrs import frozen

from orgloop.cli.project import are_not_set
from orgloop.config.model import Component, ProjectDefinition, RouteDefinition

Document = dict[str, Any]
Live = Mapping[str, Mapping[str, Document]]
"""By kind (``sources``, ``routes``, ``actors``) and name: how each fares."""

_LIVE_FIELDS = {
    "sources": ("status", "reason", "events_24h", "last_event", "error_count"),
    "routes": ("fire_count", "last_fired"),
    "actors": ("status", "reason", "waiting", "open", "delivered", "dead"),
}


@frozen
class Choice:
    """Which part of it is asked for; empty is no restriction."""

    sources: Collection[str] = ()
    actors: Collection[str] = ()
    routes: Collection[str] = ()

    def has(self, route: RouteDefinition) -> bool:
        """Say whether a route is asked for."""
        return (
            (not self.sources or route.when.source in self.sources)
            and (not self.actors or route.actor in self.actors)
            and (not self.routes or route.name in self.routes)
        )

    def names(self, kind: str, name: str, connected: Collection[str]) -> bool:
        """Say whether a source or actor is shown: named, connected with a route, or all are."""
        own = self.sources if kind == "sources" else self.actors
        if not (self.sources or self.actors or self.routes):
            return True
        return name in own or name in connected

    def unknown(self, project: ProjectDefinition) -> list[str]:
        """Return what is asked for and not there, each with its kind."""
        asked = (
            ("source", self.sources, {*project.sources, *project.actors}),
            ("actor", self.actors, project.actors),
            ("route", self.routes, project.routes),
        )
        return [
            f"{kind} {name!r}"
            for kind, names, there in asked
            for name in names
            if name not in there
        ]


def topology(
    project: ProjectDefinition,
    choice: Choice,
    missing: Mapping[str | None, Sequence[str]],
    live: Live | None,
) -> Document:
    """Return a project as a JSON object; how it fares is in it if ``live`` says so.

    ``missing`` are the variables that components (``source:github``) lack.
    """
    all_routes = project.routes.values()
    routes = [route for route in all_routes if choice.has(route)]
    read = {route.when.source for route in all_routes}
    reached = {route.actor for route in all_routes}
    near = {route.when.source for route in routes} | {route.actor for route in routes}
    sources = [one for one in project.sources.values() if choice.names("sources", one.id, near)]
    actors = [one for one in project.actors.values() if choice.names("actors", one.id, near)]
    return {
        "version": 1,
        "project": project.name,
        "file": str(project.file),
        "running": live is not None,
        "sources": [
            _component("sources", one, one.id in read, missing.get(f"source:{one.id}"), live)
            for one in sources
        ],
        "routes": [_route(project, one, live) for one in routes],
        "actors": [
            _component("actors", one, one.id in reached, missing.get(f"actor:{one.id}"), live)
            for one in actors
        ],
        "warnings": [
            *_unconnected("source", "no route reads it", sources, read),
            *_unconnected("actor", "no route reaches it", actors, reached),
        ],
    }


def _component(
    kind: str,
    component: Component,
    connected: bool,
    missing: Sequence[str] | None,
    live: Live | None,
) -> Document:
    fares = _live(kind, component.id, live)
    lacks = are_not_set(missing) if missing else component.unavailable
    # A runtime knows better: it has an environment, too.
    return {
        "id": component.id,
        "connector": component.plugin,
        "description": component.description,
        "connected": connected,
        "unavailable": None if fares else lacks,
        **fares,
    }


def _route(project: ProjectDefinition, route: RouteDefinition, live: Live | None) -> Document:
    return {
        "name": route.name,
        "description": route.description,
        "source": route.when.source,
        "source_kind": "source" if route.when.source in project.sources else "actor",
        "events": list(route.when.events),
        "filter": route.shown["filter"],
        "transforms": [{"ref": use.id, "on_error": use.on_error} for use in route.transforms],
        "actor": route.actor,
        "prompt_file": route.shown["prompt_file"],
        "guard": None if route.guard is None else str(route.guard.action),
        "inbox": route.inbox is not None,
        "loop": route.when.source not in project.sources,
        **_live("routes", route.name, live),
    }


def _live(kind: str, name: str, live: Live | None) -> Document:
    found = {} if live is None else live.get(kind, {}).get(name, {})
    return {field: found.get(field) for field in _LIVE_FIELDS[kind]} if found else {}


def _unconnected(
    kind: str, why: str, components: Iterable[Component], connected: Collection[str]
) -> list[Document]:
    return [
        {"kind": kind, "name": one.id, "message": f"{kind} {one.id}: {why}"}
        for one in components
        if one.id not in connected
    ]
