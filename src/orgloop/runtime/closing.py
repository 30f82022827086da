"""Put together what closes the loop of a project, and the desk where people change its books."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import define

from orgloop.config.model import ProjectDefinition
from orgloop.flow.audit import Audit
from orgloop.flow.deadlines import Deadlines
from orgloop.flow.desk import Desk
from orgloop.flow.inbox import Notices
from orgloop.flow.intake import Intake
from orgloop.flow.loop import Loop
from orgloop.flow.lost import Lost
from orgloop.flow.matching import RouteIndex
from orgloop.flow.queue_time import QueueTime
from orgloop.flow.route import Route
from orgloop.flow.ties import Ties
from orgloop.flow.waking import Waking
from orgloop.interfaces import IDeliveryQueue
from orgloop.runtime.facilities import Facilities


@define(eq=False, kw_only=True)
class Closing:
    """Make the parts that act on deliveries after their lanes are done with them."""

    facilities: Facilities
    project: ProjectDefinition
    queue: IDeliveryQueue
    queue_time: QueueTime
    routes: Mapping[str, Route]
    intake: Intake
    ties: Ties
    audit: Audit

    def loop(self) -> Loop:
        """Return ties, deadlines and notices, not started yet."""
        notices = self._notices()
        return Loop(self.ties, self._deadlines(notices), notices)

    def _notices(self) -> Notices:
        return Notices(
            project=self.project.name,
            routes=self.routes,
            log=self.facilities.log,
            queue=self.queue,
            intake=self.intake,
            clock=self.facilities.clock,
            tell=self.audit.tell,
        )

    def _deadlines(self, notices: Notices) -> Deadlines:
        shared = self.facilities
        lost = Lost(
            project=self.project.name,
            actors=self.project.actors,
            log=shared.log,
            queue=self.queue,
            intake=self.intake,
            ties=self.ties,
            now_ms=shared.now_ms,
        )
        return Deadlines(
            queue=self.queue,
            queue_time=self.queue_time,
            clock=shared.clock,
            now_ms=shared.now_ms,
            lost=lost,
            audit=self.audit,
            wake_inboxes=notices.rounds.ring,
        )

    def desk(self, waking: Waking) -> Desk:
        """Return where people and agents change the books."""
        return Desk(
            project=self.project.name,
            routes=self.project.routes,
            index=RouteIndex(self.project.routes.values()),
            log=self.facilities.log,
            queue=self.queue,
            queue_time=self.queue_time,
            now_ms=self.facilities.now_ms,
            waking=waking,
            audit=self.audit,
        )
