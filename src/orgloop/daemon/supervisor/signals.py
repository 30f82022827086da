"""Turn the signals that a supervisor is sent into calls on the reactor's thread."""

from __future__ import annotations

import signal
from collections.abc import Callable
from types import FrameType
from typing import Any


def install(
    reactor: Any,
    *,
    stop: Callable[[str], None],
    pass_on: Callable[[int], None],
    reload: Callable[[], None],
) -> None:
    """Call ``stop`` with the name of each SIGINT and SIGTERM.

    ``pass_on`` is called with what is meant for the runtime. To be called when the reactor runs,
    and before, as `orgloop.daemon.signals.install`.
    """

    def on_stop(number: int, frame: FrameType | None) -> None:
        reactor.callFromThread(stop, signal.Signals(number).name)

    def on_pass_on(number: int, frame: FrameType | None) -> None:
        reactor.callFromThread(pass_on, number)

    def on_reload(number: int, frame: FrameType | None) -> None:
        reactor.callFromThread(reload)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, on_stop)
    for number in (signal.SIGUSR1, signal.SIGUSR2):
        signal.signal(number, on_pass_on)
    signal.signal(signal.SIGHUP, on_reload)
