"""Judge whether a runtime is well, and say so in one line: for whoever supervises it."""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Iterator
from functools import partial

from attrs import define, field
from twisted.internet.interfaces import IReactorTime

from orgloop.daemon.managers.notifier import Notifier
from orgloop.daemon.managers.systemd import NotifySocket, Systemd
from orgloop.delivery import DeliveryState
from orgloop.runtime.project import Project
from orgloop.runtime.runtime import Runtime

_NAMED = 3
"""How many of those that are degraded a line has room for."""


@define(eq=False)
class Vitality:
    """Whether commits succeed, and end: a disk that hangs reports no error, and nothing more."""

    runtime: Runtime
    clock: IReactorTime
    longest_commit_seconds: float
    _seen_since: dict[tuple[int, int], float] = field(factory=dict, init=False)

    def is_well(self) -> bool:
        """Whether storage works. To be asked again and again, for it compares with last time."""
        now = self.clock.seconds()
        self._seen_since = {
            commit: self._seen_since.get(commit, now) for commit in self.runtime.commits_under_way
        }
        hangs = any(
            now - since >= self.longest_commit_seconds for since in self._seen_since.values()
        )
        return self.runtime.storage_ok and not hangs


def status_line(runtime: Runtime) -> str:
    """Return what ``systemctl status`` shows: ``hello: ok, 3 sources, 12 deliveries waiting``."""
    if runtime.phase != "ready":
        return "starting" if runtime.phase == "starting" else "stopping"
    if not runtime.storage_ok:
        return f"{_names(runtime)}: the disk refuses; nothing is accepted until it is back"
    projects = runtime.projects.values()
    states: Counter[str] = Counter()
    for project in projects:
        for (_, _, state), count in project.queue.counts().items():
            states[state] += count
    waiting = states[DeliveryState.MATCHED] + states[DeliveryState.WAITING]
    parts = [
        f"{_names(runtime)}: {_health(runtime)}",
        _counted(sum(len(project.sources) for project in projects), "source"),
        f"{_counted(waiting, 'delivery', 'deliveries')} waiting",
    ]
    return ", ".join(parts)


def _names(runtime: Runtime) -> str:
    return ", ".join(runtime.projects) or "no project"


def _health(runtime: Runtime) -> str:
    degraded = [name for project in runtime.projects.values() for name in _degraded(project)]
    if not degraded:
        return "ok"
    more = len(degraded) - _NAMED
    return f"degraded ({', '.join(degraded[:_NAMED])}{f' and {more} more' if more > 0 else ''})"


def _degraded(project: Project) -> Iterator[str]:
    """Name what cannot work just now."""
    for kind, parts in (("source", project.sources), ("actor", project.actors)):
        yield from (f"{kind} {name}" for name, part in parts.items() if part.status != "ok")


def _counted(count: int, one: str, many: str | None = None) -> str:
    return f"{count} {one if count == 1 else many or one + 's'}"


def notifier_of(runtime: Runtime, systemd: Systemd, clock: IReactorTime) -> Notifier | None:
    """Return what tells systemd of the runtime; `None` if it does not want to hear."""
    if systemd.notify_address is None:
        return None
    vitality = Vitality(runtime, clock, systemd.watchdog_seconds or math.inf)
    return Notifier(
        tell=NotifySocket.at(systemd.notify_address).tell,
        watchdog_seconds=systemd.watchdog_seconds,
        clock=clock,
        status=partial(status_line, runtime),
        is_well=vitality.is_well,
        monotonic_ns=time.monotonic_ns,
    )
