"""Start the process of a runtime, with what it inherits from its supervisor."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from attrs import define, field
from twisted.internet.interfaces import IReadDescriptor
from twisted.python.failure import Failure
from zope.interface import implementer

from orgloop.daemon.channel import Channel
from orgloop.daemon.launch import CHANNEL_FD, LOCK_FD, runtime_command
from orgloop.daemon.supervisor.backoff import Restarts
from orgloop.daemon.supervisor.child import RuntimeProcess
from orgloop.daemon.supervisor.output import InFile, IOutput, PassedOn
from orgloop.daemon.supervisor.roles import IFollower
from orgloop.storage.home import Home
from orgloop.storage.lock import HomeLock

_STDERR = 2
_FORCE = "--force"


@define(eq=False, kw_only=True)
class Spawning:
    """Start runtimes, one after another, with the same flags."""

    reactor: Any
    home: Home
    lock: HomeLock
    flags: tuple[str, ...]
    environ: Mapping[str, str] = field(repr=False)
    is_daemon: bool
    """Whether the supervisor has left its terminal: then all write to the same files."""
    restarts: Restarts

    def start(self, follower: IFollower, *, is_first: bool) -> RuntimeProcess:
        """Start one, and tell ``follower`` of it; raise `OSError` if that cannot be.

        Only the first one checks what it finds before it begins: what was good enough for that is
        good enough for the next.
        """
        channel, theirs = Channel.pair()
        try:
            process = RuntimeProcess(
                follower=follower,
                clock=self.reactor,
                channel=channel,
                output=self._output(),
            )
            self._spawn(process, theirs.fileno(), is_first=is_first)
        except OSError:
            channel.close()
            raise
        finally:
            theirs.close()
        reader = _ChannelReader(process)
        process.stop_reading = lambda: self.reactor.removeReader(reader)
        self.reactor.addReader(reader)
        process.watch(self.restarts.pace)
        return process

    def _spawn(self, process: RuntimeProcess, channel: int, *, is_first: bool) -> None:
        flags = self.flags if is_first or _FORCE in self.flags else (*self.flags, _FORCE)
        command = runtime_command(self.home.root, flags, detached=self.is_daemon)
        nothing = os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
        try:
            self.reactor.spawnProcess(
                process,
                command[0],
                command,
                env=dict(self.environ),
                childFDs={
                    0: nothing,
                    1: 1,
                    _STDERR: _STDERR if self.is_daemon else "r",
                    LOCK_FD: self.lock.descriptor,
                    CHANNEL_FD: channel,
                },
            )
        finally:
            os.close(nothing)

    def _output(self) -> IOutput:
        return InFile(self.home.daemon_stderr) if self.is_daemon else PassedOn(_write_on)


def _write_on(data: bytes) -> None:
    """Write to standard error, whole, also where that is a pipe or a slow terminal."""
    try:
        while data:
            data = data[os.write(_STDERR, data) :]
    except OSError:
        return  # nobody reads any more


@implementer(IReadDescriptor)
@define(eq=False)
class _ChannelReader:
    """Have the reactor look at the channel of one process."""

    _process: RuntimeProcess

    def fileno(self) -> int:
        """See `IFileDescriptor.fileno`."""
        return self._process.channel.fileno()

    def logPrefix(self) -> str:
        """See `ILoggingContext.logPrefix`."""
        return "runtime"

    def doRead(self) -> None:
        """See `IReadDescriptor.doRead`."""
        self._process.read_channel()

    def connectionLost(self, reason: Failure) -> None:
        """See `IFileDescriptor.connectionLost`: the end of the process is told otherwise."""
