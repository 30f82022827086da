"""Bring a runtime up, from the first file it opens to the word that all is in place."""

from __future__ import annotations

import gc
import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from attrs import define
from twisted.internet.defer import Deferred
from twisted.logger import Logger

from orgloop.daemon.listening import Listeners
from orgloop.daemon.preflight import services_in_trouble
from orgloop.daemon.prepared import Prepared
from orgloop.daemon.surroundings import Surroundings
from orgloop.daemon.telling.heartbeat import Heartbeat
from orgloop.daemon.telling.witness import ReadyRuntime, Witnesses
from orgloop.daemon.wallclock import now_ms
from orgloop.daemon.wayout import WayOut
from orgloop.logentry import LogEntry
from orgloop.runtime.runtime import Runtime
from orgloop.runtime.supervision import Supervision
from orgloop.urls import http_url


@define(eq=False, kw_only=True)
class StartUp:
    """The start of a runtime that listens already; it may be cancelled at any time."""

    _logger = Logger()

    prepared: Prepared
    surroundings: Surroundings
    supervision: Supervision | None
    reactor: Any
    runtime: Runtime
    listeners: Listeners
    way_out: WayOut
    """Is told of the runtime as soon as there is something to save."""
    witnesses: Witnesses
    log: Path
    """The application log."""

    async def run(self) -> None:
        """Open, load, and tell everybody; raises what keeps it from that."""
        services = Deferred.fromCoroutine(self._services_in_trouble())
        await self.runtime.run_in_thread(self.listeners.read_page)
        await self.runtime.open()
        self.way_out.runtime = self.runtime
        await self.runtime.load_project(self.prepared.definition)
        # Before the word is out: whoever hears that all is in place may look for it at once.
        if self.supervision is None or self.supervision.is_gone:
            await self.prove_alive().write()
            with suppress(OSError):  # it tells of the past
                self.prepared.home.crash_record.unlink(missing_ok=True)
        self.runtime.ready()
        self.listeners.preload()
        self.listeners.admit()
        # What has been loaded stays: looking for garbage in it would cost each event the more, the
        # larger the project is.
        gc.freeze()
        self._say_ready(await services)

    def prove_alive(self) -> Heartbeat:
        """Have this process write the heartbeat, for want of a supervisor that does."""
        heartbeat = Heartbeat(
            file=self.prepared.home.heartbeat,
            pid=os.getpid(),
            interval_seconds=self.prepared.definition.supervisor.heartbeat_interval.seconds,
            clock=self.reactor,
            now_ms=now_ms,
            uptime_ms=self.runtime.uptime_ms,
            run_in_thread=self.runtime.run_in_thread,
            restarts=0 if self.supervision is None else self.supervision.restarts,
        )
        self.witnesses.add(heartbeat)
        return heartbeat

    async def _services_in_trouble(self) -> tuple[str, ...]:
        if self.surroundings.is_forced:
            return ()
        http = self.runtime.http_client
        return await services_in_trouble(self.prepared, self.reactor, http, now_ms)

    def _say_ready(self, troubles: Sequence[str]) -> None:
        http = self.prepared.definition.http
        runtime = ReadyRuntime(
            pid=os.getpid(),
            project=self.prepared.definition.name,
            url=http_url(http.host, self.runtime.http_port),
            log=str(self.log),
            warnings=(*self.surroundings.warnings, *(f"warning: {one}" for one in troubles)),
        )
        for trouble in troubles:
            self._logger.warn("{trouble}", trouble=trouble)
        if http.auth == "none":
            self._logger.warn("http.auth is none: whoever can reach the port controls the runtime")
        self.runtime.observe(LogEntry(phase="system.start", timestamp=now_ms()))
        self._logger.info("{project} is ready on {url}", project=runtime.project, url=runtime.url)
        self.witnesses.ready(runtime)
