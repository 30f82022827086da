"""What a supervisor does when: a machine, whose inputs may come in any state.

At most two runtimes live at a time, the *current* one and, while a restart is prepared, a *standby*
that has opened nothing yet and waits to be told to begin.
"""

from __future__ import annotations

from typing import Protocol

from automat import TypeMachineBuilder

from orgloop.daemon.supervisor.ending import Ending
from orgloop.daemon.supervisor.request import RestartRequest
from orgloop.daemon.supervisor.roles import ICrew


class Supervision(Protocol):
    """What happens to a supervisor."""

    def begin(self) -> None:
        """Start the first runtime."""

    def prepared(self) -> None:
        """The current runtime's project is valid; it waits to be told to begin."""

    def ready(self) -> None:
        """The current runtime has everything in place."""

    def leaving(self) -> None:
        """The current runtime has begun its way out, and not for a standby."""

    def wedged(self) -> None:
        """The current runtime gives no sign of life; it is being ended."""

    def ended(self, ending: Ending) -> None:
        """The current runtime is gone."""

    def retry(self, seconds: float) -> None:
        """It is worth another one, after a pause."""

    def finish(self, exit_code: int) -> None:
        """There will be no other one."""

    def pause_over(self) -> None:
        """The pause before the next runtime is over."""

    def replace(self, request: RestartRequest) -> None:
        """Somebody asks for a new runtime in place of the current one."""

    def standby_prepared(self) -> None:
        """The standby's project is valid; it waits to be told to begin."""

    def standby_ended(self, ending: Ending) -> None:
        """The standby is gone before it became the current one."""

    def stop(self, reason: str) -> None:
        """Somebody asks for the end of it all, perhaps not for the first time."""

    def state(self) -> str:
        """Return the state's name."""


_builder = TypeMachineBuilder(Supervision, ICrew)
_idle = _builder.state("idle")
_starting = _builder.state("starting")
_running = _builder.state("running")
_winding_down = _builder.state("winding down")
"""The current runtime is on its way out; whether there will be another one is not known yet."""
_replacing = _builder.state("replacing")
"""The current runtime runs, and the standby reads the project."""
_switching = _builder.state("switching")
"""The current runtime was told to end, and the standby waits for that."""
_retiring = _builder.state("retiring")
"""The current runtime was told to end, and the standby has gone."""
_judging = _builder.state("judging")
_pausing = _builder.state("pausing")
_stopping = _builder.state("stopping")
_over = _builder.state("over")


# --- a runtime comes up -----------------------------------------------------------------------


@_idle.upon(Supervision.begin).to(_starting)
@_pausing.upon(Supervision.pause_over).to(_starting)
def _start(_: Supervision, crew: ICrew) -> None:
    crew.start_runtime()


@_starting.upon(Supervision.prepared).loop()
def _let_begin(_: Supervision, crew: ICrew) -> None:
    crew.let_begin()


@_starting.upon(Supervision.ready).to(_running)
def _take_note_of_ready(_: Supervision, crew: ICrew) -> None:
    crew.take_note_of_ready()


# --- a runtime ends by itself -----------------------------------------------------------------

_running.upon(Supervision.leaving).to(_winding_down).returns(None)
_running.upon(Supervision.wedged).to(_winding_down).returns(None)


@_starting.upon(Supervision.ended).to(_judging)
@_running.upon(Supervision.ended).to(_judging)
@_winding_down.upon(Supervision.ended).to(_judging)
def _judge(_: Supervision, crew: ICrew, ending: Ending) -> None:
    crew.judge(ending)


@_judging.upon(Supervision.retry).to(_pausing)
def _wait(_: Supervision, crew: ICrew, seconds: float) -> None:
    crew.wait(seconds)


@_judging.upon(Supervision.finish).to(_over)
def _leave(_: Supervision, crew: ICrew, exit_code: int) -> None:
    crew.leave(exit_code)


# --- a runtime is replaced --------------------------------------------------------------------


@_running.upon(Supervision.replace).to(_replacing)
def _start_standby(_: Supervision, crew: ICrew, request: RestartRequest) -> None:
    crew.start_standby(request)


@_pausing.upon(Supervision.replace).to(_starting)
def _start_at_once(_: Supervision, crew: ICrew, request: RestartRequest) -> None:
    crew.stop_waiting()
    crew.expect(request)
    crew.start_runtime()


@_replacing.upon(Supervision.standby_prepared).to(_switching)
def _make_room(_: Supervision, crew: ICrew) -> None:
    crew.make_room()


@_replacing.upon(Supervision.standby_ended).to(_running)
@_switching.upon(Supervision.standby_ended).to(_retiring)
def _mourn(_: Supervision, crew: ICrew, ending: Ending) -> None:
    crew.mourn_standby(ending)


@_replacing.upon(Supervision.leaving).to(_winding_down)
@_switching.upon(Supervision.leaving).to(_winding_down)
def _drop_standby(_: Supervision, crew: ICrew) -> None:
    crew.drop_standby("the runtime that was to be replaced was stopped")


# Whoever stops it now does not want another one.
_retiring.upon(Supervision.leaving).to(_winding_down).returns(None)


@_replacing.upon(Supervision.ended).to(_starting)
@_switching.upon(Supervision.ended).to(_starting)
def _promote(_: Supervision, crew: ICrew, ending: Ending) -> None:
    crew.promote()


@_retiring.upon(Supervision.ended).to(_starting)
def _start_another(_: Supervision, crew: ICrew, ending: Ending) -> None:
    crew.start_runtime()


for _state, _why in (
    (_idle, "the runtime has not been started yet"),
    (_starting, "the runtime is still starting: wait until it is ready"),
    (_winding_down, "the runtime is stopping"),
    (_replacing, "another restart is under way"),
    (_switching, "another restart is under way"),
    (_retiring, "the runtime is being started again"),
    (_stopping, "the supervisor is stopping"),
    (_over, "the supervisor is stopping"),
):

    @_state.upon(Supervision.replace).loop()
    def _refuse(_: Supervision, crew: ICrew, request: RestartRequest, why: str = _why) -> None:
        crew.refuse(request, why)


# --- the end of it all ------------------------------------------------------------------------


@_starting.upon(Supervision.stop).to(_stopping)
@_running.upon(Supervision.stop).to(_stopping)
@_winding_down.upon(Supervision.stop).to(_stopping)
@_retiring.upon(Supervision.stop).to(_stopping)
def _ask_to_stop(_: Supervision, crew: ICrew, reason: str) -> None:
    crew.stopping(reason)
    crew.ask_to_stop()


@_replacing.upon(Supervision.stop).to(_stopping)
@_switching.upon(Supervision.stop).to(_stopping)
def _stop_both(_: Supervision, crew: ICrew, reason: str) -> None:
    crew.stopping(reason)
    crew.drop_standby("the supervisor is stopping")
    crew.ask_to_stop()


@_stopping.upon(Supervision.stop).loop()
def _hurry(_: Supervision, crew: ICrew, reason: str) -> None:
    crew.hurry()


@_pausing.upon(Supervision.stop).to(_over)
def _stop_waiting(_: Supervision, crew: ICrew, reason: str) -> None:
    crew.stopping(reason)
    crew.stop_waiting()
    crew.leave(0)


@_idle.upon(Supervision.stop).to(_over)
def _leave_unused(_: Supervision, crew: ICrew, reason: str) -> None:
    crew.stopping(reason)
    crew.leave(0)


@_stopping.upon(Supervision.ended).to(_over)
def _leave_after(_: Supervision, crew: ICrew, ending: Ending) -> None:
    crew.leave_after(ending)


_over.upon(Supervision.stop).loop().returns(None)

# --- what changes nothing ---------------------------------------------------------------------

# A runtime that is to end is not told to begin, whatever it says.
_stopping.upon(Supervision.prepared).loop().returns(None)
for _state in (_winding_down, _switching, _retiring, _stopping):
    _state.upon(Supervision.ready).loop().returns(None)
for _state in (_starting, _winding_down, _stopping):
    _state.upon(Supervision.leaving).loop().returns(None)
for _state in (_starting, _winding_down, _replacing, _switching, _retiring, _stopping):
    _state.upon(Supervision.wedged).loop().returns(None)
for _state in (_idle, _starting, _running, _winding_down, _replacing, _switching, _retiring):
    _state.upon(Supervision.state).loop().returns(_state.name)
for _state in (_judging, _pausing, _stopping, _over):
    _state.upon(Supervision.state).loop().returns(_state.name)

_machine = _builder.build()


def new_supervision(crew: ICrew) -> Supervision:
    """Return a supervision that has not begun."""
    return _machine(crew)
