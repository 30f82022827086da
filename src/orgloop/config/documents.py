"""What may stand in each kind of file. The same classes make the checks and the JSON Schemas."""

from __future__ import annotations

from typing import Any

from attrs import frozen

from orgloop.config.blocks import (
    Actor,
    DefaultsBlock,
    Logger,
    Metadata,
    Route,
    Source,
    Transform,
    free,
)
from orgloop.config.model import HTTPSettings, SupervisorSettings
from orgloop.config.nodes import Node
from orgloop.config.suites.blocks import (
    ExpectBlock,
    ExpectedRouteBlock,
    GivenBlock,
    TestBlock,
)
from orgloop.options import option

API_VERSION = "orgloop/v1alpha1"
KINDS = ("Project", "ConnectorGroup", "RouteGroup", "TransformGroup", "LoggerGroup", "Suite")


def _list_of(doc: str, entry: str, files: str) -> Any:
    items = {"anyOf": [{"type": "string", "description": files}, {"$ref": f"#/$defs/{entry}"}]}
    return option(doc, default=(), schema={"type": ["array", "null"], "items": items})


def _entries(doc: str, entry: str) -> Any:
    items = {"$ref": f"#/$defs/{entry}"}
    return option(doc, default=(), schema={"type": ["array", "null"], "items": items})


def _block(doc: str, entry: str) -> Any:
    return option(doc, default=None, schema={"$ref": f"#/$defs/{entry}"})


def _version() -> Any:
    return option(
        "The version of this format.",
        key="apiVersion",
        default=API_VERSION,
        schema={"const": API_VERSION},
    )


def _header(kind: str) -> Any:
    return option("The kind of this file.", default=kind, schema={"const": kind})


@frozen(kw_only=True)
class ProjectFile:
    """``orgloop.yaml``."""

    api_version: str = _version()
    kind: str = _header("Project")
    metadata: Metadata = option("What the project says of itself.")
    defaults: Node | None = _block("What holds where nothing else is said.", "Defaults")
    http: Node | None = _block("The HTTP listener.", "HTTP")
    supervisor: Node | None = _block("Heartbeat and restarts.", "Supervisor")
    connectors: tuple[Node, ...] = _list_of(
        "Files with sources and actors.", "ConnectorGroup", "A file, relative to this one."
    )
    sources: tuple[Node, ...] = _list_of("Sources.", "Source", "A file with sources.")
    actors: tuple[Node, ...] = _list_of("Actors.", "Actor", "A file with actors.")
    transforms: tuple[Node, ...] = _list_of("Transforms.", "Transform", "A file with transforms.")
    loggers: tuple[Node, ...] = _list_of("Loggers.", "Logger", "A file with loggers.")
    routes: tuple[Node, ...] = _list_of(
        "Routes, besides those in `routes/`.", "Route", "A file with routes."
    )


@frozen(kw_only=True)
class _Group:
    api_version: str = _version()
    metadata: Node | None = free("For people.")


@frozen(kw_only=True)
class ConnectorGroup(_Group):
    """A file with sources and actors."""

    kind: str = _header("ConnectorGroup")
    sources: tuple[Node, ...] = _entries("Sources.", "Source")
    actors: tuple[Node, ...] = _entries("Actors.", "Actor")


@frozen(kw_only=True)
class RouteGroup(_Group):
    """A file with routes."""

    kind: str = _header("RouteGroup")
    routes: tuple[Node, ...] = _entries("Routes.", "Route")


@frozen(kw_only=True)
class TransformGroup(_Group):
    """A file with transforms."""

    kind: str = _header("TransformGroup")
    transforms: tuple[Node, ...] = _entries("Transforms.", "Transform")


@frozen(kw_only=True)
class LoggerGroup(_Group):
    """A file with loggers."""

    kind: str = _header("LoggerGroup")
    loggers: tuple[Node, ...] = _entries("Loggers.", "Logger")


@frozen(kw_only=True)
class SuiteFile(_Group):
    """A file with tests of the project's wiring, for ``orgloop test --suite``."""

    kind: str = _header("Suite")
    tests: tuple[Node, ...] = _entries("The tests.", "Test")


@frozen(kw_only=True)
class PersonalDefaults:
    """``config.yaml`` in the home: a person's own defaults, below those of any project."""

    api_version: str | None = option("", key="apiVersion", default=None)
    kind: str | None = option("", default=None)
    defaults: Node | None = option("As in a project.", default=None)
    http: Node | None = option("As in a project.", default=None)
    supervisor: Node | None = option("As in a project.", default=None)


DOCUMENTS: dict[str, type[Any]] = {
    "Project": ProjectFile,
    "ConnectorGroup": ConnectorGroup,
    "RouteGroup": RouteGroup,
    "TransformGroup": TransformGroup,
    "LoggerGroup": LoggerGroup,
    "Suite": SuiteFile,
}
BLOCKS: dict[str, type[Any]] = {
    "Source": Source,
    "Actor": Actor,
    "Route": Route,
    "Transform": Transform,
    "Logger": Logger,
    "Defaults": DefaultsBlock,
    "HTTP": HTTPSettings,
    "Supervisor": SupervisorSettings,
    "Test": TestBlock,
    "Given": GivenBlock,
    "Expect": ExpectBlock,
    "ExpectedRoute": ExpectedRouteBlock,
}
"""What documents refer to by name: read one by one, and parts of their schemas."""
