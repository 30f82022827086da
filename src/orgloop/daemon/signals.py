"""Turn signals into calls on the reactor's thread; before it turns, into an end with nothing left.

SIGPIPE is ignored by Python, and its disposition is restored in every command that we run.
"""

from __future__ import annotations

import faulthandler
import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from types import FrameType
from typing import Protocol

_STANDARD_ERROR = 2


class _Reactor(Protocol):
    def callFromThread(self, callable: Callable[..., object], *args: object) -> None: ...


def end_at_once(clean_up: Callable[[str], None] = lambda name: None) -> None:
    """Have SIGINT and SIGTERM end this process, from now until `install`.

    For the time before anything is open, while modules are imported and while one waits for its
    turn: no exception is raised, for whatever is being imported might catch it. ``clean_up`` is
    called with the signal's name first. The exit code is 0, as after any stop that was asked for.
    The other signals, which would be this process's death, do nothing yet.
    """

    def end(number: int, frame: FrameType | None) -> None:
        with suppress(Exception):
            clean_up(signal.Signals(number).name)
        for stream in (sys.stdout, sys.stderr):
            with suppress(Exception):
                stream.flush()
        os._exit(0)

    def heed(number: int, frame: FrameType | None) -> None:
        """Do nothing. Unlike an ignored signal, this one is a child's own again."""

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end)
    for number in (signal.SIGHUP, signal.SIGUSR1):
        signal.signal(number, heed)
    show_stacks(heed)


def be_mortal() -> None:
    """Let SIGINT and SIGTERM do what they do to any process: this one only waits for another."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)


def install(
    reactor: _Reactor,
    *,
    asked_to_stop: Callable[[], None],
    stop: Callable[[str], None],
    reopen: Callable[[], None],
    reload: Callable[[], None],
    dump: Callable[[], None],
) -> None:
    """Call ``stop`` with the name of each SIGINT and SIGTERM.

    ``reopen`` is called for SIGUSR1, ``reload`` for SIGHUP, by the reactor. ``asked_to_stop`` and
    ``dump`` (SIGUSR2) are called at once, wherever the main thread is: the reactor may be stuck.

    To be called when the reactor runs, for its own handlers would make the process die by the
    signal although it stopped gracefully; and before that too, so that a signal that comes earlier
    is not lost.
    """

    def on_stop(number: int, frame: FrameType | None) -> None:
        asked_to_stop()
        reactor.callFromThread(stop, signal.Signals(number).name)

    def on_reopen(number: int, frame: FrameType | None) -> None:
        reactor.callFromThread(reopen)

    def on_reload(number: int, frame: FrameType | None) -> None:
        reactor.callFromThread(reload)

    def on_dump(number: int, frame: FrameType | None) -> None:
        dump()

    signal.signal(signal.SIGINT, on_stop)
    signal.signal(signal.SIGTERM, on_stop)
    signal.signal(signal.SIGUSR1, on_reopen)
    signal.signal(signal.SIGHUP, on_reload)
    show_stacks(on_dump)


def show_stacks(then: Callable[[int, FrameType | None], None]) -> None:
    """Have SIGUSR2 write all stacks to standard error, and call ``then`` as a signal handler.

    The first is done by C code in the signal handler itself, also while other C code holds the
    interpreter. The same is written when the process crashes.
    """
    faulthandler.unregister(signal.SIGUSR2)  # it would not see the handler that comes next
    signal.signal(signal.SIGUSR2, then)
    faulthandler.register(signal.SIGUSR2, file=_STANDARD_ERROR, all_threads=True, chain=True)
    faulthandler.enable(file=_STANDARD_ERROR, all_threads=True)
