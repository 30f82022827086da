"""Make running objects from a project's definition."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from attrs import define
from zope.interface import implementer

from orgloop.config.model import (
    Component,
    DeliverySettings,
    ProjectDefinition,
    TransformDefinition,
)
from orgloop.errors import PLUGIN_ERRORS, PluginError
from orgloop.event import Event
from orgloop.flow.debouncing import Debouncing
from orgloop.flow.route import Route, Stage
from orgloop.interfaces import IInProcessTransform, ITransform
from orgloop.plugin import Kind
from orgloop.reports import TransformContext
from orgloop.runtime.startup import start_in_time
from orgloop.runtime.surroundings import Surroundings
from orgloop.wording import words_of


@implementer(IInProcessTransform)
@define(eq=False)
class BrokenTransform:
    """Stand in for a transform that cannot be made: every event meets its error."""

    reason: str

    async def start(self) -> None:
        """See `ITransform.start`."""

    async def stop(self) -> None:
        """See `ITransform.stop`."""

    def apply(self, event: Event, context: TransformContext) -> Event | None:
        """Raise, so that the route's ``on_error`` decides."""
        raise PluginError(self.reason)


def maker(
    surroundings: Surroundings, project: ProjectDefinition, kind: Kind, component: Component
) -> Callable[[], Any] | None:
    """Return what builds an instance; `None` if the component's configuration is incomplete."""
    factory = component.registration.factory(kind)
    if component.unavailable is not None or factory is None:
        return None
    context = surroundings.context(project, component)
    return lambda: factory(component.config, context)


async def build_routes(
    surroundings: Surroundings, project: ProjectDefinition, settings: Mapping[str, DeliverySettings]
) -> dict[str, Route]:
    """Make every route of a project, with the settings that hold and its transforms, started."""
    routes = {}
    for definition in project.routes.values():
        stages = [
            await _stage(surroundings, project, position, use)
            for position, use in enumerate(definition.transforms)
        ]
        routes[definition.name] = Route(
            definition,
            settings[definition.name],
            stages,
            _debouncing(project, definition.when.source),
        )
    return routes


def _debouncing(project: ProjectDefinition, source_id: str) -> Debouncing | None:
    """Return what a source says of its events, as far as its configuration is known."""
    source = project.sources.get(source_id)
    if source is None or source.registration.debounce is None or source.unavailable is not None:
        return None
    return Debouncing(source.id, source.config, source.registration.debounce)


async def _stage(
    surroundings: Surroundings,
    project: ProjectDefinition,
    position: int,
    use: TransformDefinition,
) -> Stage:
    transform: ITransform
    try:
        make = maker(surroundings, project, Kind.TRANSFORM, use)
        if make is None:
            raise PluginError(use.unavailable or f"{use.plugin} is no transform")
        transform = make()
        await start_in_time(transform, surroundings.clock)
    except PLUGIN_ERRORS as error:
        transform = BrokenTransform(f"transform {use.id} cannot start: {words_of(error)}")
    return Stage.of(use.id, position, use.on_error, transform)
