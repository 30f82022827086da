"""The typed definition of a project: what its YAML says, checked and resolved.

A definition is a value; the objects that run are made from it by the runtime. ``None`` in a delivery
setting means that the route, actor or default behind it decides (`DeliverySettings.merged`).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from attrs import evolve, field, fields, frozen

from orgloop.durations import Duration
from orgloop.event import JSONObject
from orgloop.logentry import Level
from orgloop.plugin import Registration

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


# --- delivery settings --------------------------------------------------------------------------


@frozen(kw_only=True)
class RetrySettings:
    max_attempts: int | None = None
    backoff: Literal["fixed", "linear", "exponential"] | None = None
    initial_delay: Duration | None = None
    max_delay: Duration | None = None
    jitter: Literal["full", "none"] | None = None


@frozen(kw_only=True)
class CircuitSettings:
    failure_threshold: int | None = None
    cooldown: Duration | None = None


@frozen(kw_only=True)
class DebounceSettings:
    quiet: Duration
    max: Duration


@frozen(kw_only=True)
class BatchSettings:
    max: int
    every: Duration


@frozen(kw_only=True)
class DeliverySettings:
    """The ``delivery`` block of an actor or a route."""

    concurrency: int | None = None
    timeout: Duration | None = None
    retry: RetrySettings = RetrySettings()
    circuit_breaker: CircuitSettings = CircuitSettings()
    max_rate: float | None = None
    """Deliveries per second."""
    queue_depth: int | None = None
    order_by: str | None = None
    debounce: DebounceSettings | None = None
    batch: BatchSettings | None = None
    expect_stop: Duration | None = None


# --- components ---------------------------------------------------------------------------------


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
    unavailable: str | None = None
    """Why it starts degraded: a variable is missing. Names variables, never values."""
    shown: JSONObject = field(factory=dict, repr=False)
    """The config as it may be shown: secrets and values from variables read ``***``."""
    fingerprint: JSONObject = field(factory=dict, repr=False)
    """Like ``shown``, with a keyed hash where a value is hidden: a change can be seen in it."""

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

    source: str
    events: tuple[str, ...]
    filter: Mapping[str, Any] = field(factory=dict)
    """Dot path to exact value; all must hold."""


@frozen(kw_only=True)
class RouteDefinition:
    name: str
    when: Match
    actor: str
    place: Place
    description: str = ""
    transforms: tuple[TransformDefinition, ...] = ()
    config: JSONObject = field(factory=dict)
    """``then.config``, templates not yet filled."""
    delivery: DeliverySettings = DeliverySettings()
    prompt_file: str | None = None
    """As the project writes it."""
    prompt_path: Path | None = None
    """Where it was found; `None` when it is missing."""


@frozen(kw_only=True)
class LoopLimits:
    warn_depth: int = 3
    max_depth: int = 5


@frozen(kw_only=True)
class Defaults:
    poll_interval: Duration = Duration(300_000)
    event_retention: Duration = Duration(7 * 86_400_000)
    log_level: Level = "info"
    loop: LoopLimits = LoopLimits()


@frozen(kw_only=True)
class WebhookListener:
    host: str = "127.0.0.1"
    port: int


@frozen(kw_only=True)
class HTTPSettings:
    host: str = "127.0.0.1"
    port: int = 4800
    auth: Literal["token", "none"] = "token"
    allowed_hosts: tuple[str, ...] = ()
    trusted_proxies: tuple[str, ...] = ()
    max_body: int = 25_000_000
    """Bytes."""
    webhooks: WebhookListener | None = None


@frozen(kw_only=True)
class SupervisorSettings:
    heartbeat_interval: Duration = Duration(30_000)
    backoff_initial: Duration = Duration(1_000)
    backoff_max: Duration = Duration(30_000)
    max_restarts: int = 10
    window: Duration = Duration(300_000)


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
    missing: tuple[MissingVariable, ...] = ()
    """Variables without a value that do not stop the start."""

    @property
    def directory(self) -> Path:
        return self.file.parent


def _overlaid(base: Any, over: Any) -> Any:
    given = {
        attribute.name: value
        for attribute in fields(type(over))
        if (value := getattr(over, attribute.name)) is not None
    }
    return evolve(base, **given)


def effective(route: DeliverySettings, actor: DeliverySettings) -> DeliverySettings:
    """Return the route's settings, else the actor's; what belongs to the actor is the strictest."""
    merged = _overlaid(actor, route)
    return evolve(
        merged,
        retry=_overlaid(actor.retry, route.retry),
        circuit_breaker=_overlaid(actor.circuit_breaker, route.circuit_breaker),
        concurrency=_strictest(route.concurrency, actor.concurrency),
        queue_depth=_strictest(route.queue_depth, actor.queue_depth),
    )


def _strictest(one: int | None, other: int | None) -> int | None:
    return min((value for value in (one, other) if value is not None), default=None)
