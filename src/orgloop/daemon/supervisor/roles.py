"""What the parts of a supervisor see of each other: the machine, the crew, the processes."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from attrs import frozen
from zope.interface import Attribute, Interface

from orgloop.daemon.supervisor.backoff import Pace
from orgloop.daemon.supervisor.ending import Ending
from orgloop.daemon.supervisor.request import RestartRequest
from orgloop.daemon.telling.witness import ReadyRuntime
from orgloop.logentry import Level, LogFormat


@frozen(kw_only=True)
class Introduction:
    """What a runtime says of itself when its project is valid."""

    project: str
    file: str
    """The project's."""
    host: str
    """The address it will listen on."""
    pace: Pace
    log_level: Level = "info"
    log_format: LogFormat | None = None

    @classmethod
    def told(cls, fields: Mapping[str, Any]) -> Introduction:
        """Return what the message ``prepared`` tells."""
        return cls(
            project=fields["project"],
            file=fields["file"],
            host=fields["host"],
            pace=Pace.told(fields),
            log_level=fields["log_level"],
            log_format=fields["log_format"],
        )


class IRuntimeProcess(Interface):
    """A process that is to become, is, or was a runtime."""

    pid: int = Attribute("Its process id.")
    started: float = Attribute("When, by the supervisor's clock.")
    introduction: Introduction | None = Attribute("`None` before it is prepared.")
    has_begun: bool = Attribute("Whether it has been told to open what it needs.")

    def begin(fields: Mapping[str, Any], listeners: Mapping[str, int]) -> None:
        """Tell it to open what it needs, and give it the listeners that are open already."""

    def make_way() -> None:
        """Have it end for another one, its connections first."""

    def ask_to_stop() -> None:
        """Have it end in good order, at once if it has not begun; nothing if it is on its way."""

    def hurry() -> None:
        """Have it end at once, without loss."""

    def kill() -> None:
        """End it without asking."""

    def pass_on(signal: int) -> None:
        """Send it a signal, if it is ready for signals."""


class ICrew(Interface):
    """What the machine has done by the crew (`orgloop.daemon.supervisor.crew`)."""

    def start_runtime() -> None:
        """Start a process that becomes the current runtime."""

    def start_standby(request: RestartRequest) -> None:
        """Start a process beside the current runtime."""

    def let_begin() -> None:
        """Tell the current runtime to open what it needs."""

    def take_note_of_ready() -> None:
        """Tell everybody who waits for the current runtime."""

    def make_room() -> None:
        """Tell the current runtime that another takes its place."""

    def ask_to_stop() -> None:
        """Tell the current runtime to end in good order, if it is not on its way."""

    def hurry() -> None:
        """Tell the current runtime, on its way already, to be quick."""

    def judge(ending: Ending) -> None:
        """Put `machine.Supervision.retry` or `machine.Supervision.finish` in."""

    def wait(seconds: float) -> None:
        """Put `machine.Supervision.pause_over` in later."""

    def stop_waiting() -> None:
        """Do not."""

    def promote() -> None:
        """Make the standby the current runtime; it begins as soon as it can."""

    def expect(request: RestartRequest) -> None:
        """Answer a request when the current runtime is ready."""

    def refuse(request: RestartRequest, why: str) -> None:
        """Answer a request at once."""

    def drop_standby(why: str) -> None:
        """End the standby, and say why to whoever asked for it."""

    def mourn_standby(ending: Ending) -> None:
        """Say how the standby ended to whoever asked for it."""

    def stopping(reason: str) -> None:
        """Tell everybody that the end of it all has been asked for."""

    def leave(exit_code: int) -> None:
        """End the supervisor as soon as no process of its lives."""

    def leave_after(ending: Ending) -> None:
        """The same, with an exit code that fits how the last runtime ended."""


class IFollower(Interface):
    """Is told what becomes of a process. Nothing is told after `ended`."""

    def prepared(process: IRuntimeProcess) -> None:
        """Its project is valid, and it waits for `IRuntimeProcess.begin`."""

    def listening(
        process: IRuntimeProcess, opened: Mapping[str, int], in_use: Collection[str]
    ) -> None:
        """It listens on what is in use; the descriptors it has opened are the follower's now."""

    def ready(process: IRuntimeProcess, runtime: ReadyRuntime) -> None:
        """Everything is in place."""

    def leaving(process: IRuntimeProcess) -> None:
        """It has begun its way out."""

    def alive(process: IRuntimeProcess) -> None:
        """Its reactor turns; told once a heartbeat period."""

    def wedged(process: IRuntimeProcess) -> None:
        """Its reactor does not turn any more; it is being ended."""

    def ended(process: IRuntimeProcess, ending: Ending) -> None:
        """It is gone."""
