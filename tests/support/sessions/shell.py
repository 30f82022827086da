"""A shell that goes on from command to command, as a reader's does."""

from __future__ import annotations

import os
import re
import select
import signal
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from uuid import uuid4

LIMIT_SECONDS = 60.0
"""Far longer than any command of the documentation takes."""


class Shell:
    """Bash with one pipe for all that it prints, in a process group of its own."""

    def __init__(self, directory: Path, environ: Mapping[str, str]) -> None:
        self._script = directory.parent / "command.sh"
        self._process = subprocess.Popen(
            ["bash", "--norc", "--noprofile"],
            cwd=directory,
            env=dict(environ),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def run(self, command: str) -> tuple[list[str], int]:
        """Return the lines that a command prints, and its exit status."""
        assert self._process.stdin is not None
        self._script.write_text(command + "\n", "utf-8")
        mark = uuid4().hex
        line = f". '{self._script}' </dev/null; printf '\\n{mark} %s\\n' $?\n"
        self._process.stdin.write(line.encode())
        self._process.stdin.flush()
        printed, status = self._read_until(mark, command)
        return printed.removesuffix("\n").splitlines(), status

    def begin(self, command: str, output: Path) -> None:
        """Run a command in another terminal, as it were; what it says goes into a file."""
        self.run(f"( {command} >>'{output}' 2>&1 & )")

    def _read_until(self, mark: str, command: str) -> tuple[str, int]:
        assert self._process.stdout is not None
        deadline, read = time.monotonic() + LIMIT_SECONDS, b""
        while (end := re.search(rf"\n{mark} (\d+)\n".encode(), read)) is None:
            ready, _, _ = select.select([self._process.stdout], [], [], deadline - time.monotonic())
            chunk = os.read(self._process.stdout.fileno(), 65536) if ready else b""
            if not chunk:
                said = read.decode("utf-8", "replace")
                raise AssertionError(f"no end of {command!r}, which has said:\n{said}")
            read += chunk
        return read[: end.start()].decode("utf-8", "replace"), int(end[1])

    def close(self) -> None:
        """End it, and what it has left in the background."""
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            assert stream is not None
            stream.close()
