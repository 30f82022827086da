"""The project that is looked at, as far as it could be read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from attrs import field, frozen

from orgloop.config.model import Component, ProjectDefinition
from orgloop.config.problems import Problem
from orgloop.config.variables import VariableUse
from orgloop.plugin import Kind


@frozen(kw_only=True)
class Subject:
    """What is known of a project, valid or not."""

    file: Path | None = None
    definition: ProjectDefinition | None = None
    """`None` if there is no project, or if it is invalid."""
    problems: tuple[Problem, ...] = field(default=(), repr=False)
    variables: tuple[VariableUse, ...] = field(default=(), repr=False)


def components(definition: ProjectDefinition) -> Iterator[tuple[Kind, Component]]:
    """Yield every component of a project, each transform once."""
    for source in definition.sources.values():
        yield Kind.SOURCE, source
    for actor in definition.actors.values():
        yield Kind.ACTOR, actor
    uses = (use for route in definition.routes.values() for use in route.transforms)
    for use in {use.id: use for use in uses}.values():
        yield Kind.TRANSFORM, use
    for logger in definition.loggers.values():
        yield Kind.LOGGER, logger
