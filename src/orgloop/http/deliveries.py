"""The list of deliveries, newest first."""

from __future__ import annotations

import base64
import heapq
from collections.abc import Mapping, Sequence

import orjson
from attrs import evolve, frozen

from orgloop.delivery import UNROUTED, Delivery, DeliveryState
from orgloop.http.answer import Answer, Headers
from orgloop.http.call import Call
from orgloop.http.problem import Refused, bad_value
from orgloop.http.shapes import delivery_shape
from orgloop.http.view import Project, Runtime
from orgloop.identity import event_seq_of
from orgloop.records import DeliveryQuery

_STATES = tuple(str(state) for state in DeliveryState if state not in UNROUTED)


@frozen
class Deliveries:
    """``GET /api/deliveries``."""

    _runtime: Runtime

    async def show(self, call: Call) -> Answer:
        """Answer a page of deliveries of all projects, or of one."""
        limit = call.limit()
        query = DeliveryQuery(
            states=call.words("state", _STATES) or _STATES,
            actors=call.words("actor"),
            routes=call.words("route"),
            created_from=call.moment("from"),
            created_to=call.moment("to"),
            limit=limit + 1,
        )
        cursor = _read_cursor(call)
        pages = [
            await self._of_project(project, query, call.words("event"), cursor.get(project.name))
            for project in self._projects(call)
        ]
        merged = list(heapq.merge(*pages, key=_newest_first))
        shown = merged[:limit]
        headers: Headers = ()
        if len(merged) > limit:
            reached = {**cursor, **{row.project: row.id for row in shown}}
            headers = call.next_page(_write_cursor(reached))
        return Answer.of([delivery_shape(row) for row in shown], headers=headers)

    def _projects(self, call: Call) -> Sequence[Project]:
        names = call.words("project")
        projects = self._runtime.projects.values()
        return [project for project in projects if not names or project.name in names]

    async def _of_project(
        self, project: Project, query: DeliveryQuery, events: Sequence[str], before: str | None
    ) -> list[Delivery]:
        if not events:
            return await project.queue.query(evolve(query, before=before))
        found: list[Delivery] = []
        for event_id in events:
            record = await self._runtime.log.get(project.name, event_id)
            if record is not None:
                found += await project.queue.query(
                    evolve(query, event_seq=record.seq, before=before)
                )
        return sorted(found, key=_newest_first)


def _newest_first(row: Delivery) -> int:
    return -row.created_at


def _write_cursor(reached: Mapping[str, str]) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(reached)).decode("ascii")


def _read_cursor(call: Call) -> dict[str, str]:
    """Return the last delivery seen of each project."""
    text = call.text("cursor")
    if text is None:
        return {}
    try:
        reached = orjson.loads(base64.b64decode(text, altchars=b"-_", validate=True))
    except ValueError:
        reached = None
    if not isinstance(reached, dict) or not all(map(_is_delivery, reached.values())):
        raise Refused(
            bad_value("cursor", "not one that a Link header gave", "leave it out to begin anew")
        )
    return reached


def _is_delivery(name: object) -> bool:
    return isinstance(name, str) and event_seq_of(name) is not None
