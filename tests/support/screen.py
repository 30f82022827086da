"""A terminal that a test looks at: the command line in a real pseudo-terminal, drawn by pyte."""

from __future__ import annotations

import fcntl
import os
import signal
import struct
import subprocess
import sys
import termios
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pyte


class Screen:
    """``orgloop …`` on a terminal of a size; what it wrote, and what is to be seen of it.

    Another ``program``, such as a shell, can stand in its place.
    """

    def __init__(
        self,
        *arguments: str,
        environ: Mapping[str, str],
        cwd: Path,
        columns: int = 80,
        rows: int = 40,
        program: Sequence[str] = (sys.executable, "-m", "orgloop"),
    ) -> None:
        self.written = b""
        self._screen = pyte.HistoryScreen(columns, rows, history=10_000, ratio=1)
        self._stream = pyte.ByteStream(self._screen)
        self._ours, theirs = os.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self._process = subprocess.Popen(
            [*program, *arguments],
            cwd=cwd,
            env={"PATH": os.environ["PATH"], "TERM": "xterm-256color", "TZ": "UTC", **environ},
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )
        os.close(theirs)

    @property
    def lines(self) -> list[str]:
        """What is to be seen, from the top, without blanks at the ends."""
        return [line.rstrip() for line in self._screen.display]

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    def until(self, condition: Callable[[], bool]) -> None:
        """Read what it writes until something is to be seen."""
        while not condition():
            assert self._read(), f"it ended before that was to be seen:\n{self.text}"

    def until_shown(self, text: str, times: int = 1) -> None:
        """Read what it writes until a text is to be seen, so often."""
        self.until(lambda: self.text.count(text) >= times)

    def type(self, text: str) -> None:
        """Press keys; ``\\x03`` is Ctrl+C."""
        os.write(self._ours, text.encode())

    def end(self) -> int:
        """Read what it still writes and return its exit code."""
        while self._read():
            pass
        os.close(self._ours)
        return self._process.wait()

    def kill(self) -> None:
        """End it, whatever it does."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGKILL)
            self.end()

    def _read(self) -> bool:
        try:
            data = os.read(self._ours, 65_536)
        except OSError:  # Linux: nobody has the other end any more
            data = b""
        self.written += data
        self._stream.feed(data)
        return bool(data)
