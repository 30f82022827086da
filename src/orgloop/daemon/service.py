"""The runtime as one Twisted service: from the fork to the last file removed."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

from twisted.application.service import Service
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.error import ReactorNotRunning
from twisted.logger import ILogObserver, Logger
from twisted.python.components import Componentized

from orgloop.daemon.heeding import Heeding
from orgloop.daemon.leaving import LastWords, leave_with
from orgloop.daemon.listening import Listeners
from orgloop.daemon.log import streams
from orgloop.daemon.log.processlog import ProcessLog
from orgloop.daemon.managers.activation import activated
from orgloop.daemon.managers.orphans import collect_orphans
from orgloop.daemon.managers.vitality import notifier_of
from orgloop.daemon.mishaps.dump import Dump
from orgloop.daemon.mishaps.errorwatch import ErrorWatch
from orgloop.daemon.mishaps.force import EndByForce
from orgloop.daemon.mishaps.turning import TurningWatch
from orgloop.daemon.prepared import Prepared
from orgloop.daemon.shutdown import Shutdown
from orgloop.daemon.startup import StartUp
from orgloop.daemon.step import Step
from orgloop.daemon.succession.handover import Handover
from orgloop.daemon.succession.turn import Turn, await_turn
from orgloop.daemon.surroundings import Surroundings
from orgloop.daemon.telling.channel import ChannelClosed
from orgloop.daemon.telling.tenancy import Tenancy
from orgloop.daemon.telling.witness import Witnesses
from orgloop.daemon.wallclock import now_ms
from orgloop.daemon.wayout import WayOut
from orgloop.errors import OrgLoopError
from orgloop.logentry import LogEntry
from orgloop.runtime.observers import Observers
from orgloop.runtime.runtime import Runtime
from orgloop.runtime.supervision import Supervision
from orgloop.sdk.http import HTTPClient
from orgloop.sdk.rotating import LogFiles
from orgloop.shared import Shared
from orgloop.storage.atomic import write_atomically

_FAILED = 1
_LONGEST_WAIT_SECONDS = 10.0
"""How long connections wait for a runtime that starts; then they are told to come back later."""


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
        self._has_home = False
        self._process_log = ProcessLog.of(prepared, surroundings)
        self._witnesses = Witnesses(surroundings.inherited.witnesses())
        self._way_out = WayOut(reactor, prepared.grace.seconds)
        self._shutdown = Shutdown(
            steps=(*self._way_out.steps(), Step("5 listener", self._close)),
            leave=self._leave,
            clock=reactor,
            on_begin=self._leaving,
        )
        files = self._signs_of_life
        self._watch = TurningWatch(reactor, EndByForce(self._shutdown, self._process_log, files))
        self._signals = Heeding(
            reactor=reactor,
            shutdown=self._shutdown,
            watch=self._watch,
            witnesses=self._witnesses,
            process_log=self._process_log,
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
        self._process_log.open_terminal()
        try:
            turn = await_turn(self._prepared, self._surroundings)
            # Not sooner: a signal ends a process that waits for its turn.
            self._signals.heed()
            self._take_over(turn)
            self._surroundings.heir.take(self._home.root)
        except ChannelClosed:
            raise SystemExit(_FAILED) from None  # nobody is left who would let it begin
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

    def _take_over(self, turn: Turn) -> None:
        self._turn = turn
        self._has_home = True
        self._prepared = activated(self._prepared, turn.listeners)
        if self._surroundings.is_daemon:
            files = self._home.daemon_stdout, self._home.daemon_stderr
            self._signals.redirection = streams.Redirection(*files, self._reactor)
            self._signals.redirection.begin()
        shared = Shared()
        self._process_log.open(shared.one(LogFiles, LogFiles), now_ms)
        self._tenancy = Tenancy(self._prepared, self._surroundings, turn, now_ms)
        self._tenancy.sign_in(self._witnesses)
        self.runtime = Runtime(
            home=self._home,
            reactor=self._reactor,
            environ=self._prepared.environ,
            http_client=HTTPClient(self._reactor),
            now_ms=now_ms,
            observers=Observers(self._reactor),
            shared=shared,
            is_daemon=self._surroundings.is_daemon,
            supervision=turn.supervision,
            starting_point=self._prepared.starting_point,
            on_shutdown_request=self._asked_over_http,
        )
        notifier = notifier_of(self.runtime, self._surroundings.systemd, self._reactor)
        if notifier is not None:
            notifier.starting()
            self._witnesses.add(notifier)
        self._listeners = Listeners(
            self._reactor, self.runtime, self._prepared.definition.http, self._home.control_token()
        )
        self._errors = ErrorWatch(self._reactor, self.runtime, self._shutdown)
        self._signals.observers = self.runtime.observers
        self._signals.dump = Dump(self._reactor, self.runtime, self._listeners)
        if turn.is_activated:
            self._way_out.stand_aside = self._listeners.stand_aside
        self.runtime.http_port = self._listeners.open(turn.listeners)
        write_atomically(self._home.port_file, b"%d\n" % self.runtime.http_port)
        link = self._surroundings.inherited.link
        if link is not None:
            link.share(self._listeners.opened_here, self._listeners.descriptors)
        self._handover = Handover(
            self._home, self._reactor, self._listeners, self._shutdown.make_way, turn.supervision
        )
        self._witnesses.add(self._handover)

    def _refuse(self, error: OrgLoopError) -> None:
        """End the start before the reactor has turned."""
        self._log.error("the start failed: {error}", error=error)
        self._witnesses.failed(_FAILED, [f"orgloop: {error}"])
        if self._has_home:
            with contextlib.suppress(OSError):
                self._home.port_file.unlink(missing_ok=True)
        if self._surroundings.is_daemon and self._surroundings.inherited.link is None:
            # The process that twistd forked from waits for an ordinary exception, and would wait
            # for ever for anything else.
            raise error
        if self._surroundings.pid_file:
            # twistd removes it only after an ordinary exception, which it shows as a traceback.
            Path(self._surroundings.pid_file).unlink(missing_ok=True)
        raise SystemExit(_FAILED)

    # --- start ----------------------------------------------------------------------------------

    def _begin(self) -> None:
        definition = self._prepared.definition
        self._signals.heed()
        collect_orphans(self._reactor)
        self._errors.begin(definition)
        if (link := self._surroundings.inherited.link) is not None:
            interval = definition.supervisor.heartbeat_interval.seconds
            link.watch(
                self._reactor,
                interval,
                on_make_way=self._handover.make_way,
                on_gone=self._carry_on_alone,
            )
        self._reactor.callLater(_LONGEST_WAIT_SECONDS, self._listeners.admit)
        self._start_up = StartUp(
            prepared=self._prepared,
            surroundings=self._surroundings,
            supervision=self._turn.supervision,
            reactor=self._reactor,
            runtime=self.runtime,
            listeners=self._listeners,
            way_out=self._way_out,
            witnesses=self._witnesses,
            log=self._process_log.path,
        )
        self._way_out.starting = Deferred.fromCoroutine(self._start())

    async def _start(self) -> None:
        try:
            await self._start_up.run()
        except CancelledError:
            return  # stopped before it was up
        except OrgLoopError as error:
            self._log.error("the start failed: {error}", error=error)
            self._give_up(error)
        except Exception as error:
            self._log.failure("the start failed")
            self._give_up(error)

    def _give_up(self, error: Exception) -> None:
        said = error if isinstance(error, OrgLoopError) else f"{type(error).__name__}: {error}"
        self._witnesses.failed(_FAILED, [f"orgloop: {said}"])
        # Later: the way out waits for the start, which is still going on while this is called.
        self._reactor.callLater(0, self._shutdown.fail, "the start failed")

    def _carry_on_alone(self) -> None:
        """Do without the supervisor, which has died: a daemon that is up goes on, another ends."""
        supervision = self._turn.supervision
        assert supervision is not None
        supervision.is_gone = True
        self._tenancy.outlive_supervisor()
        if self._shutdown.has_begun:
            return
        if not self._surroundings.is_daemon or self._is_first_start(supervision):
            self._shutdown.request("the supervisor is gone")
            return
        self._log.warn("the supervisor is gone: nobody restarts this runtime any more")
        if self._witnesses.have_heard:
            self._handover.open()
            self._start_up.prove_alive()

    def _is_first_start(self, supervision: Supervision) -> bool:
        """Return whether a command waits for this start, which has failed with the supervisor."""
        return supervision.last_exit is None and not self._witnesses.have_heard

    # --- stop -----------------------------------------------------------------------------------

    def _asked_over_http(self) -> None:
        self._shutdown.request("POST /control/shutdown")

    def _leaving(self, reason: str) -> None:
        self._watch.ensure()
        self.runtime.observe(LogEntry(phase="system.stop", timestamp=now_ms(), result=reason))
        self._listeners.end_streams()
        self._witnesses.stopping(reason)

    def _signs_of_life(self) -> list[Path]:
        home = self._home
        return [home.pid_file, home.port_file, home.heartbeat, home.handover_socket]

    async def _close(self) -> None:
        self._errors.end()
        await self._listeners.close()
        self._home.port_file.unlink(missing_ok=True)
        await self._witnesses.stopped()

    def _leave(self, exit_code: int) -> None:
        self._watch.leave()
        leave_with(exit_code, LastWords(self._process_log, self._reactor.seconds))
        with contextlib.suppress(ReactorNotRunning):
            self._reactor.stop()
