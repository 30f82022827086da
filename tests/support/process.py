"""Run the real thing: a runtime process, a sink process, and HTTP between them and the test."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent


class RuntimeProcess:
    """``orgloop start`` on a home of its own, at a free port."""

    def __init__(self, project: Path, home: Path, **environ: str) -> None:
        self.project, self.home = project, home
        self.environ = {**os.environ, "ORGLOOP_HOME": str(home), "ORGLOOP_PORT": "0", **environ}
        self.arguments: tuple[str, ...] = ()
        """What is given to `start`."""
        self.lines: list[str] = []
        self.is_ready = False
        self.process: subprocess.Popen[str] | None = None
        self._reader: threading.Thread | None = None

    def begin(self, *python: str) -> RuntimeProcess:
        """Start it and do not wait; ``python`` is what runs the command line, and how."""
        program = python or (sys.executable, "-m", "orgloop")
        self.process = subprocess.Popen(
            [*program, "-c", str(self.project), "start", *self.arguments],
            env=self.environ,
            stderr=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stdin=subprocess.DEVNULL,
            text=True,
        )
        return self

    def start(self, *python: str) -> RuntimeProcess:
        """Start it and return when it is ready; raise with what it said if it never is."""
        return self.begin(*python).await_ready()

    def await_ready(self) -> RuntimeProcess:
        """Return when it is ready; raise with what it said if it never is."""
        assert self.process is not None
        stream = self.process.stderr
        assert stream is not None
        for line in stream:
            self.lines.append(line)
            if " is ready on " in line:
                self.is_ready = True
                self._reader = threading.Thread(target=self._drain, daemon=True)
                self._reader.start()
                return self
        raise AssertionError(f"ended with {self.process.wait()}:\n" + "".join(self.lines))

    def _drain(self) -> None:
        assert self.process is not None
        assert self.process.stderr is not None
        self.lines.extend(self.process.stderr)

    @property
    def is_running(self) -> bool:
        """Whether there is a process that has not ended."""
        return self.process is not None and self.process.poll() is None

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    @property
    def port(self) -> int:
        return int((self.home / "runtime.port").read_text())

    @property
    def token(self) -> str:
        return (self.home / "control.token").read_text().strip()

    def kill(self, number: int = signal.SIGKILL) -> int:
        """Send a signal, wait for the end, return the exit status."""
        self.send(number)
        return self.wait()

    def send(self, number: int) -> None:
        assert self.process is not None
        self.process.send_signal(number)

    def wait(self) -> int:
        assert self.process is not None
        status = self.process.wait()
        if self._reader is not None:
            self._reader.join()
        assert self.process.stderr is not None
        self.process.stderr.close()
        return status

    def stop(self) -> None:
        """End it if it still runs."""
        if self.is_running:
            self.kill(signal.SIGTERM)

    def get(self, path: str) -> Any:
        """Return what an authorised GET answers, as JSON."""
        status, body = self.request("GET", path)
        assert status == 200, body
        return json.loads(body)

    def request(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> tuple[int, bytes]:
        """Make one request with the control token."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        with contextlib.closing(connection):
            sent = {"Authorization": f"Bearer {self.token}", **(headers or {})}
            connection.request(method, path, body, sent)
            answer = connection.getresponse()
            return answer.status, answer.read()

    def cpu_seconds(self) -> float:
        """Return the CPU time used so far, by all threads."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def resident_mb(self) -> float:
        """Return the resident memory in MB."""
        pages = int(Path(f"/proc/{self.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


class SinkProcess:
    """`support/sink.py` in a process of its own."""

    def __init__(self, port: int = 0, *, keeps_bodies: bool = False) -> None:
        arguments = [str(port)] + ["--bodies"] * keeps_bodies
        self.process = subprocess.Popen(
            [sys.executable, str(HERE / "sink.py"), *arguments], stdout=subprocess.PIPE, text=True
        )
        assert self.process.stdout is not None
        self.port = int(self.process.stdout.readline())

    def wait_for(self, count: int) -> int:
        """Return how many arrived, once it is at least ``count``."""
        return int(self._get(f"/wait/{count}"))

    def arrivals(self) -> list[list[str]]:
        """Return event id, idempotency key, time in ns and body of each arrival."""
        lines = self._get("/arrivals").decode().splitlines()
        return [line.split(" ", 3) for line in lines]

    def _get(self, path: str) -> bytes:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=600)
        with contextlib.closing(connection):
            connection.request("GET", path)
            return connection.getresponse().read()

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()


@contextlib.contextmanager
def sink(port: int = 0, *, keeps_bodies: bool = False) -> Iterator[SinkProcess]:
    """A sink for as long as the block lasts."""
    running = SinkProcess(port, keeps_bodies=keeps_bodies)
    try:
        yield running
    finally:
        running.stop()
