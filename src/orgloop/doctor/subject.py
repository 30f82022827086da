"""The project that is looked at, as far as it could be read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from attrs import field, frozen

from orgloop.config.load import Loaded
from orgloop.config.model import Component, ProjectDefinition
from orgloop.config.problems import Problem, ProjectInvalid
from orgloop.config.variables import VariableUse
from orgloop.doctor.patience import Blocked, interrupted_after
from orgloop.plugin import Kind

_READING_SECONDS = 20.0  # a very large project takes two


@frozen(kw_only=True)
class Subject:
    """What is known of a project, valid or not."""

    file: Path | None = None
    definition: ProjectDefinition | None = None
    """`None` if there is no project, or if it is invalid."""
    problems: tuple[Problem, ...] = field(default=(), repr=False)
    variables: tuple[VariableUse, ...] = field(default=(), repr=False)

    @classmethod
    def read(
        cls, file: Path, load: Callable[[], Loaded], *, limit_seconds: float = _READING_SECONDS
    ) -> Subject:
        """Return what ``load`` finds; a plugin that blocks while it is imported is interrupted."""
        try:
            with interrupted_after(limit_seconds):
                loaded = load()
        except ProjectInvalid as error:
            return cls(file=file, problems=error.problems, variables=error.variables)
        except Blocked:
            return cls(file=file, problems=(_too_slow(limit_seconds),))
        return cls(
            file=file,
            definition=loaded.project,
            problems=loaded.problems,
            variables=loaded.variables,
        )


def _too_slow(seconds: float) -> Problem:
    return Problem(
        place=None,
        what=f"reading the project and importing its plugins took longer than {seconds:g} s",
        remedy="See what a plugin waits for while it is imported.",
    )


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
