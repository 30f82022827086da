"""Rehearse a project in a process that is no runtime."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from attrs import frozen
from twisted.logger import ILogObserver, LogEvent, LogLevel, formatEvent, globalLogBeginner
from zope.interface import implementer

from orgloop.config.model import ProjectDefinition
from orgloop.daemon.patience import Patience
from orgloop.daemon.turned import turned
from orgloop.doctor.threads import Threads
from orgloop.durations import Duration
from orgloop.runtime.rehearsal.rehearsal import Rehearsal
from orgloop.runtime.surroundings import Surroundings
from orgloop.sdk.http import HTTPClient
from orgloop.shared import Shared

T = TypeVar("T")


def rehearse(
    project: ProjectDefinition,
    home: Path,
    environ: Mapping[str, str],
    work: Callable[[Rehearsal], Awaitable[T]],
    hear: Callable[[str], None],
    limit: Duration,
) -> T:
    """Return what ``work`` makes of a rehearsal of ``project``; once in a process, see `turned`.

    ``limit`` is how long the transforms have for one event. ``hear`` is told what they log: what
    scripts say on standard error, and warnings.
    """
    globalLogBeginner.beginLoggingTo(
        [_PassingOn(hear)], redirectStandardIO=False, discardBuffer=True
    )

    async def play(reactor: Any) -> T:
        http = HTTPClient(reactor)
        surroundings = Surroundings(
            home=home,
            clock=reactor,
            now_ms=_now_ms,
            processes=reactor,
            http=http,
            environ=environ,
            run_in_thread=Threads(reactor).run,
            shared=Shared(),
        )
        patience = Patience(reactor, limit)
        reactor.addSystemEventTrigger("before", "shutdown", patience.end)
        rehearsal = await Rehearsal.open(project, surroundings, patience)
        try:
            return await work(rehearsal)
        finally:
            await rehearsal.close()
            await http.close()

    return turned(play)


@implementer(ILogObserver)
@frozen
class _PassingOn:
    """Hand on what concerns the transforms; Twisted's own chatter does not."""

    _hear: Callable[[str], None]

    def __call__(self, event: LogEvent) -> None:
        is_ours = str(event.get("log_namespace", "")).startswith("orgloop")
        if event["log_level"] >= (LogLevel.info if is_ours else LogLevel.warn):
            self._hear(formatEvent(event))


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
