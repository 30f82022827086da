"""Start the process of a runtime, with what it inherits from its supervisor."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from attrs import define, field

from orgloop.daemon.launch import CHANNEL_FD, LOCK_FD, runtime_command
from orgloop.daemon.log.places import is_journal
from orgloop.daemon.supervisor.backoff import Restarts
from orgloop.daemon.supervisor.child import RuntimeProcess
from orgloop.daemon.supervisor.output import InFile, PassedOn
from orgloop.daemon.supervisor.reading import Reader
from orgloop.daemon.supervisor.roles import IFollower
from orgloop.daemon.telling.channel import Channel
from orgloop.storage.home import Home
from orgloop.storage.lock import HomeLock

_STDIN, _STDOUT, _STDERR = range(3)
_JOURNAL = "JOURNAL_STREAM"
_FORCE = "--force"


@define(eq=False, kw_only=True)
class Spawning:
    """Start runtimes, one after another, with the same flags."""

    reactor: Any
    home: Home
    lock: HomeLock
    flags: tuple[str, ...]
    environ: Mapping[str, str] = field(repr=False)
    show: Callable[[bytes], None] | None
    """Writes to standard error. `None` for a daemon: it and its runtimes write to one file."""
    restarts: Restarts

    def start(self, follower: IFollower, *, is_first: bool) -> RuntimeProcess:
        """Start one, and tell ``follower`` of it; raise `OSError` if that cannot be.

        Only the first one checks what it finds before it begins: what was good enough for that is
        good enough for the next.
        """
        flags = self.flags if is_first or _FORCE in self.flags else (*self.flags, _FORCE)
        command = runtime_command(self.home.root, flags, detached=self.show is None)
        with self._channel() as (channel, theirs), self._output() as (output, errors, environ):
            process = RuntimeProcess(
                follower=follower, clock=self.reactor, channel=channel, output=output
            )
            self._spawn(process, command, environ, {_STDERR: errors, CHANNEL_FD: theirs})
        reader = Reader(self.reactor, channel.fileno, process.read_channel)
        process.stop_reading = reader.stop
        reader.start()
        process.watch(self.restarts.pace)
        return process

    def _spawn(
        self,
        process: RuntimeProcess,
        command: list[str],
        environ: Mapping[str, str],
        descriptors: Mapping[int, int],
    ) -> None:
        nothing = os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
        try:
            self.reactor.spawnProcess(
                process,
                command[0],
                command,
                env=environ,
                childFDs={
                    _STDIN: nothing,
                    _STDOUT: _STDOUT,
                    LOCK_FD: self.lock.descriptor,
                    **descriptors,
                },
            )
        finally:
            os.close(nothing)

    @contextmanager
    def _channel(self) -> Iterator[tuple[Channel, int]]:
        """Yield our end and, for as long as the block lasts, the other one."""
        channel, theirs = Channel.pair()
        with theirs:
            try:
                yield channel, theirs.fileno()
            except BaseException:
                channel.close()
                raise

    @contextmanager
    def _output(self) -> Iterator[tuple[InFile | PassedOn, int, Mapping[str, str]]]:
        """Yield what keeps the runtime's standard error, where it is to write, and its environment.

        What we hand on to the journal it shall write as for the journal.
        """
        if self.show is None:
            yield InFile(self.home.daemon_stderr), _STDERR, self.environ
            return
        reading, writing = os.pipe2(os.O_CLOEXEC)
        environ = dict(self.environ)
        if is_journal(_STDERR, environ):
            pipe = os.fstat(writing)
            environ[_JOURNAL] = f"{pipe.st_dev}:{pipe.st_ino}"
        output = PassedOn(reading, self.show)
        try:
            yield output, writing, environ
        except BaseException:
            output.close()
            raise
        finally:
            os.close(writing)
        output.follow(self.reactor)
