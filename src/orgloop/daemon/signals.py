"""Turn SIGINT, SIGTERM and SIGUSR1 into calls on the reactor's thread."""

from __future__ import annotations

import signal
from collections.abc import Callable
from types import FrameType
from typing import Protocol


class _Reactor(Protocol):
    def callFromThread(self, callable: Callable[..., object], *args: object) -> None: ...


def install(reactor: _Reactor, *, stop: Callable[[str], None], reopen: Callable[[], None]) -> None:
    """Call ``stop`` with the signal's name for each SIGINT and SIGTERM, ``reopen`` for SIGUSR1.

    To be called when the reactor runs: the reactor's own handlers, installed before, would make the
    process die by the signal although it stopped gracefully.
    """

    def on_stop(number: int, frame: FrameType | None) -> None:
        reactor.callFromThread(stop, signal.Signals(number).name)

    def on_reopen(number: int, frame: FrameType | None) -> None:
        reactor.callFromThread(reopen)

    signal.signal(signal.SIGINT, on_stop)
    signal.signal(signal.SIGTERM, on_stop)
    signal.signal(signal.SIGUSR1, on_reopen)
