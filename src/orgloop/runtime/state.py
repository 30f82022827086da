"""Describe a project for the snapshot and the registry, without a value that must not be seen."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from attrs import has

from orgloop.config.explained import as_written
from orgloop.config.model import (
    ActorDefinition,
    Component,
    ProjectDefinition,
    RouteDefinition,
    SourceDefinition,
)
from orgloop.event import JSONObject


def describe(project: ProjectDefinition) -> JSONObject:
    """Return what the snapshot holds of a project; hidden values stand as keyed hashes."""
    return {
        "name": project.name,
        "file": str(project.file),
        "description": project.description,
        "settings": project.settings,
        "sources": {one.id: _source(one) for one in project.sources.values()},
        "actors": {one.id: _actor(one) for one in project.actors.values()},
        "routes": {one.name: _route(one) for one in project.routes.values()},
        "transforms": dict(project.transforms),
        "loggers": {one.id: _component(one) for one in project.loggers.values()},
    }


def _source(source: SourceDefinition) -> JSONObject:
    poll = {
        "interval": str(source.poll_interval),
        "timeout": str(source.poll_timeout),
        "failure_threshold": source.failure_threshold,
        "circuit_cooldown": str(source.circuit_cooldown),
    }
    return _component(source, poll=poll, emits=list(source.emits))


def _actor(actor: ActorDefinition) -> JSONObject:
    return _component(actor, delivery=_given(actor.delivery))


def _component(component: Component, **around: Any) -> JSONObject:
    written = {
        "connector": component.plugin,
        "description": component.description,
        "labels": dict(component.labels),
        **around,
    }
    described = {name: component.from_variables.get(name, one) for name, one in written.items()}
    if "type" in component.from_variables:
        described["connector"] = component.from_variables["type"]
    described["config"] = component.fingerprint
    if component.unavailable is not None:
        described["unavailable"] = component.unavailable
    return described


def _route(route: RouteDefinition) -> JSONObject:
    hidden = route.from_variables
    return {
        "description": hidden.get("description", route.description),
        "when": {
            "source": hidden.get("when.source", route.when.source),
            "events": hidden.get("when.events", list(route.when.events)),
            "filter": route.fingerprint["filter"],
        },
        "transforms": [
            {"ref": use.id, "on_error": use.on_error, "config": use.fingerprint}
            for use in route.transforms
        ]
        if "transforms" not in hidden
        else hidden["transforms"],
        "actor": hidden.get("then.actor", route.actor),
        "delivery": hidden.get("then.delivery", _given(route.delivery)),
        "guard": hidden.get("then.guard", _given(route.guard)),
        "config": route.fingerprint["config"],
        "prompt_file": route.fingerprint["prompt_file"],
    }


@lru_cache(1024)
def _given(settings: Any) -> JSONObject | None:
    """Return the settings that say something; `None` for a block that is not there.

    Many routes say the same.
    """
    return _without_nothing(as_written(settings)) if has(type(settings)) else None


def _without_nothing(written: Mapping[str, Any]) -> JSONObject:
    return {
        name: _without_nothing(value) if isinstance(value, dict) else value
        for name, value in written.items()
        if value is not None
    }
