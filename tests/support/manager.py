"""What systemd is to a service: a socket to be told, sockets that listen, and a start."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from threading import Event, Thread

from attrs import define, field

from support.waiting import LIMIT_SECONDS

# Puts the sockets at 3, 4, … and becomes the program, as systemd does between fork and exec.
_EXEC = """
import os, sys
count = int(sys.argv[1])
high = [os.dup2(int(one), 200 + at) for at, one in enumerate(sys.argv[2:2 + count])]
for at, descriptor in enumerate(high):
    os.dup2(descriptor, 3 + at)
    os.close(descriptor)
os.environ["LISTEN_PID"] = os.environ["SYSTEMD_EXEC_PID"] = str(os.getpid())
program = sys.argv[2 + count:]
os.execv(program[0], program)
"""


@define(eq=False)
class ServiceManager:
    """Starts ``orgloop start`` on one project and home, again and again on the same sockets."""

    project: Path
    home: Path
    environ: dict[str, str] = field(factory=dict)
    sockets: dict[str, socket.socket] = field(factory=dict)
    """By the name under which they are handed over."""
    process: subprocess.Popen[bytes] | None = None
    _ears: socket.socket = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._ears = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._ears.bind(str(self._address))
        self._ears.settimeout(LIMIT_SECONDS)

    @property
    def _address(self) -> Path:
        return self.project.parent / "notify"

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    def listen(self, name: str, host: str = "127.0.0.1") -> int:
        """Listen for the service; return the port."""
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.sockets[name] = socket.create_server((host, 0), family=family, backlog=512)
        return int(self.sockets[name].getsockname()[1])

    def start(self, *flags: str, hears: bool = True) -> None:
        """Start the service and do not wait."""
        handed = [str(one.fileno()) for one in self.sockets.values()]
        listening = {
            "LISTEN_FDS": str(len(handed)),
            "LISTEN_FDNAMES": ":".join(self.sockets),
        }
        notify = {"NOTIFY_SOCKET": str(self._address), "INVOCATION_ID": "0" * 32}
        command = [sys.executable, "-c", _EXEC, str(len(handed)), *handed]
        program = [sys.executable, "-m", "orgloop", "-c", str(self.project), "start", *flags]
        with (self.project.parent / "output").open("ab") as output:
            self.process = subprocess.Popen(
                command + program,
                env={
                    **os.environ,
                    "ORGLOOP_HOME": str(self.home),
                    "ORGLOOP_PORT": "0",
                    **(notify if hears else {}),
                    **(listening if handed else {}),
                    **self.environ,
                },
                pass_fds=[one.fileno() for one in self.sockets.values()],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )

    def start_and_wait(self, *flags: str) -> Mapping[str, str]:
        """Start the service; return what it says when it is ready."""
        self.start(*flags)
        return self.hear_until("READY")

    def restart(self) -> None:
        """Stop the service, start it again, and wait until it is ready."""
        self.stop()
        self.start_and_wait()

    def hear(self) -> dict[str, str]:
        """Return the next message."""
        lines = self._ears.recv(65536).decode().splitlines()
        return dict(line.split("=", 1) for line in lines)

    def hear_until(self, name: str) -> dict[str, str]:
        """Return the next message that has ``name``."""
        while name not in (message := self.hear()):
            continue
        return message

    def hear_no_more(self, name: str, seconds: float) -> None:
        """Return when nothing at all has been said for so long; fail if ``name`` goes on."""
        deadline = time.monotonic() + LIMIT_SECONDS / 2
        self._ears.settimeout(seconds)
        with contextlib.suppress(TimeoutError):
            while time.monotonic() < deadline:
                self.hear()
            raise AssertionError(f"{name} is said again and again")
        self._ears.settimeout(LIMIT_SECONDS)

    def stop(self) -> int:
        """Ask the service to end; return its exit status."""
        self.send(signal.SIGTERM)
        return self.wait()

    def send(self, number: int) -> None:
        os.kill(self.pid, number)

    def wait(self) -> int:
        """Wait for the end; return the exit status."""
        assert self.process is not None
        return self.process.wait()

    @property
    def output(self) -> str:
        """What the services have written to their output."""
        return (self.project.parent / "output").read_text("utf-8")

    def close(self) -> None:
        """End what is left."""
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        for one in (self._ears, *self.sockets.values()):
            one.close()


@contextlib.contextmanager
def calling(call: Callable[[], None]) -> Iterator[list[Exception]]:
    """Make calls in a thread, one after the other, for as long as the block lasts.

    Yields the list of what they raised.
    """
    failed: list[Exception] = []
    is_over = Event()

    def go_on() -> None:
        while not is_over.is_set():
            try:
                call()
            except Exception as error:
                failed.append(error)

    thread = Thread(target=go_on)
    thread.start()
    try:
        yield failed
    finally:
        is_over.set()
        thread.join()
