"""The lists of deliveries, and one delivery with all that is known of it."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import frozen

from orgloop.delivery import OPEN_STATES, UNROUTED, Delivery, DeliveryState
from orgloop.http.answer import Answer
from orgloop.http.call import Call
from orgloop.http.pages import DeliveryPages, is_delivery_id
from orgloop.http.problem import Refused, not_found
from orgloop.http.shapes import delivery_shape, event_of, way_shape
from orgloop.http.view import Project, Runtime
from orgloop.records import DeliveryQuery

_STATES = tuple(str(state) for state in DeliveryState if state not in UNROUTED)
_OPEN = tuple(state for state in _STATES if state in OPEN_STATES)


@frozen
class Deliveries:
    """``/api/deliveries`` and ``/api/queue``."""

    _runtime: Runtime

    async def show(self, call: Call) -> Answer:
        """Answer a page of deliveries, filtered by what they are and what became of them."""
        return await self._page(call, _STATES)

    async def queue(self, call: Call) -> Answer:
        """Answer a page of the deliveries that are not settled."""
        return await self._page(call, _OPEN)

    async def one(self, call: Call) -> Answer:
        """Answer one delivery with its event, the verdicts of transforms and every attempt."""
        project, row = await find_delivery(self._runtime, call.names["delivery_id"])
        histories = await project.queue.histories([row.id])
        record = await self._runtime.log.get(project.name, row.event_id)
        event = event_of(record) if record is not None else None
        shown = None if event is None else event.to_json()
        return Answer.of({**way_shape(row, histories.get(row.id, {}), project), "event": shown})

    async def _page(self, call: Call, states: Sequence[str]) -> Answer:
        query = DeliveryQuery(
            ids=tuple(filter(is_delivery_id, call.words("id"))),
            states=call.words("state", states) or states,
            actors=call.words("actor"),
            routes=call.words("route"),
            created_from=call.moment("from"),
            created_to=call.moment("to"),
            settled_from=call.moment("settled_from"),
            settled_to=call.moment("settled_to"),
            reason=call.text("reason"),
        )
        if call.words("id") and not query.ids:
            return Answer.of([])  # none of them can be the id of a delivery
        rows, headers = await DeliveryPages(self._runtime).page(call, query)
        projects = self._runtime.projects
        return Answer.of(
            [delivery_shape(row, projects[row.project]) for row in rows], headers=headers
        )


async def find_delivery(runtime: Runtime, delivery_id: str) -> tuple[Project, Delivery]:
    """Return a delivery and its project; raise `Refused` if there is none of that id."""
    if is_delivery_id(delivery_id):
        for project in list(runtime.projects.values()):
            row = await project.queue.get(delivery_id)
            if row is not None and row.route is not None:
                return project, row
    raise Refused(
        not_found("no delivery of that id is held", "GET /api/deliveries lists what is retained")
    )
