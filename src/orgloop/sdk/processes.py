"""Run a program in a process group of its own, with bounded output, and end it for certain."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any, cast

from attrs import define, field, frozen
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.error import ConnectionDone, ProcessExitedAlready, ProcessTerminated
from twisted.internet.interfaces import IDelayedCall, IReactorProcess, IReactorTime
from twisted.internet.protocol import ProcessProtocol
from twisted.python.failure import Failure

from orgloop.errors import PluginError
from orgloop.sdk.processgroups import (
    end_process_group,
    process_is,
    signal_group,
    start_of,
    terminate_group,
)

__all__ = [
    "CannotRun",
    "Finished",
    "RunCancelled",
    "child_environment",
    "end_process_group",
    "process_is",
    "run",
    "start_of",
]

_GO, _TROUBLE = 3, 4

# `spawnProcess` leaves a child in our own process group, so the program is started by this shim. It
# makes a session of its own; waits for a byte that says its PID is written down (at end-of-file the
# runtime died before that, and nothing may begin); undoes what Python did to the process (ignored
# signals, LC_CTYPE); and changes directory, because without a directory Twisted uses posix_spawn,
# cheaper than fork and safe beside threads. `_signal` and not `signal`: half the start-up time.
_SHIM = f"""
import _signal, os, sys
os.setsid()
if not os.read({_GO}, 1): os._exit(0)
os.close({_GO})
os.set_inheritable({_TROUBLE}, False)
for number in _signal.SIGPIPE, _signal.SIGXFSZ: _signal.signal(number, _signal.SIG_DFL)
os.environ.pop("LC_CTYPE", None)
if sys.argv[2]: os.environ["LC_CTYPE"] = sys.argv[2]
trouble = b"d"
try:
    os.chdir(sys.argv[1])
    trouble = b"x"
    os.execvp(sys.argv[3], sys.argv[3:])
except OSError as error:
    os.write({_TROUBLE}, trouble + str(error.errno).encode())
os._exit(127)
"""

# Once the program itself has ended, what it wrote is in the pipes already; a grandchild that
# inherited them may keep them open for ever. They are closed after this many silent ticks, or after
# so many altogether. Ticks and not a delay: between two of them the reactor has read the pipes.
_TICK_SECONDS = 0.1
_SILENT_TICKS = 3
_MOST_TICKS = 50


class CannotRun(PluginError):
    """The program did not even begin: it or its directory is missing, or it may not be run."""


@frozen
class Finished:
    """How a program ended. Exactly one of ``exit_code`` and ``signal`` is given."""

    exit_code: int | None
    signal: int | None
    stdout: bytes = field(repr=False)
    """The first ``max_output_bytes`` of it."""
    stderr_tail: bytes = field(repr=False)
    """The last ``max_stderr_bytes`` of it."""
    timed_out: bool = False
    """It was ended because it took too long."""
    overflowed: bool = False
    """It wrote more than ``max_output_bytes`` to standard output."""

    @property
    def exit_status(self) -> int:
        """The exit code as a shell gives it: 128 and the signal's number for a death by signal."""
        return self.exit_code if self.exit_code is not None else 128 + (self.signal or 0)


class RunCancelled(CancelledError):
    """The call was cancelled while the program ran; ``finished`` is how the program ended then."""

    def __init__(self, finished: Finished) -> None:
        super().__init__("the run was cancelled")
        self.finished = finished


def child_environment(environ: Mapping[str, str], **extra: str) -> dict[str, str]:
    """Return what a child inherits: ``environ`` less everything ``ORGLOOP_*``, and ``extra``."""
    inherited = {name: value for name, value in environ.items() if not name.startswith("ORGLOOP_")}
    return {**inherited, **extra}


async def run(
    processes: IReactorProcess,
    clock: IReactorTime,
    argv: Sequence[str],
    *,
    cwd: str | os.PathLike[str],
    env: Mapping[str, str],
    stdin: bytes = b"",
    timeout_seconds: float | None = None,
    max_output_bytes: int = 10_000_000,
    max_stderr_bytes: int = 8_192,
    end_on_overflow: bool = False,
    on_started: Callable[[int, str], Awaitable[None]] | None = None,
    kill_grace_seconds: float = 5.0,
) -> Finished:
    """Run ``argv`` and return how it ended and what it said.

    ``argv[0]`` without a slash is looked up in the ``PATH`` of ``env``, with one it is relative to
    ``cwd``. ``on_started(pid, start_of(pid))`` is awaited before the program does anything; if it
    fails, the program never begins. After ``timeout_seconds`` its whole process group gets SIGTERM,
    ``kill_grace_seconds`` later SIGKILL; the same when the call is cancelled, before
    `RunCancelled` (or `CancelledError`, if the program had not begun) comes out. With
    ``end_on_overflow`` too much output ends the group as well, otherwise the rest is read and
    thrown away. Raises `CannotRun`.
    """
    child = _Child(clock, max_output_bytes, max_stderr_bytes, end_on_overflow)
    command = [sys.executable, "-IS", "-c", _SHIM, os.fspath(cwd), env.get("LC_CTYPE", ""), *argv]
    pipes = {0: "w", 1: "r", 2: "r", _GO: "w", _TROUBLE: "r"}
    try:
        spawned = processes.spawnProcess(child, sys.executable, command, dict(env), childFDs=pipes)
    except (OSError, ValueError, TypeError) as error:
        raise CannotRun(f"cannot run {argv[0]!r}: {error}") from error
    pid = cast(int, cast(Any, spawned).pid)
    try:
        if on_started is not None:
            await on_started(pid, start_of(pid))
        child.begin(stdin)
    except BaseException:
        await child.end(pid, kill_grace_seconds)
        raise
    try:
        timed_out = await child.finished_within(timeout_seconds)
    except CancelledError as cancelled:
        await child.end(pid, kill_grace_seconds)
        raise RunCancelled(child.result()) from cancelled
    if timed_out or child.must_end:
        await child.end(pid, kill_grace_seconds)
    if child.trouble:
        raise CannotRun(_why_not(bytes(child.trouble), argv[0], cwd))
    return child.result(timed_out=timed_out)


def _why_not(trouble: bytes, program: str, cwd: str | os.PathLike[str]) -> str:
    number = int(trouble[1:])
    if trouble[:1] == b"d":
        return f"cannot run {program!r} in {os.fspath(cwd)}: {os.strerror(number)}"
    hint = {
        errno.ENOENT: "install it, put it on PATH, or give its path",
        errno.EACCES: "make it executable (chmod +x)",
        errno.ENOEXEC: "give it a first line such as #!/bin/sh",
    }.get(number, "")
    return f"cannot run {program!r}: {os.strerror(number)}" + (f"; {hint}" if hint else "")


@define(eq=False)
class _Child(ProcessProtocol):
    """One running program, as the reactor tells us of it."""

    _clock: IReactorTime
    _max_output: int
    _max_stderr: int
    _end_on_overflow: bool
    trouble: bytearray = field(factory=bytearray)
    must_end: bool = False
    _stdout: bytearray = field(factory=bytearray)
    _stderr: bytearray = field(factory=bytearray)
    _overflowed: bool = False
    _waiting: Deferred[None] | None = None
    _ended: Failure | None = None
    _gone: Deferred[None] = field(factory=Deferred)
    _tick: IDelayedCall | None = None
    _ticks: int = 0
    _silent_ticks: int = 0

    def begin(self, stdin: bytes) -> None:
        """Let the shim go on to the program, and give that its standard input."""
        assert self.transport is not None
        self.transport.writeToChild(_GO, b"!")
        self.transport.closeChildFD(_GO)
        if stdin:
            self.transport.write(stdin)
        self.transport.closeStdin()

    async def finished_within(self, seconds: float | None) -> bool:
        """Wait for the end, or for too much output; say whether it took longer than ``seconds``."""
        if self._ended is not None or self.must_end:
            return False
        waiting = self._waiting = Deferred()
        call = None if seconds is None else self._clock.callLater(seconds, self._wake)
        try:
            await waiting
        finally:
            self._waiting = None
            if call is not None and call.active():
                call.cancel()
        return self._ended is None and not self.must_end

    async def end(self, pid: int, kill_grace_seconds: float) -> None:
        """End the whole group and let go of the pipes."""
        assert self.transport is not None
        if self._ended is None and not signal_group(pid, 0):
            self._kill_shim()
        await terminate_group(pid, self._clock, kill_grace_seconds=kill_grace_seconds)
        if self._ended is None:
            self._close_pipes()
            await self._gone

    def result(self, *, timed_out: bool = False) -> Finished:
        assert self._ended is not None
        status = self._ended.value
        code, number = 0, None
        if isinstance(status, ProcessTerminated):
            code, number = status.exitCode, status.signal
        return Finished(
            None if number else code,
            number,
            bytes(self._stdout),
            bytes(self._stderr),
            timed_out,
            self._overflowed,
        )

    # --- ProcessProtocol

    def childDataReceived(self, childFD: int, data: bytes) -> None:
        self._silent_ticks = 0
        if childFD == _TROUBLE:
            self.trouble += data
        elif childFD == 2:
            self._stderr += data
            if len(self._stderr) > 2 * self._max_stderr:
                del self._stderr[: -self._max_stderr]
        else:
            self._keep_output(data)

    def processExited(self, reason: Failure) -> None:
        self._tick = self._clock.callLater(_TICK_SECONDS, self._drain)

    def processEnded(self, reason: Failure) -> None:
        if self._tick is not None and self._tick.active():
            self._tick.cancel()
        del self._stderr[: -self._max_stderr]
        self._ended = reason
        self._gone.callback(None)
        self._wake()

    # ---

    def _keep_output(self, data: bytes) -> None:
        room = self._max_output - len(self._stdout)
        self._stdout += data[:room]
        if len(data) > room:
            self._overflowed = True
            if self._end_on_overflow:
                self.must_end = True
                self._wake()

    def _wake(self) -> None:
        waiting, self._waiting = self._waiting, None
        if waiting is not None:
            waiting.callback(None)

    def _drain(self) -> None:
        self._ticks += 1
        self._silent_ticks += 1
        if self._silent_ticks > _SILENT_TICKS or self._ticks > _MOST_TICKS:
            self._close_pipes()
        else:
            self._tick = self._clock.callLater(_TICK_SECONDS, self._drain)

    def _kill_shim(self) -> None:
        """End a shim that has not made its session yet; it has begun nothing."""
        assert self.transport is not None
        with suppress(ProcessExitedAlready):
            self.transport.signalProcess("KILL")

    def _close_pipes(self) -> None:
        # Not `closeChildFD`: that first waits until everything is written, which may be never.
        pipes = cast(Any, self.transport).pipes
        for pipe in list(pipes.values()):
            pipe.connectionLost(Failure(ConnectionDone()))
