"""The runtime as one Twisted service: from the fork to the last file removed."""

from __future__ import annotations

import contextlib
import gc
import os
import time
from pathlib import Path
from typing import Any

from twisted.application.service import Service
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.error import ReactorNotRunning
from twisted.logger import ILogObserver, Logger, globalLogPublisher
from twisted.python.components import Componentized

from orgloop.daemon import signals, streams
from orgloop.daemon.failures import EscapedErrors, places_of_plugins
from orgloop.daemon.heartbeat import Heartbeat
from orgloop.daemon.leaving import leave_with
from orgloop.daemon.listening import Listeners
from orgloop.daemon.prepared import Prepared, Surroundings
from orgloop.daemon.processlog import ProcessLog
from orgloop.daemon.shutdown import Shutdown, Step
from orgloop.errors import OrgLoopError
from orgloop.runtime.observers import Observers
from orgloop.runtime.runtime import Runtime
from orgloop.sdk.http import HTTPClient
from orgloop.sdk.rotating import LogFiles
from orgloop.shared import Shared
from orgloop.storage.atomic import write_atomically
from orgloop.storage.lock import LockHolder
from orgloop.times import to_iso
from orgloop.urls import http_url


class RuntimeService(Service):
    """Run one prepared project. Nothing is opened before `privilegedStartService`.

    The listener comes first, so that a port that is taken stops the start before anything else has
    begun; until the project is in place it answers health and refuses the rest for a moment.
    """

    name = "orgloop"
    _log = Logger()

    def __init__(self, prepared: Prepared, surroundings: Surroundings, reactor: Any) -> None:
        self._prepared = prepared
        self._surroundings = surroundings
        self._reactor = reactor
        self._home = prepared.home
        self._process_log = ProcessLog.of(prepared, surroundings)
        self._starting: Deferred[None] | None = None
        self._has_opened = False
        self._heartbeat: Heartbeat | None = None
        self._deadline = 0.0
        self._shutdown = Shutdown(
            steps=(
                Step("1 intake", self._stop_intake, may_be_hurried=True),
                Step("2 drain", self._drain, may_be_hurried=True),
                Step("3 loggers", self._flush_loggers, may_be_hurried=True),
                Step("4 storage", self._save),
                Step("5 listener", self._close),
            ),
            leave=self._leave,
            clock=reactor,
        )

    # --- before the reactor turns ---------------------------------------------------------------

    def setServiceParent(self, parent: Any) -> None:
        """Say where to log, unless ``twistd`` was told already."""
        super().setServiceParent(parent)
        if isinstance(parent, Componentized) and not self._surroundings.logs_elsewhere:
            parent.setComponent(ILogObserver, self._process_log.observer)

    def privilegedStartService(self) -> None:
        """Take the process over, after ``twistd`` has forked: streams, log, lock, port."""
        super().privilegedStartService()
        streams.keep_own()
        self._heed_signals()
        try:
            self._take_over()
        except OrgLoopError as error:
            self._refuse(error)

    def startService(self) -> None:
        """Bring the runtime up as soon as the reactor turns."""
        super().startService()
        self._reactor.callWhenRunning(self._begin)

    async def stopService(self) -> None:
        """Go the whole way out, however the reactor was told to stop."""
        await self._shutdown.finish("the reactor stops")
        super().stopService()

    def _take_over(self) -> None:
        if self._surroundings.is_daemon:
            files = self._home.daemon_stdout, self._home.daemon_stderr
            streams.Redirection(*files, self._reactor).begin()
        shared = Shared()
        self._process_log.open(shared.one(LogFiles, LogFiles), now_ms)
        self._sign_in()
        self.runtime = Runtime(
            home=self._home,
            reactor=self._reactor,
            environ=self._prepared.environ,
            http_client=HTTPClient(self._reactor),
            now_ms=now_ms,
            observers=Observers(self._reactor),
            shared=shared,
            is_daemon=self._surroundings.is_daemon,
            starting_point=self._prepared.starting_point,
            on_shutdown_request=self._asked_over_http,
        )
        self._listeners = Listeners(
            self._reactor, self.runtime, self._prepared.definition.http, self._home.control_token()
        )
        self.runtime.http_port = self._listeners.open()
        write_atomically(self._home.port_file, b"%d\n" % self.runtime.http_port)

    def _sign_in(self) -> None:
        """Say whose the lock is now, and where to reach it."""
        definition = self._prepared.definition
        self._prepared.lock.write(
            LockHolder(os.getpid(), to_iso(now_ms()), definition.name, definition.http.host)
        )
        # twistd made it as the umask would have it.
        with contextlib.suppress(OSError):
            Path(self._surroundings.pid_file).chmod(0o600)

    def _refuse(self, error: OrgLoopError) -> None:
        """End the start: in the foreground with the whole error, else with as much as fits."""
        self._log.error("the start failed: {error}", error=error)
        if self._surroundings.is_daemon:
            raise error
        # twistd removes its PID file only after an ordinary exception, which it shows as a
        # traceback.
        Path(self._surroundings.pid_file).unlink(missing_ok=True)
        raise SystemExit(1)

    # --- start ----------------------------------------------------------------------------------

    def _begin(self) -> None:
        definition = self._prepared.definition
        self._heed_signals()
        globalLogPublisher.addObserver(EscapedErrors(self._escaped, places_of_plugins(definition)))
        self._starting = Deferred.fromCoroutine(self._start())

    def _heed_signals(self) -> None:
        signals.install(
            self._reactor,
            stop=self._shutdown.request,
            reopen=self._reopen_logs,
            reload=self._not_reloaded,
        )

    def _not_reloaded(self) -> None:
        self._log.warn("SIGHUP: the project is not read anew; stop and start the runtime for that")

    def _reopen_logs(self) -> None:
        self._process_log.reopen()
        self.runtime.observers.reopen()

    async def _start(self) -> None:
        try:
            await self._bring_up()
        except CancelledError:
            return  # stopped before it was up
        except OrgLoopError as error:
            self._log.error("the start failed: {error}", error=error)
            self._give_up()
        except Exception:
            self._log.failure("the start failed")
            self._give_up()

    def _give_up(self) -> None:
        # Later: the way out waits for the start, which is still going on while this is called.
        self._reactor.callLater(0, self._shutdown.fail, "the start failed")

    async def _bring_up(self) -> None:
        await self.runtime.open()
        self._has_opened = True
        await self.runtime.load_project(self._prepared.definition)
        self.runtime.ready()
        self._heartbeat = Heartbeat(
            file=self._home.heartbeat,
            pid=os.getpid(),
            interval_seconds=self._prepared.definition.supervisor.heartbeat_interval.seconds,
            clock=self._reactor,
            now_ms=now_ms,
            uptime_ms=self.runtime.uptime_ms,
            run_in_thread=self.runtime.run_in_thread,
        )
        self._heartbeat.start()
        self._listeners.preload()
        # What has been loaded stays: looking for garbage in it would cost each event the more, the
        # larger the project is.
        gc.freeze()
        if self._prepared.definition.http.auth == "none":
            self._log.warn("http.auth is none: whoever can reach the port controls the runtime")
        self._log.info(
            "{project} is ready on {url}",
            project=self._prepared.definition.name,
            url=http_url(self._prepared.definition.http.host, self.runtime.http_port),
        )

    # --- stop -----------------------------------------------------------------------------------

    def _asked_over_http(self) -> None:
        self._shutdown.request("POST /control/shutdown")

    def _escaped(self, reason: str) -> None:
        self._reactor.callFromThread(self._shutdown.fail, reason)

    async def _stop_intake(self) -> None:
        self._deadline = self._reactor.seconds() + self._prepared.grace.seconds
        if self._starting is not None:
            self._starting.cancel()
            await self._starting
        if self._has_opened:
            await self.runtime.stop_intake(self._grace_left())

    async def _drain(self) -> None:
        if self._has_opened:
            await self.runtime.drain(self._grace_left())

    def _grace_left(self) -> float:
        return max(0.0, self._deadline - float(self._reactor.seconds()))

    async def _flush_loggers(self) -> None:
        if self._has_opened:
            await self.runtime.flush_loggers()

    async def _save(self) -> None:
        if self._has_opened:
            await self.runtime.save()

    async def _close(self) -> None:
        await self._listeners.close()
        self._home.port_file.unlink(missing_ok=True)
        if self._heartbeat is not None:
            await self._heartbeat.stop()

    def _leave(self, exit_code: int) -> None:
        if exit_code:
            leave_with(exit_code, self._process_log.close)
        with contextlib.suppress(ReactorNotRunning):
            self._reactor.stop()


def now_ms() -> int:
    """Return the wall clock, milliseconds since the Unix epoch."""
    return time.time_ns() // 1_000_000
