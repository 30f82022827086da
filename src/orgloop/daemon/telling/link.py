"""The runtime's end of the channel to its supervisor."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from attrs import define, field, frozen
from twisted.internet.interfaces import IReadDescriptor
from twisted.internet.task import LoopingCall
from twisted.logger import Logger
from twisted.python.failure import Failure
from zope.interface import implementer

from orgloop.config.model import ProjectDefinition
from orgloop.daemon.telling.channel import Channel, ChannelClosed
from orgloop.daemon.telling.witness import IWitness, ReadyRuntime
from orgloop.http.listen import InheritedListener
from orgloop.runtime.supervision import Supervision

_LONGEST_BEAT_SECONDS = 1.0
_BEATS_PER_HEARTBEAT = 3


@frozen
class Begun:
    """What the supervisor said when it let the runtime begin."""

    supervision: Supervision
    manager: str | None
    """The service manager that started the supervisor, if one did."""
    listeners: Mapping[str, InheritedListener]
    """The sockets that are open already, by name."""


@implementer(IWitness, IReadDescriptor)
@define(eq=False)
class SupervisorLink:
    """Tell the supervisor how the runtime is getting on, and notice when it is gone."""

    _log = Logger()

    channel: Channel
    _reactor: Any = field(default=None, init=False)
    _beats: LoopingCall | None = field(default=None, init=False)
    _on_gone: Callable[[], None] = field(default=lambda: None, init=False)
    _on_make_way: Callable[[], None] = field(default=lambda: None, init=False)
    _is_gone: bool = field(default=False, init=False)

    # --- before the reactor turns ---------------------------------------------------------------

    def prepared(self, definition: ProjectDefinition) -> None:
        """Say that the project is valid, and how it wants to be supervised."""
        settings = definition.supervisor
        fields = {
            "project": definition.name,
            "file": str(definition.file),
            "host": definition.http.host,
            "heartbeat_ms": settings.heartbeat_interval.milliseconds,
            "backoff_initial_ms": settings.backoff_initial.milliseconds,
            "backoff_max_ms": settings.backoff_max.milliseconds,
            "max_restarts": settings.max_restarts,
            "window_ms": settings.window.milliseconds,
            "log_level": definition.defaults.log_level,
            "log_format": definition.defaults.log_format,
        }
        self.channel.send("prepared", fields)

    def wait(self) -> Begun:
        """Block until the supervisor says to begin; raise `ChannelClosed` if it never will."""
        while (message := self.channel.wait()).say != "begin":
            continue
        told = message.fields
        return Begun(
            Supervision(told["supervisor_pid"], told["restarts"], told["last_exit"]),
            told.get("manager"),
            {
                name: InheritedListener(descriptor, is_final=name in told.get("final", ()))
                for name, descriptor in message.descriptors.items()
            },
        )

    def share(self, opened: Mapping[str, int], in_use: Iterable[str]) -> None:
        """Have the supervisor keep copies of sockets, for the runtime that comes after this one.

        ``in_use`` names all that this one listens on; of others it need keep none.
        """
        self.channel.send("listeners", {"in_use": list(in_use)}, opened)

    # --- while the reactor turns ----------------------------------------------------------------

    def watch(
        self,
        reactor: Any,
        heartbeat_seconds: float,
        *,
        on_make_way: Callable[[], None],
        on_gone: Callable[[], None],
    ) -> None:
        """Begin to give signs of life, and to listen.

        ``on_make_way`` is called when another runtime is to take over, ``on_gone`` once if the
        supervisor dies.
        """
        self._reactor, self._on_make_way, self._on_gone = reactor, on_make_way, on_gone
        self._beats = LoopingCall(self.channel.beat)
        self._beats.clock = reactor
        self._beats.start(min(_LONGEST_BEAT_SECONDS, heartbeat_seconds / _BEATS_PER_HEARTBEAT))
        reactor.addReader(self)

    def fileno(self) -> int:
        """See `IFileDescriptor.fileno`."""
        return self.channel.fileno()

    def logPrefix(self) -> str:
        """See `ILoggingContext.logPrefix`."""
        return "supervisor"

    def doRead(self) -> None:
        """See `IReadDescriptor.doRead`."""
        try:
            for message in self.channel.receive():
                if message.say == "make way":
                    self._on_make_way()
        except ChannelClosed:
            self._lose()

    def connectionLost(self, reason: Failure) -> None:
        """See `IFileDescriptor.connectionLost`."""
        self._lose()

    def _lose(self) -> None:
        if not self._is_gone:
            self._is_gone = True
            self._let_go()
            self._on_gone()

    def _let_go(self) -> None:
        if self._beats is not None and self._beats.running:
            self._beats.stop()
            self._reactor.removeReader(self)

    # --- as a witness ---------------------------------------------------------------------------

    def ready(self, runtime: ReadyRuntime) -> None:
        """See `IWitness.ready`."""
        fields = {
            "pid": runtime.pid,
            "project": runtime.project,
            "url": runtime.url,
            "log": runtime.log,
            "port": urlsplit(runtime.url).port,
            "warnings": list(runtime.warnings),
        }
        self.channel.send("ready", fields)

    def failed(self, exit_code: int, lines: Sequence[str]) -> None:
        """See `IWitness.failed`."""
        self.channel.send("failed", {"exit_code": exit_code, "lines": list(lines)})

    def reloading(self) -> None:
        """See `IWitness.reloading`."""

    def stopping(self, reason: str) -> None:
        """See `IWitness.stopping`."""
        self.channel.send("stopping", {"reason": reason})

    async def stopped(self) -> None:
        """See `IWitness.stopped`: the end of the process closes the channel, not this."""
        self._let_go()
