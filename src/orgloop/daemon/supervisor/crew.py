"""Do what the machine decides: processes, pauses, and everybody who waits to hear of it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Protocol

from attrs import define, evolve, field
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger
from zope.interface import implementer

from orgloop.daemon.supervisor.ending import Ending
from orgloop.daemon.supervisor.listeners import HeldListeners
from orgloop.daemon.supervisor.machine import Supervision, new_supervision
from orgloop.daemon.supervisor.news import News
from orgloop.daemon.supervisor.records import Records
from orgloop.daemon.supervisor.request import RestartRequest
from orgloop.daemon.supervisor.roles import ICrew, IFollower, IRuntimeProcess
from orgloop.daemon.supervisor.verdict import Judge
from orgloop.daemon.telling.witness import ReadyRuntime
from orgloop.logentry import Level, LogFormat


class IStart(Protocol):
    """Starts a process that tells ``follower`` of itself; raises `OSError` if that cannot be."""

    def __call__(self, follower: IFollower, *, is_first: bool) -> IRuntimeProcess: ...


@implementer(ICrew, IFollower)
@define(eq=False, kw_only=True)
class Crew:
    """The hands and ears of the machine; see `ICrew` and `IFollower`."""

    _log = Logger()

    start: IStart
    clock: IReactorTime
    judged_by: Judge
    news: News
    records: Records
    listeners: HeldListeners
    manager: str | None = None
    """The service manager that started the supervisor, if one did."""
    speak: Callable[[Level, LogFormat | None], None] = field(default=lambda level, chosen: None)
    """Have the supervisor's own log follow the project's settings."""
    gone: Callable[[int], None]
    """Called once, with the exit code, when all is over and no process lives."""
    machine: Supervision = field(init=False)
    _current: IRuntimeProcess | None = field(default=None, init=False)
    _standby: IRuntimeProcess | None = field(default=None, init=False)
    _living: list[IRuntimeProcess] = field(factory=list, init=False)
    _has_started: bool = field(default=False, init=False)
    _ready: ReadyRuntime | None = field(default=None, init=False)
    _ready_since: float | None = field(default=None, init=False)
    _last_exit: Ending | None = field(default=None, init=False)
    _pause: IDelayedCall | None = field(default=None, init=False)
    _exit_code: int | None = field(default=None, init=False)

    def __attrs_post_init__(self) -> None:
        self.machine = new_supervision(self)

    def pass_on(self, number: int) -> None:
        """Hand a signal to the runtime, if there is one."""
        if self._current is not None:
            self._current.pass_on(number)

    def status(self) -> str:
        """Return in one line how it is going; it may be asked for in the middle of a change."""
        if self._ready is None:
            return "starting"
        count = self.judged_by.restarts.count
        state = "running" if self._ready_since is not None else "being started again"
        what = f"supervised, {self._ready.project} {state}"
        return f"{what}, {count} restart{'' if count == 1 else 's'}" if count else what

    # --- ICrew: a runtime comes up ----------------------------------------------------------------

    def start_runtime(self) -> None:
        """See `ICrew.start_runtime`."""
        try:
            self._current = self._started()
        except OSError as error:
            self.machine.ended(_not_started(error))

    def let_begin(self) -> None:
        """See `ICrew.let_begin`."""
        current = self._current
        assert current is not None
        assert current.introduction is not None
        self.judged_by.restarts.pace = current.introduction.pace
        self.records.meet(current.introduction)
        self.speak(current.introduction.log_level, current.introduction.log_format)
        last_exit = self._last_exit
        fields = {
            "supervisor_pid": self.records.holder.supervisor,
            "restarts": self.judged_by.restarts.count,
            "last_exit": None if last_exit is None else str(last_exit),
            "manager": self.manager,
            "final": list(self.listeners.final),
        }
        current.begin(fields, self.listeners.descriptors)

    def take_note_of_ready(self) -> None:
        """See `ICrew.take_note_of_ready`."""
        assert self._ready is not None
        self._ready_since = self.clock.seconds()
        self.judged_by.has_been_ready = True
        self.records.recovered()
        self._prove_alive()
        self.news.ready(self._ready)

    # --- ICrew: a runtime ends --------------------------------------------------------------------

    def ask_to_stop(self) -> None:
        """See `ICrew.ask_to_stop`."""
        if self._current is not None:
            self._current.ask_to_stop()

    def hurry(self) -> None:
        """See `ICrew.hurry`."""
        if self._current is not None:
            self._log.warn("stopping at once")
            self._current.hurry()

    def judge(self, ending: Ending) -> None:
        """See `ICrew.judge`."""
        now = self.clock.seconds()
        good_for = 0.0 if self._ready_since is None else now - self._ready_since
        self._ready_since = None
        verdict = self.judged_by.verdict(ending, now, good_for)
        self.news.ended(ending)
        if verdict.pause_seconds is not None:
            self.news.retry(ending, verdict.pause_seconds)
            self.machine.retry(verdict.pause_seconds)
            return
        self.news.over(verdict, ending)
        if verdict.leaves_record:
            self.records.gave_up(ending, verdict.reason, self.judged_by.restarts)
        self.machine.finish(verdict.exit_code)

    def wait(self, seconds: float) -> None:
        """See `ICrew.wait`."""
        self.records.nobody_runs(self.judged_by.restarts.count, self._last_exit, seconds)
        self._pause = self.clock.callLater(seconds, self.machine.pause_over)

    def stop_waiting(self) -> None:
        """See `ICrew.stop_waiting`."""
        if self._pause is not None and self._pause.active():
            self._pause.cancel()

    # --- ICrew: a runtime is replaced -------------------------------------------------------------

    def start_standby(self, request: RestartRequest) -> None:
        """See `ICrew.start_standby`."""
        self.news.expect(request)
        try:
            self._standby = self._started()
        except OSError as error:
            self.machine.standby_ended(_not_started(error))

    def make_room(self) -> None:
        """See `ICrew.make_room`."""
        if self._current is not None:
            self._current.make_way()

    def promote(self) -> None:
        """See `ICrew.promote`."""
        self._current, self._standby = self._standby, None
        if self._current is not None and self._current.introduction is not None:
            self.let_begin()

    def expect(self, request: RestartRequest) -> None:
        """See `ICrew.expect`."""
        self.news.expect(request)

    def refuse(self, request: RestartRequest, why: str) -> None:
        """See `ICrew.refuse`."""
        self.news.refuse(request, why)

    def drop_standby(self, why: str) -> None:
        """See `ICrew.drop_standby`."""
        standby, self._standby = self._standby, None
        if standby is not None:
            standby.kill()
        self.news.restart_is_off(why)

    def mourn_standby(self, ending: Ending) -> None:
        """See `ICrew.mourn_standby`."""
        self.news.ended(ending)

    # --- ICrew: the end of it all -----------------------------------------------------------------

    def stopping(self, reason: str) -> None:
        """See `ICrew.stopping`."""
        self.news.stopping(reason)
        # There will be no other runtime for the connections to wait for.
        self.listeners.close()

    def leave(self, exit_code: int) -> None:
        """See `ICrew.leave`."""
        self._exit_code = exit_code
        self._go()

    def leave_after(self, ending: Ending) -> None:
        """See `ICrew.leave_after`."""
        self.leave(ending.exit_code_when_asked)

    def _go(self) -> None:
        if self._exit_code is not None and not self._living:
            exit_code, self._exit_code = self._exit_code, None
            self.listeners.close()
            self.records.clear()
            self.gone(exit_code)

    # --- IFollower --------------------------------------------------------------------------------

    def prepared(self, process: IRuntimeProcess) -> None:
        """See `IFollower.prepared`."""
        if process is self._current:
            self.machine.prepared()
        elif process is self._standby:
            self.machine.standby_prepared()

    def listening(
        self, process: IRuntimeProcess, opened: Mapping[str, int], in_use: Collection[str]
    ) -> None:
        """See `IFollower.listening`."""
        self.listeners.keep(opened, in_use)
        if self.machine.state() in ("stopping", "over"):
            self.listeners.close()

    def ready(self, process: IRuntimeProcess, runtime: ReadyRuntime) -> None:
        """See `IFollower.ready`."""
        if process is self._current:
            self._ready = evolve(runtime, supervisor_pid=self.records.holder.supervisor)
            self.machine.ready()

    def leaving(self, process: IRuntimeProcess) -> None:
        """See `IFollower.leaving`."""
        if process is self._current:
            self.machine.leaving()

    def alive(self, process: IRuntimeProcess) -> None:
        """See `IFollower.alive`."""
        if process is self._current and self._ready_since is not None:
            self._prove_alive()

    def wedged(self, process: IRuntimeProcess) -> None:
        """See `IFollower.wedged`."""
        if process is self._current:
            self.machine.wedged()

    def ended(self, process: IRuntimeProcess, ending: Ending) -> None:
        """See `IFollower.ended`."""
        self._living.remove(process)
        if process is self._current:
            self._current, self._last_exit = None, ending
            self.records.nobody_runs(self.judged_by.restarts.count, ending)
            self.machine.ended(ending)
        elif process is self._standby:
            self._standby = None
            self.machine.standby_ended(ending)
        self._go()

    def _started(self) -> IRuntimeProcess:
        is_first, self._has_started = not self._has_started, True
        process = self.start(self, is_first=is_first)
        self._living.append(process)
        return process

    def _prove_alive(self) -> None:
        if self._current is not None:
            uptime = self.clock.seconds() - self._current.started
            restarts = self.judged_by.restarts.count
            self.records.alive(
                pid=self._current.pid, uptime_ms=round(uptime * 1000), restarts=restarts
            )


def _not_started(error: OSError) -> Ending:
    return Ending(code=127, stderr=(f"no process can be started: {error.strerror}",))
