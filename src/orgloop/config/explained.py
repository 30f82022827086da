"""Show delivery settings as they are written, and say where each comes from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from attrs import fields, frozen, has

from orgloop.config.delivery import DeliverySettings, of_the_actor
from orgloop.config.effective import effective_settings
from orgloop.config.model import ProjectDefinition
from orgloop.durations import Duration
from orgloop.event import JSONObject

_RATE = "max_rate"


@frozen
class Explained:
    """One setting that holds."""

    name: str
    """Such as ``retry.max_attempts``."""
    value: Any
    """As it is written in YAML; `None` where there is none."""
    origin: str
    """``route``, ``actor``, ``default``, or the name of another route of the same actor."""


def as_written(settings: Any) -> JSONObject:
    """Return settings (an attrs class of them) as a project would write them."""
    found: JSONObject = {}
    for attribute in fields(type(settings)):
        value = getattr(settings, attribute.name)
        if has(type(value)) and not isinstance(value, Duration):
            found[attribute.name] = as_written(value)
        elif attribute.name == _RATE and value is not None:
            found[attribute.name] = rate(value)
        else:
            found[attribute.name] = str(value) if isinstance(value, Duration) else value
    return found


def explain_route(project: ProjectDefinition, name: str) -> list[Explained]:
    """Return what holds for a route; its actor is one of the project's."""
    route = project.routes[name]
    asked = {"route": route.delivery, "actor": project.actors[route.actor].delivery}
    return _explained(
        effective_settings(project).routes[name], {**asked, **_others(project, route.actor, name)}
    )


def explain_actor(project: ProjectDefinition, name: str) -> list[Explained]:
    """Return what holds for an actor, before a route has its say."""
    asked = {"actor": project.actors[name].delivery}
    return _explained(
        effective_settings(project).actors[name], {**asked, **_others(project, name, None)}
    )


def _others(
    project: ProjectDefinition, actor: str, without: str | None
) -> Mapping[str, DeliverySettings]:
    """Return what other routes ask of the actor: only that concerns one who did not ask."""
    return {
        f"route {route.name}": DeliverySettings(**of_the_actor([route.delivery]))
        for route in project.routes.values()
        if route.actor == actor and route.name != without
    }


def _explained(
    settings: DeliverySettings, asked: Mapping[str, DeliverySettings]
) -> list[Explained]:
    written = {who: dict(_flat(as_written(one))) for who, one in asked.items()}
    return [
        Explained(name, value, _origin(name, value, written))
        for name, value in _flat(as_written(settings))
    ]


def _origin(name: str, value: Any, written: Mapping[str, Mapping[str, Any]]) -> str:
    """Return who asked for a value; the values of others that were overruled are not it."""
    if value is None:
        return "default"
    found = [who for who, values in written.items() if values.get(name) == value]
    return found[0] if found else "default"


def _flat(document: JSONObject, prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in document.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield prefix + name, value


def rate(per_second: float) -> str:
    """Write a rate with the unit in which it is at least one."""
    for unit, seconds in (("s", 1), ("m", 60)):
        if per_second * seconds >= 1:
            return f"{per_second * seconds:g}/{unit}"
    return f"{per_second * 3600:g}/h"
