"""A project and its home, run in each of the ways there are, and what becomes of the processes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from enum import StrEnum
from pathlib import Path
from typing import Any

from attrs import frozen

from support import census
from support.process import RuntimeProcess
from support.waiting import LIMIT_SECONDS, until, until_gone

# Its one actor says no until the file `open` is there, and then writes down what it got: what was
# accepted waits as long as a test wants, over any number of runtimes.
PROJECT = """\
apiVersion: orgloop/v1alpha1
kind: Project
metadata: {name: matrix}
sources:
  - {id: hook, connector: webhook}
actors:
  - id: gate
    connector: command
    config:
      command: [sh, -c, "test -e open && echo $ORGLOOP_EVENT_ID >> delivered"]
      emit_stopped: false
    delivery:
      retry: {max_attempts: 10000, initial_delay: 100ms, max_delay: 100ms}
      circuit_breaker: {failure_threshold: 10000, cooldown: 100ms}
routes:
  - {name: all, when: {source: hook}, then: {actor: gate}}
"""


class Mode(StrEnum):
    """How a runtime is started."""

    FOREGROUND = "foreground"
    DAEMON = "daemon"
    SUPERVISED = "supervised"
    SUPERVISED_IN_FOREGROUND = "supervised-in-foreground"

    @property
    def flags(self) -> list[str]:
        """What ``orgloop start`` is given for it."""
        return ["--daemon"] * self.is_daemon + ["--supervised"] * self.is_supervised

    @property
    def is_daemon(self) -> bool:
        """Whether the command returns when the runtime is ready."""
        return self in (Mode.DAEMON, Mode.SUPERVISED)

    @property
    def is_supervised(self) -> bool:
        """Whether there is somebody who starts it again."""
        return self in (Mode.SUPERVISED, Mode.SUPERVISED_IN_FOREGROUND)


@frozen
class Ended:
    """How a command ended, and what it said."""

    status: int
    said: str


class Installation:
    """A project and a home of its own below one directory, started in one mode.

    The processes are found by what the home says of them, and counted by the directory they name.
    """

    def __init__(
        self,
        place: Path,
        mode: Mode,
        program: Sequence[str] = (sys.executable, "-m", "orgloop"),
        **environ: str,
    ) -> None:
        self.place, self.mode, self.program = place, mode, program
        self.project, self.home = place / "project", place / "home"
        self.project.mkdir(parents=True)
        self.file = self.project / "orgloop.yaml"
        self.file.write_text(PROJECT, "utf-8")
        self.environ = {
            **{name: value for name, value in os.environ.items() if name[:8] != "ORGLOOP_"},
            "ORGLOOP_HOME": str(self.home),
            "ORGLOOP_PORT": "0",
            **environ,
        }
        self.ports: list[int] = []
        """Where it has listened."""
        self.foreground: subprocess.Popen[bytes] | None = None
        """The process of the command, if it is one that stays."""
        self._output = place / "output"

    # --- commands

    def begin(self, *flags: str) -> subprocess.Popen[bytes]:
        """Call ``orgloop start`` and do not wait; what it says goes into a file."""
        if self.foreground is not None:
            self.await_end()
        started = self.call(self._output, *flags)
        if not self.mode.is_daemon:
            self.foreground = started
        return started

    def call(self, output: Path, *flags: str) -> subprocess.Popen[bytes]:
        """Call ``orgloop start``, and have all that it says in a file."""
        with output.open("wb") as opened:
            return subprocess.Popen(
                self.command("start", *self.mode.flags, *flags),
                cwd=self.project,
                env=self.environ,
                stdin=subprocess.DEVNULL,
                stdout=opened,
                stderr=opened,
            )

    def start(self, *flags: str) -> Ended | None:
        """Start it; return once it is ready, `None` where the command stays, or has failed."""
        command = self.begin(*flags)
        if self.mode.is_daemon:
            ended = Ended(command.wait(LIMIT_SECONDS), self.said)
        else:
            until(lambda: command.poll() is not None or " is ready on " in self.said, "a start")
            ended = None if command.poll() is None else Ended(command.wait(), self.said)
        if ended is None or ended.status == 0:
            self.port  # noqa: B018  # remembered, for the count of what is left
        return ended

    def started(self, *flags: str) -> Installation:
        """Start it, which must succeed."""
        ended = self.start(*flags)
        assert ended is None or ended.status == 0, ended
        return self

    def run(self, *arguments: str, **environ: str) -> Ended:
        """Run a command of ``orgloop`` to its end."""
        done = subprocess.run(
            self.command(*arguments),
            cwd=self.project,
            env={**self.environ, **environ},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            timeout=LIMIT_SECONDS,
            check=False,
        )
        return Ended(done.returncode, done.stdout)

    def command(self, *arguments: str) -> list[str]:
        return [*self.program, *arguments]

    @property
    def said(self) -> str:
        """What the last start has said so far."""
        return self._output.read_text("utf-8")

    # --- processes

    @property
    def holder(self) -> dict[str, Any]:
        """What the lock says."""
        content: dict[str, Any] = json.loads((self.home / "orgloop.lock").read_bytes())
        return content

    @property
    def runtime(self) -> int:
        """The PID of the runtime."""
        return int(self.holder["pid"])

    @property
    def supervisor(self) -> int:
        """The PID of the supervisor."""
        return int(self.holder["supervisor"])

    @property
    def port(self) -> int:
        """Where it listens."""
        port = int((self.home / "runtime.port").read_text())
        if port not in self.ports:
            self.ports.append(port)
        return port

    def await_another(self, than: int) -> int:
        """Return the PID of the runtime that has taken the place of ``than``, when it is ready."""

        def another() -> int | None:
            pid = self.holder["pid"]
            return pid if pid not in (None, than) and self.is_ready else None

        return until(another, f"a runtime after process {than}")

    def await_end(self) -> int:
        """Return the exit status of the command that stayed."""
        assert self.foreground is not None
        return self.foreground.wait(LIMIT_SECONDS)

    def await_nobody(self) -> census.Census:
        """Return what is left when no process has the home any more."""
        if self.foreground is not None:
            self.await_end()
        until(lambda: not census.processes_of(self.place), "the processes to end")
        # The kernel takes the files of a process that has ended away a little later.
        until(lambda: not self.left().lock_is_held, "the lock to be free")
        return self.left()

    def end(self) -> census.Census:
        """End it by a signal, which is quicker than a command; return what is left."""
        os.kill(self.runtime, signal.SIGTERM)
        return self.await_nobody()

    def left(self) -> census.Census:
        """Count what there is now."""
        return census.census(self.place, self.home, self.ports[-1] if self.ports else None)

    def clear(self) -> None:
        """Kill all that has to do with it."""
        while found := census.processes_of(self.place):
            for pid in found:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            if self.foreground is not None:
                self.foreground.poll()
            for pid in found:
                until_gone(pid)
        if self.foreground is not None:
            self.foreground.wait()

    @property
    def is_ready(self) -> bool:
        """Whether it answers that it is."""
        return self.client.request("GET", "/health/ready")[0] == 200

    # --- events

    @property
    def client(self) -> RuntimeProcess:
        """Who speaks HTTP to it."""
        return RuntimeProcess(self.project, self.home)

    def accept(self, count: int = 3) -> set[str]:
        """Send events; return the ids of what was accepted, which is all."""
        accepted = set()
        for number in range(count):
            status, body = self.client.request("POST", "/webhook/hook", b'{"n": %d}' % number)
            assert status == 200, body
            accepted.add(json.loads(body)["event_id"])
        return accepted

    def let_through(self) -> None:
        """Have the actor take what it gets from now on."""
        (self.project / "open").touch()

    def await_delivered(self, events: set[str]) -> Sequence[str]:
        """Return what the actor was given, once these are among it."""
        until(lambda: events <= set(self._delivered()), "the deliveries")
        return self._delivered()

    def _delivered(self) -> list[str]:
        return (self.project / "delivered").read_text().split()
