"""Make the definition of a project out of ``orgloop.yaml`` and everything it names."""

from __future__ import annotations

from pathlib import Path

from orgloop.config.blocks import Metadata
from orgloop.config.checks import look_over
from orgloop.config.components import Builder
from orgloop.config.definitions import Names, actor_of, each_once, logger_of, source_of
from orgloop.config.documents import ProjectFile
from orgloop.config.files import read_document
from orgloop.config.gathering import Gathered, gather
from orgloop.config.missing import missing_variables
from orgloop.config.model import LoggerDefinition, ProjectDefinition, RouteDefinition
from orgloop.config.reading import Nothing
from orgloop.config.routes import Parties, RouteReader
from orgloop.config.settings import Settings, read_settings
from orgloop.config.structure import structure
from orgloop.config.transforms import Transforms
from orgloop.hidden import Hidden
from orgloop.identity import RUNTIME_NAME


def read_project(file: Path, builder: Builder, *, strict: bool) -> ProjectDefinition | None:
    """Read a whole project, even if its own file is wrong somewhere: everything is reported.

    What is wrong with the project is among the reading's findings; the definition is then not to be
    used, and may be `None`.
    """
    reading = builder.reading
    top = read_document(file, reading.findings, kind="Project")
    if top is None:
        return None
    document = structure(ProjectFile, top, None, reading)
    settings = read_settings(top, reading, builder.fingerprint_key)
    gathered = gather(top, reading)
    parties = _parties(gathered, settings, builder)
    loggers = _loggers(gathered, builder)
    transforms = Transforms.read(gathered.transforms, builder)
    routes = _routes(gathered, parties, transforms, builder, strict=strict)
    metadata = Metadata(name="?") if isinstance(document, Nothing) else document.metadata
    project = ProjectDefinition(
        name=metadata.name,
        file=file,
        description=metadata.description,
        defaults=settings.defaults,
        http=settings.http,
        supervisor=settings.supervisor,
        sources=parties.sources,
        actors=parties.actors,
        routes=routes,
        loggers=loggers,
        transforms=transforms.described(),
        settings=settings.described,
        missing=missing_variables(reading),
        hidden=Hidden(reading.hidden),
    )
    look_over(project, reading)
    return project


def _parties(gathered: Gathered, settings: Settings, builder: Builder) -> Parties:
    source_names = Names(builder.reading, "id", reserved=[RUNTIME_NAME])
    actor_names = source_names.beside()
    sources = each_once(
        gathered.sources,
        source_names,
        lambda one: source_of(one, builder, settings.defaults),
        lambda source: source.id,
    )
    actors = each_once(
        gathered.actors, actor_names, lambda one: actor_of(one, builder), lambda actor: actor.id
    )
    return Parties(sources, actors, frozenset(source_names.given), frozenset(actor_names.given))


def _loggers(gathered: Gathered, builder: Builder) -> dict[str, LoggerDefinition]:
    return each_once(
        gathered.loggers,
        Names(builder.reading, "name"),
        lambda one: logger_of(one, builder),
        lambda logger: logger.id,
    )


def _routes(
    gathered: Gathered,
    parties: Parties,
    transforms: Transforms,
    builder: Builder,
    *,
    strict: bool,
) -> dict[str, RouteDefinition]:
    reader = RouteReader(builder, parties, transforms, strict=strict)
    routes = each_once(
        gathered.routes, Names(builder.reading, "name"), reader.read, lambda route: route.name
    )
    transforms.check_unused()
    return routes
