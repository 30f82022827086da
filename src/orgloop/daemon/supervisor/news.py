"""Tell everybody who waits how a supervisor and its runtimes are getting on."""

from __future__ import annotations

from attrs import define, field
from twisted.logger import Logger

from orgloop.daemon.supervisor.ending import Ending
from orgloop.daemon.supervisor.request import RestartRequest
from orgloop.daemon.supervisor.verdict import Verdict
from orgloop.daemon.telling.witness import IWitness, ReadyRuntime


@define(eq=False)
class News:
    """The log, the witnesses of the start, and whoever has asked for a restart."""

    _log = Logger()

    _witnesses: IWitness
    _request: RestartRequest | None = field(default=None, init=False)
    _has_been_ready: bool = field(default=False, init=False)

    def expect(self, request: RestartRequest) -> None:
        """Answer a request when the next runtime is ready, or has ended instead."""
        self._log.info("a restart is asked for")
        self._request = request

    def refuse(self, request: RestartRequest, why: str) -> None:
        """Answer a request at once."""
        request.fail(f"orgloop: not restarted: {why}")

    def restart_is_off(self, why: str) -> None:
        """Say that the restart that was expected does not take place."""
        request, self._request = self._request, None
        if request is not None:
            self.refuse(request, why)

    def ready(self, runtime: ReadyRuntime) -> None:
        """Say that a runtime has everything in place."""
        self._log.info("the runtime (PID {pid}) is ready", pid=runtime.pid)
        if not self._has_been_ready:
            self._has_been_ready = True
            self._witnesses.ready(runtime)
        request, self._request = self._request, None
        if request is not None:
            request.answer(runtime)

    def ended(self, ending: Ending) -> None:
        """Say how the runtime ended that whoever asked for a restart waits for."""
        request, self._request = self._request, None
        if request is not None:
            self._log.warn("the restart failed: {ending}", ending=str(ending))
            request.answer(ending.as_failure())

    def retry(self, ending: Ending, pause_seconds: float) -> None:
        """Say when the next runtime is started."""
        self._log.warn(
            "the runtime has ended: {ending}; the next one is started in {pause} s",
            ending=str(ending),
            pause=round(pause_seconds, 1),
        )

    def over(self, verdict: Verdict, ending: Ending) -> None:
        """Say why there will be no other runtime."""
        say = self._log.error if verdict.exit_code else self._log.info
        say("ending: {reason} ({ending})", reason=verdict.reason, ending=str(ending))
        if not self._has_been_ready:
            self._witnesses.failed(verdict.exit_code or 1, verdict.lines)

    def stopping(self, reason: str) -> None:
        """Say that the end of it all has been asked for."""
        self._log.info("stopping: {reason}", reason=reason)
        self.restart_is_off("the supervisor is stopping")
        self._witnesses.stopping(reason)
