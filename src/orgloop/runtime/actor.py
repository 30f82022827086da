"""An actor as it runs in a project."""

from __future__ import annotations

from attrs import define

from orgloop.config.model import ActorDefinition
from orgloop.flow.lane import Lane
from orgloop.interfaces import IActor
from orgloop.runtime.startup import Startup


@define(eq=False, kw_only=True)
class RunningActor:
    """One actor: its definition, its instance on its way up, and its lane."""

    definition: ActorDefinition
    startup: Startup[IActor]
    lane: Lane

    @property
    def status(self) -> str:
        """``ok`` or ``degraded``: its deliveries wait and are not tried."""
        return "ok" if self.startup.reason is None else "degraded"

    @property
    def reason(self) -> str | None:
        """Why it is degraded."""
        return self.startup.reason

    @property
    def in_flight(self) -> int:
        return self.lane.in_flight
