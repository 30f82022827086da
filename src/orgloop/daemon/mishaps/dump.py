"""Write into the log what the process is at: all stacks, and how much waits where."""

from __future__ import annotations

import threading
from typing import Any

from attrs import define
from twisted.logger import Logger

from orgloop.daemon.listening import Listeners
from orgloop.daemon.mishaps.stacks import all_stacks
from orgloop.runtime.runtime import Runtime


@define(eq=False)
class Dump:
    """What SIGUSR2 asks for. Called in a signal handler: the reactor may be stuck."""

    _log = Logger()

    reactor: Any
    runtime: Runtime
    listeners: Listeners

    def __call__(self) -> None:
        """Log the stacks at once, and the numbers as soon as the reactor turns."""
        stacks = all_stacks()
        self._log.info("SIGUSR2: {count} threads", count=len(stacks), answer=True)
        for stack in stacks:
            self._log.info(
                "thread {thread} is at {stack}",
                thread=stack.thread,
                stack=" < ".join(reversed(stack.lines)),
                answer=True,
            )
        self.reactor.callFromThread(self._say_numbers)

    def _say_numbers(self) -> None:
        runtime = self.runtime
        if not runtime.is_open:
            return
        self._log.info(
            "{calls} delayed calls, {threads} threads; {connections} connections, {events} events"
            " ({bytes} bytes) on their way into the log",
            calls=len(self.reactor.getDelayedCalls()),
            threads=threading.active_count(),
            connections=self.listeners.connections,
            events=runtime.intake_bound.events,
            bytes=runtime.intake_bound.bytes,
            answer=True,
        )
        for name, project in runtime.projects.items():
            self._log.info(
                "project {project}: {counts}; in flight: {in_flight}",
                project=name,
                counts=_listed(project.queue.counts()) or "no deliveries",
                in_flight=_listed_plainly(project.actors) or "nothing",
                answer=True,
            )


def _listed(counts: Any) -> str:
    """Return the deliveries by actor and state, all routes together."""
    by_actor: dict[tuple[str, str], int] = {}
    for (actor, _, state), count in counts.items():
        key = (actor or "no actor", state)
        by_actor[key] = by_actor.get(key, 0) + count
    return ", ".join(
        f"{count} {state} for {actor}" for (actor, state), count in sorted(by_actor.items())
    )


def _listed_plainly(actors: Any) -> str:
    return ", ".join(f"{one.in_flight} at {name}" for name, one in actors.items() if one.in_flight)
