"""Turn signals into calls on the reactor's thread."""

from __future__ import annotations

import signal
from collections.abc import Callable
from types import FrameType
from typing import Protocol


class _Reactor(Protocol):
    def callFromThread(self, callable: Callable[..., object], *args: object) -> None: ...


def install(
    reactor: _Reactor,
    *,
    stop: Callable[[str], None],
    reopen: Callable[[], None],
    reload: Callable[[], None],
) -> None:
    """Call ``stop`` with the name of each SIGINT and SIGTERM.

    ``reopen`` is called for SIGUSR1, ``reload`` for SIGHUP. To be called when the reactor runs, for
    its own handlers would make the process die by the signal although it stopped gracefully; and
    before that too, so that a signal that comes earlier is not lost.
    """

    def on_stop(number: int, frame: FrameType | None) -> None:
        reactor.callFromThread(stop, signal.Signals(number).name)

    def on_reopen(number: int, frame: FrameType | None) -> None:
        reactor.callFromThread(reopen)

    def on_reload(number: int, frame: FrameType | None) -> None:
        reactor.callFromThread(reload)

    signal.signal(signal.SIGINT, on_stop)
    signal.signal(signal.SIGTERM, on_stop)
    signal.signal(signal.SIGUSR1, on_reopen)
    signal.signal(signal.SIGHUP, on_reload)
