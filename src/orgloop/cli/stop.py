"""``orgloop stop``: end the runtime gracefully, and wait until it is gone.

The control API is asked first. If it does not answer with a success within two seconds, or if what
answers is not the process that has the home, that process gets SIGTERM: the supervisor, if there is
one, for it would take any other end of its runtime for a crash.
"""

from __future__ import annotations

import signal
import time

import click
from attrs import define, field

from orgloop.cli import restart
from orgloop.cli.control import Control
from orgloop.cli.duration import DURATION
from orgloop.cli.failing import CommandFailed, NothingRuns
from orgloop.cli.invocation import Invocation, global_options
from orgloop.cli.output import show_json
from orgloop.cli.processes import Watch, is_suspended, send
from orgloop.cli.progress import Progress
from orgloop.durations import Duration
from orgloop.storage.home import Home
from orgloop.storage.ownership import Ownership, owner_of
from orgloop.storage.traces import remove_traces

_CONTROL_SECONDS = 2.0
_LOOK_SECONDS = 0.25
_PAUSE_SECONDS = 0.02
# A runtime that has ended as it was asked to takes its supervisor with it, soon.
_AFTERMATH_SECONDS = 1.0


@click.command("stop")
@global_options
@click.option("--force", is_flag=True, help="Kill what still runs after the grace.")
@click.option(
    "--grace",
    type=DURATION,
    default="30s",
    show_default=True,
    metavar="DURATION",
    help="How long --force waits.",
)
@click.pass_obj
def command(invocation: Invocation, force: bool, grace: Duration) -> None:
    """Stop the runtime (and its supervisor) gracefully and wait until it is gone."""
    home = Home(invocation.home)
    owner = _owner(home)
    if owner is None:
        _show_end(invocation)
        raise NothingRuns(invocation.home)
    stopping = Stopping(invocation, home, owner)
    try:
        stopping.ask()
        if not stopping.wait(grace.seconds if force else None):
            invocation.say(f"still running after {grace}: killing what is left")
            stopping.kill()
    except KeyboardInterrupt:
        # Pressed again, it shall not cut this short.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        raise CommandFailed(
            "no longer waiting; what was asked to stop goes on stopping",
            hint="see how far it is with: orgloop status; wait again with: orgloop stop",
        ) from None
    finally:
        stopping.close()
    invocation.say("stopped")
    _show_end(invocation)


def _show_end(invocation: Invocation) -> None:
    if invocation.json:
        show_json({"running": False})


def _owner(home: Home) -> Ownership | None:
    """Return who is to be stopped: between two runtimes of a restart, the one that comes."""
    while (owner := owner_of(home)) is None and restart.is_under_way(home):
        time.sleep(_PAUSE_SECONDS)
    return owner


@define
class Stopping:
    """The end of whoever has a home: a runtime, its supervisor, or both."""

    _invocation: Invocation
    _home: Home
    _owner: Ownership
    _known: set[int] = field(factory=set, init=False)
    """The processes that are to end: those found at first, and what they start anew."""
    _asked: set[int] = field(factory=set, init=False)
    _watch: Watch = field(factory=Watch, init=False)
    _unasked_since: float | None = field(default=None, init=False)

    def ask(self) -> None:
        """Ask over the control API, or else with a signal."""
        if self._owner.runtime is not None and self._asked_politely():
            self._asked.add(self._owner.runtime)
            return
        if self._owner.runtime is not None:
            self._invocation.say("the control API does not answer: sending SIGTERM")
        self._send_term()

    def wait(self, limit_seconds: float | None) -> bool:
        """Wait until all of them are gone; say whether they were within the limit."""
        began = time.monotonic()
        with Progress(self._invocation) as progress:
            while self._is_left():
                waited = time.monotonic() - began
                left = _LOOK_SECONDS if limit_seconds is None else limit_seconds - waited
                if left <= 0:
                    return False
                progress.show(waited, lambda: awaited(self._invocation, self._owner))
                self._watch.wait(min(left, _LOOK_SECONDS))
                self._ask_again()
        return True

    def kill(self) -> None:
        """End them without asking, and clear away what they leave behind."""
        interrupted = signal.signal(signal.SIGINT, signal.SIG_IGN)
        try:
            while self._is_left():
                # The supervisor first: it would start another runtime.
                for pid in self._owner.pids:
                    send(self._home, pid, signal.SIGKILL)
                self._watch.wait(_LOOK_SECONDS)
            remove_traces(self._home)
        finally:
            signal.signal(signal.SIGINT, interrupted)

    def close(self) -> None:
        """Let go of the processes."""
        self._watch.close()

    def _asked_politely(self) -> bool:
        try:
            # It is asked twice: who it is, and to stop.
            control = Control.find(self._home.root, timeout_seconds=_CONTROL_SECONDS / 2)
            return control.post("/control/shutdown").is_success
        except CommandFailed:
            return False

    def _send_term(self) -> None:
        if not self._owner.pids:
            raise CommandFailed(
                f"{self._home.root} is in use by a process that cannot be seen from here",
                hint="stop it where it was started: in its container, or as its user",
            )
        for pid in self._owner.pids[:1]:
            self._asked.add(pid)
            send(self._home, pid, signal.SIGTERM)

    def _is_left(self) -> bool:
        """Look who has the home now; one that has nothing to do with those asked is left alone."""
        owner = _owner(self._home)
        if owner is None or self._is_another(owner):
            return False
        self._owner = owner
        self._known.update(owner.pids)
        self._watch.add(owner.pids)
        return True

    def _is_another(self, owner: Ownership) -> bool:
        if not (self._known and owner.pids and self._known.isdisjoint(owner.pids)):
            return False
        # It may be the one that was to come after those: the word did not reach it.
        return not restart.is_under_way(self._home)

    def _ask_again(self) -> None:
        """Signal who was never asked and does not end by itself either.

        That is the supervisor of a runtime that died on its way out, or a runtime whose supervisor
        died before it could pass the signal on.
        """
        if not self._owner.pids or not self._asked.isdisjoint(self._owner.pids):
            self._unasked_since = None
            return
        now = time.monotonic()
        self._unasked_since = self._unasked_since or now
        if now - self._unasked_since >= _AFTERMATH_SECONDS:
            self._send_term()


def awaited(invocation: Invocation, owner: Ownership) -> str:
    """Say what those that are to end still wait for, as far as they tell."""
    for pid in owner.pids:
        if is_suspended(pid):
            return f"process {pid}, which is suspended (continue it with: kill -CONT {pid})"
    if owner.runtime is None:
        return "the supervisor" if owner.supervisor is not None else "the runtime"
    try:
        control = Control.find(invocation.home, timeout_seconds=0.5)
        counts = control.get("/api/deliveries", state="delivering", limit=100)
    except CommandFailed:
        return f"process {owner.runtime} to close its files"
    under_way = len(counts.document) if isinstance(counts.document, list) else 0
    return f"{under_way} deliveries under way" if under_way else f"process {owner.runtime} to end"
