"""Start a process that leaves the terminal, and wait until it is ready or has failed."""

from __future__ import annotations

import os
import select
import subprocess
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

from attrs import frozen

from orgloop.cli.failing import Exit
from orgloop.cli.invocation import Invocation
from orgloop.daemon.telling.report import Failed, Outcome, read_outcome
from orgloop.daemon.telling.witness import ReadyRuntime
from orgloop.errors import OrgLoopError
from orgloop.storage.home import Home
from orgloop.storage.lock import holder_of, not_started
from orgloop.storage.traces import signs_of_life

_REPORT_SECONDS = 2.0
_PAUSE_SECONDS = 0.01
_PATIENCE_SECONDS = 0.1
_LONG_PATIENCE_SECONDS = 10.0
"""For the runtime of a supervisor that was killed, which may have begun to start."""
_LAST_LINES = 20
_LAST_BYTES = 65536
_OURS = b"orgloop: "
"""How begins what the process itself says meanwhile, and not something in it."""
# What ``twistd`` makes of a daemon that was killed.
_SAYS_NOTHING = ("An error has occurred: b''", "Please look at log file for more information.")


def launch(command: Callable[[int], Sequence[str]], home: Home, invocation: Invocation) -> Outcome:
    """Run what ``command`` returns for the descriptor to report into, and return what it reports.

    After a failure it is waited for, so that nothing is left of it. An interrupt (Ctrl+C) ends only
    the wait.
    """
    errors = _Tail.of(home.daemon_stderr)
    was_free = _is_free(home)
    with _scratch() as said:
        reading, writing = os.pipe()
        try:
            try:
                process = _spawn(command(writing), writing, said)
            finally:
                os.close(writing)
            outcome = _await(reading, said, invocation)
            if isinstance(outcome, ReadyRuntime):
                process.returncode = 0  # it is about to end; one that is let go unheard complains
                return outcome
            is_ours = outcome is None and was_free
            _await_end(reading, home, _LONG_PATIENCE_SECONDS if is_ours else _PATIENCE_SECONDS)
        finally:
            os.close(reading)
        status = process.wait()
        if outcome is not None:
            return outcome
        _clear(home)
        return _without_a_word(status, [*_lines(said), *errors.lines()], home)


def _scratch() -> IO[bytes]:
    """Return a file without a name; in memory if that can be, for the disk may be full."""
    if hasattr(os, "memfd_create"):
        return os.fdopen(os.memfd_create("start"), "w+b")
    return TemporaryFile()


def _spawn(command: Sequence[str], writing: int, said: IO[bytes]) -> subprocess.Popen[bytes]:
    # In a session of its own at once: Ctrl+C while it starts is meant for the command that waits.
    return subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=said,
        pass_fds=[writing],
        start_new_session=True,
    )


def _await(reading: int, said: IO[bytes], invocation: Invocation) -> Outcome | None:
    began, heard = time.monotonic(), 0
    while not select.select([reading], [], [], _REPORT_SECONDS)[0]:
        # At a position: the place in the file is that of the process which writes to it, too.
        lines = os.pread(said.fileno(), _LAST_BYTES, heard).splitlines(keepends=True)
        heard += sum(map(len, lines))
        for line in lines:
            if line.startswith(_OURS):
                invocation.say(line.decode("utf-8", "replace").rstrip())
        if invocation.shows_progress:
            invocation.say(f"waiting for the runtime ({time.monotonic() - began:.0f}s)")
    return read_outcome(reading)


def _await_end(reading: int, home: Home, patience_seconds: float) -> None:
    """Wait until every process is gone that could write into the pipe, and has the home.

    The kernel closes what a process has in no certain order, and nobody else's lock is waited for:
    after the given time it is taken for that.
    """
    while os.read(reading, _LAST_BYTES):
        continue
    for _ in range(round(patience_seconds / _PAUSE_SECONDS)):
        if _is_free(home):
            return
        time.sleep(_PAUSE_SECONDS)


def _is_free(home: Home) -> bool:
    with suppress(OrgLoopError):
        return holder_of(home) is None
    return False


def _without_a_word(status: int, last: Sequence[str], home: Home) -> Failed:
    how = f" (signal {-status})" if status < 0 else ""
    line = (
        f"orgloop: the start ended before it could say why{how}; "
        f"see {home.application_log} and {home.daemon_stderr}"
    )
    return Failed(Exit.FAILED, (line, *last[-_LAST_LINES:]))


def _clear(home: Home) -> None:
    """Remove what a process could not that was killed; not if another has the home by now."""
    with suppress(OSError, OrgLoopError), not_started(home) as is_free:
        for file in signs_of_life(home) if is_free else ():
            file.unlink(missing_ok=True)


def _lines(file: IO[bytes]) -> list[str]:
    file.seek(0)
    lines = file.read().decode("utf-8", "replace").splitlines()
    return [line for line in lines if line not in _SAYS_NOTHING]


@frozen
class _Tail:
    """What is appended to a file from now on."""

    path: Path
    position: int

    @classmethod
    def of(cls, path: Path) -> _Tail:
        try:
            return cls(path, path.stat().st_size)
        except OSError:
            return cls(path, 0)

    def lines(self) -> list[str]:
        try:
            with self.path.open("rb") as file:
                size = file.seek(0, os.SEEK_END)
                file.seek(max(min(self.position, size), size - _LAST_BYTES))
                return file.read().decode("utf-8", "replace").splitlines()
        except OSError:
            return []
