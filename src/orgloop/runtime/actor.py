"""An actor as it runs in a project."""

from __future__ import annotations

from attrs import define

from orgloop.config.model import ActorDefinition
from orgloop.flow.circuit import Circuit
from orgloop.flow.lane import Lane
from orgloop.interfaces import IActor
from orgloop.runtime.startup import Startup


@define(eq=False, kw_only=True)
class RunningActor:
    """One actor: its definition, its instance on its way up, its lane, and the lane's circuit."""

    definition: ActorDefinition
    startup: Startup[IActor]
    lane: Lane
    circuit: Circuit

    @property
    def status(self) -> str:
        """``ok`` or ``degraded``: its deliveries wait and are not tried."""
        return "ok" if self.startup.reason is None and self.circuit.is_closed else "degraded"

    @property
    def reason(self) -> str | None:
        """Why it is degraded."""
        return self.startup.reason or self.circuit.reason

    @property
    def in_flight(self) -> int:
        return self.lane.in_flight
