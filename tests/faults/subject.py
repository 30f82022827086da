"""The runtime under test: started, ended, stopped in its tracks, and kept from its disk."""

from __future__ import annotations

import contextlib
import queue
import resource
import shutil
import signal
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from attrs import define, field, frozen

from support.process import RuntimeProcess

LAUNCH = Path(__file__).with_name("launch.py")
_PAUSE_SECONDS = 0.2
_DISK_MEGABYTES = 48


@frozen
class Stretch:
    """A time in which something was so; `time.monotonic`."""

    began: float
    ended: float

    def touches(self, began: float, ended: float) -> bool:
        return self.began <= ended and began <= self.ended


class SmallDisk:
    """A file system of some megabytes that can be filled, where this user may mount one."""

    def __init__(self, place: Path) -> None:
        self.place = place
        place.mkdir(parents=True)
        size = f"size={_DISK_MEGABYTES}m"
        mount = ["mount", "-t", "tmpfs", "-o", size, "tmpfs", str(place)]
        self.is_there = shutil.which("mount") is not None and _succeeds(mount)
        self._ballast = place / "ballast"

    def fill(self) -> None:
        with contextlib.suppress(OSError), self._ballast.open("wb", buffering=0) as ballast:
            while True:
                ballast.write(b"\0" * 65536)

    def empty(self) -> None:
        self._ballast.unlink(missing_ok=True)

    def remove(self) -> None:
        if self.is_there:
            _succeeds(["umount", "-l", str(self.place)])


def _succeeds(command: list[str]) -> bool:
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


class WallClock:
    """The wall clock of the runtime: the real one and an offset."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.fast_ms = 0
        self.hurried_ms = 0
        """By how much it was set forth, in all."""
        file.write_bytes(struct.pack("q", 0))

    def step(self, milliseconds: int) -> None:
        self.fast_ms += milliseconds
        self.hurried_ms += max(0, milliseconds)
        with self.file.open("r+b") as opened:
            opened.write(struct.pack("q", self.fast_ms))


@define(eq=False)
class Subject:
    """A runtime that is brought up and down by a thread of its own, in the order asked for."""

    project: Path
    home: Path
    clock: WallClock
    mistake: str = ""
    kills: list[float] = field(factory=list)
    """When it was killed."""
    pauses: list[Stretch] = field(factory=list)
    refusals: list[Stretch] = field(factory=list)
    """When its disk refused."""
    trouble: list[str] = field(factory=list)
    """What it did that it may not do."""
    _runtime: RuntimeProcess | None = field(default=None, init=False)
    _limited: bool = field(default=False, init=False)
    _refused_since: float | None = field(default=None, init=False)
    _paused_since: float | None = field(default=None, init=False)
    _order: int = field(default=0, init=False)
    """The number of the last order: a start that is not the last thing asked for is given up."""
    _told: RuntimeProcess | None = field(default=None, init=False)
    """The process that was told to end."""
    _orders: queue.SimpleQueue[Callable[[], None] | None] = field(
        factory=queue.SimpleQueue, init=False
    )
    _thread: threading.Thread = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._thread = threading.Thread(target=self._obey, daemon=True)
        self._thread.start()

    @property
    def runtime(self) -> RuntimeProcess:
        assert self._runtime is not None
        return self._runtime

    # --- orders: done one after another

    def up(self) -> None:
        """Start it; again and again while its disk refuses."""
        self._order += 1
        self._orders.put(partial(self._start, self._order))

    def down(self, number: int) -> None:
        """End it with a signal, also while it is starting."""
        self._order += 1
        self._tell(number)
        self._orders.put(partial(self._await_end, number))

    def _tell(self, number: int) -> None:
        runtime = self._runtime
        if runtime is None or not runtime.is_running or runtime is self._told:
            return
        self._told = runtime
        if number == signal.SIGKILL:
            self.kills.append(time.monotonic())
        runtime.send(number)

    def settle(self) -> None:
        """Return when all orders are done."""
        done = threading.Event()
        self._orders.put(done.set)
        done.wait()

    def quit(self) -> None:
        """End it in any case."""
        self.go_on()
        self.down(signal.SIGKILL)
        self._orders.put(None)
        self._thread.join()

    def _obey(self) -> None:
        while (order := self._orders.get()) is not None:
            order()

    def _start(self, order: int) -> None:
        while self._order == order:
            began = time.monotonic()
            runtime = self._runtime = RuntimeProcess(
                self.project,
                self.home,
                FAULTS_CLOCK=str(self.clock.file),
                FAULTS_MISTAKE=self.mistake,
            )
            runtime.begin(sys.executable, str(LAUNCH))
            self._apply_limit()
            try:
                runtime.await_ready()
                return
            except AssertionError as error:
                runtime.wait()
                if self._order == order and not self.was_refused(began, time.monotonic()):
                    self.trouble.append(f"the runtime does not start: {error}")
                    return
                time.sleep(_PAUSE_SECONDS)

    def was_refused(self, began: float, ended: float) -> bool:
        """Say whether the disk refused at any moment of that time."""
        if self._refused_since is not None and self._refused_since <= ended:
            return True
        return any(one.touches(began, ended) for one in self.refusals)

    def _await_end(self, number: int) -> None:
        if self._runtime is None:
            return
        self._tell(number)
        was_ready = self._runtime.is_ready
        status = self._runtime.wait()
        if number == signal.SIGTERM and was_ready and status != 0:
            self.trouble.append(f"a graceful stop ended with exit code {status}")

    # --- what is done to it at once

    def pause(self) -> None:
        """Stop the process in its tracks."""
        self._paused_since = time.monotonic()
        self._send(signal.SIGSTOP)

    def go_on(self) -> None:
        self._send(signal.SIGCONT)
        if self._paused_since is not None:
            self.pauses.append(Stretch(self._paused_since, time.monotonic()))
            self._paused_since = None

    def _send(self, number: int) -> None:
        if self._runtime is not None and self._runtime.is_running:
            self._runtime.send(number)

    def refuse(self, *, limit: bool) -> None:
        """Note that the disk refuses; with ``limit`` make it so: no file may grow or be written."""
        self._refused_since = time.monotonic()
        self._limited = limit
        self._apply_limit()

    def take_again(self) -> None:
        """Note that the disk takes writes again."""
        if self._refused_since is not None:
            self._limited = False
            self._apply_limit()
            self.refusals.append(Stretch(self._refused_since, time.monotonic()))
            self._refused_since = None

    def _apply_limit(self) -> None:
        runtime = self._runtime
        if runtime is None or not runtime.is_running:
            return
        soft = 0 if self._limited else resource.RLIM_INFINITY
        with contextlib.suppress(ProcessLookupError):
            resource.prlimit(runtime.pid, resource.RLIMIT_FSIZE, (soft, resource.RLIM_INFINITY))
