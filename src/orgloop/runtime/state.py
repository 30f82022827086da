"""Describe a project for the snapshot and the registry, without a value that must not be seen."""

from __future__ import annotations

from typing import Any

from orgloop.config.model import Component, ProjectDefinition, RouteDefinition
from orgloop.event import JSONObject


def describe(project: ProjectDefinition) -> JSONObject:
    """Return what the snapshot holds of a project; hidden values stand as keyed hashes."""
    return {
        "name": project.name,
        "file": str(project.file),
        "description": project.description,
        "sources": {one.id: _component(one) for one in project.sources.values()},
        "actors": {one.id: _component(one) for one in project.actors.values()},
        "routes": {one.name: _route(one) for one in project.routes.values()},
        "loggers": {one.id: _component(one) for one in project.loggers.values()},
    }


def _component(component: Component) -> JSONObject:
    described: JSONObject = {"connector": component.plugin, "config": component.fingerprint}
    if component.unavailable is not None:
        described["unavailable"] = component.unavailable
    return described


def _route(route: RouteDefinition) -> JSONObject:
    described: dict[str, Any] = {
        "when": {
            "source": route.when.source,
            "events": list(route.when.events),
            "filter": route.fingerprint["filter"],
        },
        "transforms": [
            {"ref": use.id, "on_error": use.on_error, "config": use.fingerprint}
            for use in route.transforms
        ],
        "actor": route.actor,
        "config": route.fingerprint["config"],
        "prompt_file": route.fingerprint["prompt_file"],
    }
    return described
