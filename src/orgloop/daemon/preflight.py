"""What ``orgloop doctor`` looks at, as far as a start looks at it too."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from attrs import frozen

from orgloop.daemon.prepared import Prepared
from orgloop.doctor.before_start import check_before_start
from orgloop.doctor.check import Check
from orgloop.doctor.plugins import check_services, uses_network
from orgloop.doctor.threads import Threads
from orgloop.interfaces import IHTTPClient
from orgloop.runtime.surroundings import Surroundings


@frozen
class PreFlight:
    """What was found before the process may fork."""

    errors: tuple[str, ...] = ()
    """What stops the start."""
    warnings: tuple[str, ...] = ()

    @classmethod
    def of(cls, prepared: Prepared, now_ms: Callable[[], int]) -> PreFlight:
        """Look at what can be told at once, without the network."""
        home, environ = prepared.home, prepared.environ
        found = check_before_start(prepared.definition, home, environ, now_ms())
        return cls(_those(found, "error"), _those(found, "degraded"))

    def complaint(self) -> list[str]:
        """Return what to say of a start that was stopped."""
        count = len(self.errors)
        return [
            *(f"orgloop: {error}" for error in self.errors),
            f"orgloop: the start was stopped ({count} {'error' if count == 1 else 'errors'}); "
            "`orgloop doctor` looks at everything, --force starts all the same",
        ]


async def services_in_trouble(
    prepared: Prepared, reactor: Any, http: IHTTPClient, now_ms: Callable[[], int]
) -> tuple[str, ...]:
    """Try the services and credentials of a project; return what is worth a warning.

    Takes three seconds at most and never fails.
    """
    if not uses_network(prepared.definition):
        return ()
    world = Surroundings(
        home=prepared.home.root,
        environ=prepared.environ,
        clock=reactor,
        now_ms=now_ms,
        processes=reactor,
        http=http,
        run_in_thread=Threads(reactor).run,
    )
    return _those(await check_services(prepared.definition, world), "degraded")


def _those(found: Sequence[Check], status: str) -> tuple[str, ...]:
    return tuple(str(check) for check in found if check.status == status)
