"""The typed definition of a project: what its YAML says, checked and resolved.

A definition is a value; the objects that run are made from it by the runtime.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from attrs import Factory, field, frozen

from orgloop.config.delivery import (
    BatchSettings,
    CircuitSettings,
    DebounceSettings,
    DeliverySettings,
    RetrySettings,
    effective,
)
from orgloop.config.guard import GuardSettings
from orgloop.config.inbox import InboxSettings
from orgloop.config.runtime import (
    Defaults,
    HTTPSettings,
    LoopLimits,
    SupervisorSettings,
    WebhookListener,
)
from orgloop.durations import Duration
from orgloop.event import EventType, JSONObject
from orgloop.hidden import Hidden
from orgloop.options import option
from orgloop.plugin import Registration

__all__ = [
    "ActorDefinition",
    "BatchSettings",
    "CircuitSettings",
    "Component",
    "DebounceSettings",
    "Defaults",
    "DeliverySettings",
    "GuardSettings",
    "HTTPSettings",
    "InboxSettings",
    "LoggerDefinition",
    "LoopLimits",
    "Match",
    "MissingVariable",
    "OnError",
    "Place",
    "ProjectDefinition",
    "RetrySettings",
    "RouteDefinition",
    "SourceDefinition",
    "SupervisorSettings",
    "TransformDefinition",
    "WebhookListener",
    "effective",
]

OnError = Literal["pass", "drop", "halt"]


@frozen(kw_only=True)
class Place:
    """Where something stands in a project's files; line and column count from 1."""

    file: Path
    line: int
    column: int
    path: str = ""
    """In the document, as in ``routes[0].transforms[1].ref``."""

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@frozen(kw_only=True)
class MissingVariable:
    """A ``${NAME}`` without a value and without a default."""

    name: str
    place: Place
    component: str | None = None
    """``source:github``, ``actor:reviewer``, …: what starts degraded because of it."""
    description: str = ""
    where: str = ""


@frozen(kw_only=True)
class Component:
    """What every source, actor, transform and logger has."""

    id: str
    plugin: str
    """The name as written (``@orgloop/connector-github``, ``./connectors/jira.py``)."""
    registration: Registration = field(repr=False, eq=False)
    config: Any = field(repr=False)
    """An instance of the registration's config class; `None` when ``unavailable`` says why."""
    place: Place
    description: str = ""
    labels: Mapping[str, Any] = field(factory=dict)
    """For people and for filtering lists of components."""
    unavailable: str | None = None
    """Why it starts degraded: a variable is missing. Names variables, never values."""
    shown: JSONObject = field(factory=dict, repr=False)
    """The config as it may be shown: secrets and values from variables read ``***``."""
    fingerprint: JSONObject = field(factory=dict, repr=False)
    """Like ``shown``, with a keyed hash where a value is hidden: a change can be seen in it."""
    from_variables: Mapping[str, str] = field(factory=dict, repr=False)
    """Keyed hashes of what stands around the config and came from variables, by key."""

    @property
    def directory(self) -> Path:
        return self.place.file.parent


@frozen(kw_only=True)
class SourceDefinition(Component):
    poll_interval: Duration
    poll_timeout: Duration = Duration(120_000)
    failure_threshold: int = 5
    """Consecutive failed polls that open the source's circuit."""
    circuit_cooldown: Duration = Duration(60_000)
    emits: tuple[str, ...] = ()


@frozen(kw_only=True)
class ActorDefinition(Component):
    delivery: DeliverySettings = DeliverySettings()


@frozen(kw_only=True)
class TransformDefinition(Component):
    """One use of a transform by a route: the definition with the route's overrides applied.

    A script is a component of the built-in plugin ``script``.
    """

    on_error: OnError = "pass"


@frozen(kw_only=True)
class LoggerDefinition(Component):
    pass


@frozen(kw_only=True)
class Match:
    """A route's ``when``."""

    source: str = option("A source, or an actor whose events these are.")
    events: tuple[EventType, ...] = option(
        "The types of events; all of them if it is not written.",
        default=("resource.changed", "actor.stopped", "message.received"),
    )
    filter: Mapping[str, Any] = option(
        "Dot path to exact value (or a list: any of these); all must hold.", factory=dict
    )


def _as_written(route: RouteDefinition) -> JSONObject:
    """Return what a route says, for one into which no variable goes."""
    return {
        "filter": dict(route.when.filter),
        "config": route.config,
        "prompt_file": route.prompt_file,
    }


@frozen(kw_only=True)
class RouteDefinition:
    name: str
    when: Match
    actor: str
    place: Place
    description: str = ""
    transforms: tuple[TransformDefinition, ...] = ()
    config: JSONObject = field(factory=dict, repr=False)
    """``then.config``, templates not yet filled."""
    delivery: DeliverySettings = DeliverySettings()
    guard: GuardSettings | None = None
    inbox: InboxSettings | None = None
    prompt_file: str | None = None
    """As the project writes it."""
    prompt_path: Path | None = None
    """Where it was found; `None` when it is missing."""
    prompt_places: tuple[Path, ...] = ()
    """Where it may turn up if it is missing, in the order in which they are looked at."""
    shown: JSONObject = field(default=Factory(_as_written, takes_self=True), repr=False)
    """``filter``, ``config`` and ``prompt_file`` as they may be shown; see `Component.shown`."""
    fingerprint: JSONObject = field(default=Factory(_as_written, takes_self=True), repr=False)
    from_variables: Mapping[str, str] = field(factory=dict, repr=False)
    """Keyed hashes of what else came from variables, by dotted path (``then.delivery``)."""


@frozen(kw_only=True)
class ProjectDefinition:
    """A whole project, ready to be run."""

    name: str
    file: Path
    """Its ``orgloop.yaml``."""
    description: str = ""
    defaults: Defaults = Defaults()
    http: HTTPSettings = HTTPSettings()
    supervisor: SupervisorSettings = SupervisorSettings()
    sources: Mapping[str, SourceDefinition] = field(factory=dict)
    actors: Mapping[str, ActorDefinition] = field(factory=dict)
    routes: Mapping[str, RouteDefinition] = field(factory=dict)
    loggers: Mapping[str, LoggerDefinition] = field(factory=dict)
    transforms: Mapping[str, JSONObject] = field(factory=dict, repr=False)
    """How each transform is defined, for comparison; what runs are the uses by routes."""
    settings: JSONObject = field(factory=dict, repr=False)
    """``defaults``, ``http`` and ``supervisor`` as its files have them, for comparison: without
    what a flag or a variable of the start has overruled."""
    missing: tuple[MissingVariable, ...] = ()
    """Variables without a value that do not stop the start."""
    hidden: Hidden = Hidden()
    """What messages about its components must not hold."""

    @property
    def directory(self) -> Path:
        return self.file.parent
