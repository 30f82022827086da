"""Who is told how a start and a stop are getting on."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import define, field, frozen
from zope.interface import Interface, implementer

MAKING_WAY = "another runtime takes its place"
"""The reason of a stop that is no end: the project goes on in the next process."""


@frozen(kw_only=True)
class ReadyRuntime:
    """A runtime whose sources, routes and actors are in place."""

    pid: int
    project: str
    url: str
    """Where its control API and its webhooks are."""
    log: str
    """The path of its application log."""
    supervisor_pid: int | None = None
    """Who restarts it, if anybody does."""
    warnings: tuple[str, ...] = ()
    """What the project and the pre-flight had to say that stopped nothing."""


class IWitness(Interface):
    """Is told what becomes of a process that starts, runs and stops.

    Called on the reactor's thread and must neither block nor raise: somebody who does not listen
    (a closed pipe, a socket that is gone) stops nothing. `failed` may come before the reactor
    turns.
    """

    def ready(runtime: ReadyRuntime) -> None:
        """Everything is in place. Called once at most."""

    def failed(exit_code: int, lines: Sequence[str]) -> None:
        """The start failed, and why; the process will end with this exit code.

        Called once at most, and never after `ready`.
        """

    def reloading() -> None:
        """Somebody asks for the project to be read anew (``SIGHUP``)."""

    def stopping(reason: str) -> None:
        """The way out has begun, and why.

        Called once; a second time if the first reason was `MAKING_WAY` and now somebody wants the
        project to stop.
        """

    async def stopped() -> None:
        """The last but one step: take back what says that the process runs."""


@implementer(IWitness)
class Unmoved:
    """Do nothing, whatever is told: what a witness starts from that heeds only some of it."""

    def ready(self, runtime: ReadyRuntime) -> None:
        """See `IWitness.ready`."""

    def failed(self, exit_code: int, lines: Sequence[str]) -> None:
        """See `IWitness.failed`."""

    def reloading(self) -> None:
        """See `IWitness.reloading`."""

    def stopping(self, reason: str) -> None:
        """See `IWitness.stopping`."""

    async def stopped(self) -> None:
        """See `IWitness.stopped`."""


@implementer(IWitness)
@define(eq=False)
class Witnesses:
    """Tell several, in order; what may be said once is said once."""

    _witnesses: list[IWitness]
    _ready: ReadyRuntime | None = field(default=None, init=False)
    _has_failed: bool = field(default=False, init=False)

    @property
    def have_heard(self) -> bool:
        """Whether they were told that the runtime is ready."""
        return self._ready is not None

    def add(self, witness: IWitness) -> None:
        """Tell this one too, before those that are there; at once, if the runtime is ready.

        Whoever waits outside comes first of all, and so hears of everything last.
        """
        self._witnesses.insert(0, witness)
        if self._ready is not None:
            witness.ready(self._ready)

    def ready(self, runtime: ReadyRuntime) -> None:
        """See `IWitness.ready`."""
        self._ready = runtime
        for witness in self._witnesses:
            witness.ready(runtime)

    def failed(self, exit_code: int, lines: Sequence[str]) -> None:
        """See `IWitness.failed`; nothing after `ready`, or a second time."""
        if self._has_failed or self._ready is not None:
            return
        self._has_failed = True
        for witness in self._witnesses:
            witness.failed(exit_code, lines)

    def reloading(self) -> None:
        """See `IWitness.reloading`."""
        for witness in self._witnesses:
            witness.reloading()

    def stopping(self, reason: str) -> None:
        """See `IWitness.stopping`."""
        for witness in self._witnesses:
            witness.stopping(reason)

    async def stopped(self) -> None:
        """See `IWitness.stopped`."""
        for witness in self._witnesses:
            await witness.stopped()
