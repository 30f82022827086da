"""What a plugin says of itself, and what it is given to work with."""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from attrs import field, frozen
from twisted.internet.interfaces import IReactorProcess, IReactorTime

from orgloop.interfaces import IActor, IHTTPClient, ILogger, ISource, ITransform
from orgloop.options import NoOptions
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
    where: str = ""
    """Where a person gets one: an address or one sentence."""


@frozen
class Setup:
    """What a person needs before the component works; for ``env``, ``doctor`` and ``init``."""

    summary: str = ""
    variables: tuple[EnvironmentVariable, ...] = ()


@frozen(kw_only=True)
class PluginContext:
    """The world as one component sees it. Everything that waits or connects comes from here."""

    project: str
    id: str
    """The source's or actor's id, the transform's or logger's name."""
    directory: Path
    """Of the YAML file that defines the component: relative paths begin here."""
    project_directory: Path
    home: Path
    clock: IReactorTime
    """Monotonic time and timers."""
    now_ms: Callable[[], int]
    """Wall clock, milliseconds since the Unix epoch."""
    processes: IReactorProcess
    http: IHTTPClient = field(repr=False)
    environ: Mapping[str, str] = field(repr=False)
    """The environment the runtime was started with: what children inherit, less ``ORGLOOP_*``."""
    run_in_thread: Callable[..., Any] = field(repr=False)
    """``run_in_thread(function, *arguments)``: a Deferred with the result of blocking work."""
    shared: Shared = field(factory=Shared, repr=False)
    """What the components of one runtime share; the same object in every context of a runtime."""
    is_daemon: bool = False
    """Whether the runtime has left its terminal: nobody reads what is written there."""


Factory = Callable[[Any, PluginContext], Any]


@frozen(kw_only=True)
class Registration:
    """One plugin: its name, what it can be, and how it is configured.

    ``source``, ``actor``, ``transform`` and ``logger`` are callables (usually the classes) that
    take ``(config, context)`` and return a provider of the interface of that name; at least one is
    given.
    ``config`` is the attrs class of its options (see `orgloop.options`), or a mapping from kind to
    class where the kinds differ.
    """

    id: str
    source: Callable[[Any, PluginContext], ISource] | None = None
    actor: Callable[[Any, PluginContext], IActor] | None = None
    transform: Callable[[Any, PluginContext], ITransform] | None = None
    logger: Callable[[Any, PluginContext], ILogger] | None = None
    config: type[Any] | Mapping[str, type[Any]] = NoOptions
    setup: Setup = Setup()
    default_timeout_seconds: float = 30.0
    """How long one delivery may take where neither route nor actor sets ``delivery.timeout``."""

    def factory(self, kind: Kind) -> Factory | None:
        """Return what builds a component of this kind, or `None` if the plugin has none."""
        found: Factory | None = getattr(self, kind.value)
        return found

    def config_class(self, kind: Kind) -> type[Any]:
        """Return the attrs class that holds the options of a component of this kind."""
        if isinstance(self.config, Mapping):
            return self.config.get(kind.value, NoOptions)
        return self.config
