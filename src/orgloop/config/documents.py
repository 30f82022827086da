"""What may stand in each kind of file. The same classes make the checks and the JSON Schemas.

Fields of type `Node` are read later, when the plugin whose options they are is known.
"""

from __future__ import annotations

import re
from typing import Any, Literal

from attrs import frozen

from orgloop.config.model import (
    CircuitSettings,
    Defaults,
    DeliverySettings,
    HTTPSettings,
    Match,
    OnError,
    SupervisorSettings,
)
from orgloop.config.nodes import Node
from orgloop.config.readers import Shown
from orgloop.durations import Duration
from orgloop.errors import InvalidValue
from orgloop.options import option

API_VERSION = "orgloop/v1alpha1"
KINDS = ("Project", "ConnectorGroup", "RouteGroup", "TransformGroup", "LoggerGroup")

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_MAX_NAME_BYTES = 200
_NAME_SCHEMA = {"type": "string", "minLength": 1, "maxLength": _MAX_NAME_BYTES}
_FREE = {"type": ["object", "null"]}


def name_of(written: Any) -> str:
    """Check the name of a project, source, actor, route, transform or logger."""
    if not isinstance(written, str):
        raise InvalidValue("a name is text: put it in quotes")
    if not written.strip():
        raise InvalidValue("a name is not empty")
    if len(written.encode()) > _MAX_NAME_BYTES:
        raise InvalidValue(f"a name has at most {_MAX_NAME_BYTES} bytes")
    if _CONTROL.search(written):
        raise InvalidValue("a name has no control characters")
    return written


def _name(doc: str) -> Any:
    return option(doc, convert=name_of, schema=_NAME_SCHEMA)


def _list_of(doc: str, entry: str, files: str) -> Any:
    items = {"anyOf": [{"type": "string", "description": files}, {"$ref": f"#/$defs/{entry}"}]}
    return option(doc, default=(), schema={"type": ["array", "null"], "items": items})


def _entries(doc: str, entry: str) -> Any:
    items = {"$ref": f"#/$defs/{entry}"}
    return option(doc, default=(), schema={"type": ["array", "null"], "items": items})


def _free(doc: str) -> Any:
    return option(doc, default=None, schema=_FREE)


def _labels() -> Any:
    return option("Words for people and for filtering lists.", factory=dict, schema=_FREE)


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
class Poll:
    """How a source is polled."""

    interval: Duration | None = option(
        "How often; `defaults.poll_interval` if it is not written.",
        default=None,
        minimum=Duration(10),
    )
    timeout: Duration = option(
        "How long one poll may take.", default=Duration(120_000), minimum=Duration(1)
    )
    circuit_breaker: CircuitSettings = option(
        "After how many failed polls in a row (5) it is left alone, and for how long (60s).",
        default=CircuitSettings(),
    )


@frozen(kw_only=True)
class Source:
    """Something that reports events."""

    id: str = _name("What routes call it; no other source or actor has the same.")
    connector: str = option("The plugin: `github`, or a file of the project (`./jira.py`).")
    description: Shown = option("For people.", default=Shown())
    labels: dict[str, Any] = _labels()
    config: Node | None = _free("The plugin's own options.")
    poll: Poll = option("How it is polled.", default=Poll())
    emits: tuple[str, ...] = option("The types of its events; documentation.", default=())


@frozen(kw_only=True)
class Actor:
    """Something that is woken with events."""

    id: str = _name("What routes call it; no other source or actor has the same.")
    connector: str = option("The plugin: `webhook`, or a file of the project (`./jira.py`).")
    description: Shown = option("For people.", default=Shown())
    labels: dict[str, Any] = _labels()
    config: Node | None = _free("The plugin's own options.")
    delivery: DeliverySettings = option("How deliveries reach it.", default=DeliverySettings())


@frozen(kw_only=True)
class Transform:
    """A step that changes or drops events; used by routes through its name."""

    name: str = _name("What routes call it (`ref`).")
    type: Literal["package", "script"] | None = option(
        "A plugin or a program; clear from `package` or `script` if it is not written.",
        default=None,
    )
    package: str | None = option("The plugin: `filter`, or a file of the project.", default=None)
    script: str | None = option("The program: a path, beside this file.", default=None)
    description: Shown = option("For people.", default=Shown())
    config: Node | None = _free("The plugin's own options.")
    timeout_ms: int | None = option(
        "How long a program may take for one event, in milliseconds (30000).",
        default=None,
        minimum=1,
    )
    on_error: OnError = option("What becomes of an event when the step fails.", default="pass")


@frozen(kw_only=True)
class Logger:
    """Something that writes down what happens."""

    name: str = _name("What people call it.")
    type: str = option("The plugin: `console`, `file`, or a file of the project.")
    description: Shown = option("For people.", default=Shown())
    config: Node | None = _free("The plugin's own options.")


@frozen(kw_only=True)
class TransformUse:
    """One step of a route."""

    ref: str = option("The transform's name.")
    config: Node | None = _free("Options that replace those of the definition, for this route.")
    on_error: OnError | None = option(
        "Replaces the definition's `on_error`, for this route.", default=None
    )


@frozen(kw_only=True)
class Then:
    """Where a route's events go."""

    actor: str = option("The actor's id.")
    config: Node | None = _free(
        "What the actor gets besides the event; strings may hold `{{dot.path}}`."
    )
    delivery: DeliverySettings = option(
        "How this route's deliveries reach the actor.", default=DeliverySettings()
    )


@frozen(kw_only=True)
class With:
    """What an actor gets to work with."""

    prompt_file: str | None = option(
        "A Markdown file: beside this file, else in the project.", default=None
    )


@frozen(kw_only=True)
class Route:
    """Which events wake which actor, and with what."""

    name: str = _name("What people call it; no other route has the same.")
    description: Shown = option("For people.", default=Shown())
    when: Match = option("The events it is for.")
    transforms: tuple[TransformUse, ...] = option("Its steps, in order.", default=())
    then: Then = option("Where they go.")
    with_: With = option("What the actor gets to work with.", key="with", default=With())


@frozen(kw_only=True)
class Metadata:
    """What a project says of itself."""

    name: str = _name("The project's name; it means the same on every machine.")
    description: Shown = option("For people.", default=Shown())
    labels: dict[str, Any] = _labels()


@frozen(kw_only=True)
class DefaultsBlock(Defaults):
    """The ``defaults`` block as older projects write it."""

    checkpoint: Any = option(
        "", default=None, ignored="Checkpoints are kept under data/checkpoints in the home."
    )


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
    metadata: Node | None = _free("For people.")


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
}
"""What documents refer to by name: read one by one, and parts of their schemas."""
