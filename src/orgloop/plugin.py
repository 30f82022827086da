"""What a plugin says of itself, and what it is given to work with."""

from __future__ import annotations

import enum
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, TypeVar

from attrs import field, frozen
from twisted.internet.interfaces import IReactorProcess, IReactorTime

from orgloop.event import Event, EventDraft
from orgloop.interfaces import IActor, IBlockingLogger, IHTTPClient, ILogger, ISource, ITransform
from orgloop.options import NoOptions
from orgloop.reports import Debounced
from orgloop.shared import Shared


class Kind(enum.StrEnum):
    """What a plugin can be."""

    SOURCE = "source"
    ACTOR = "actor"
    TRANSFORM = "transform"
    LOGGER = "logger"


@frozen
class EnvironmentVariable:
    """A variable that a component usually reads its credential from."""

    name: str
    description: str
    """What it is, as part of a sentence: in lower case and without a full stop."""
    where: str = ""
    """Where a person gets one: an address or one sentence."""
    is_optional: bool = False
    """Whether the component does something useful without it."""


@frozen
class Setup:
    """What a person needs before the component works; for ``env``, ``doctor`` and ``init``."""

    summary: str = ""
    variables: tuple[EnvironmentVariable, ...] = ()


@frozen(kw_only=True)
class Finding:
    """What a plugin's check found out about something that a component depends on."""

    about: Literal["service", "credential"] = "service"
    """``service`` for everything that is no credential: a host, a program, a directory."""
    name: str = ""
    """Which one it is, if the component depends on several."""
    status: Literal["ok", "degraded", "error"] = "ok"
    """``error`` stops a start; what may be over in an hour is ``degraded``."""
    message: str
    """One sentence without its full stop. Never holds a secret."""
    fix: str = ""
    """What to do about it."""


@frozen(kw_only=True)
class ComponentContext:
    """The world as one component sees it while nothing runs: names and places."""

    project: str
    id: str
    """The source's or actor's id, the transform's or logger's name."""
    directory: Path
    """Of the YAML file that defines the component: relative paths begin here."""
    project_directory: Path
    home: Path
    environ: Mapping[str, str] = field(repr=False)
    """The environment the runtime was started with: what children inherit, less ``ORGLOOP_*``."""
    is_exposed: bool = False
    """Whether the port that takes webhooks can be reached from beyond this machine."""
    written_as: str = ""
    """What the project calls the plugin, as in ``@orgloop/connector-cron``."""


@frozen(kw_only=True)
class PluginContext(ComponentContext):
    """The world as a running component sees it. All that waits or connects comes from here."""

    clock: IReactorTime
    """Monotonic time and timers."""
    now_ms: Callable[[], int]
    """Wall clock, milliseconds since the Unix epoch."""
    processes: IReactorProcess
    http: IHTTPClient = field(repr=False)
    run_in_thread: Callable[..., Any] = field(repr=False)
    """``run_in_thread(function, *arguments)``: a Deferred with the result of blocking work."""
    shared: Shared = field(factory=Shared, repr=False)
    """What the components of one runtime share; the same object in every context of a runtime."""
    is_daemon: bool = False
    """Whether the runtime has left its terminal: nobody reads what is written there."""


Factory = Callable[[Any, PluginContext], Any]
Check = Callable[[Any, PluginContext], Awaitable[Iterable[Finding]]]
LocalCheck = Callable[[Any, ComponentContext], Iterable[Finding]]
Debounce = Callable[[Any, Event], Debounced | None]
Samples = Callable[[Any, PluginContext], Awaitable[Sequence[EventDraft]]]
T = TypeVar("T")


@frozen(kw_only=True)
class Registration:
    """One plugin: its name, what it can be, and how it is configured.

    ``source``, ``actor``, ``transform`` and ``logger`` are callables (usually the classes) that
    take ``(config, context)`` and return a provider of the interface of that name; at least one is
    given.
    ``config`` is the attrs class of its options (see `orgloop.options`), or a mapping from kind to
    class where the kinds differ.

    ``check`` and ``local_check`` are for ``orgloop doctor`` and for the start; each takes
    ``(config, context)`` and returns findings, or is a mapping from kind to such a callable.
    ``check`` is ``async`` and may use the network: it tries the service and the credential without
    changing anything there. All checks together have three seconds, and none of their findings is
    worse than ``degraded``.
    ``local_check`` is called before the process may fork: it looks at configuration, files and
    programs, and returns at once.

    ``debounce`` is for a source whose events follow each other closely while a thing is being
    finished. It takes ``(config, event)`` and says which events wait until it is quiet, on routes
    that neither debounce nor batch themselves. It returns at once, looks at nothing else, and says
    the same of the same event: it is asked again after a crash.

    ``route_options`` names what an actor reads of a route's ``then.config``: a key that is not
    among them has no effect, and is pointed at where the project is read. Without it nothing is
    known of those keys, and nothing said.

    ``samples`` is for ``orgloop test --generate``, of a source: an ``async`` callable that takes
    ``(config, context)`` and returns events like those that the source reports, the one to be shown
    first in front. It makes them as the source does, out of what the platform would say, and asks
    nobody. ``config`` is `None` where the project's does not say enough. An event is chosen by its
    ``provenance.platform_event``.
    """

    id: str
    source: Callable[[Any, PluginContext], ISource] | None = None
    actor: Callable[[Any, PluginContext], IActor] | None = None
    transform: Callable[[Any, PluginContext], ITransform] | None = None
    logger: Callable[[Any, PluginContext], ILogger | IBlockingLogger] | None = None
    config: type[Any] | Mapping[str, type[Any]] = NoOptions
    setup: Setup = Setup()
    default_timeout_seconds: float = 30.0
    """How long one delivery may take where neither route nor actor sets ``delivery.timeout``."""
    check: Check | Mapping[str, Check] | None = None
    local_check: LocalCheck | Mapping[str, LocalCheck] | None = None
    debounce: Debounce | None = None
    route_options: Collection[str] | None = None
    samples: Samples | None = None

    def factory(self, kind: Kind) -> Factory | None:
        """Return what builds a component of this kind, or `None` if the plugin has none."""
        found: Factory | None = getattr(self, kind.value)
        return found

    def config_class(self, kind: Kind) -> type[Any]:
        """Return the attrs class that holds the options of a component of this kind."""
        if isinstance(self.config, Mapping):
            return self.config.get(kind.value, NoOptions)
        return self.config

    def check_of(self, kind: Kind) -> Check | None:
        """Return what tries the service of a component of this kind."""
        return _of_kind(self.check, kind)

    def local_check_of(self, kind: Kind) -> LocalCheck | None:
        """Return what looks at the surroundings of a component of this kind."""
        return _of_kind(self.local_check, kind)


def _of_kind(given: T | Mapping[str, T] | None, kind: Kind) -> T | None:
    return given.get(kind.value) if isinstance(given, Mapping) else given
