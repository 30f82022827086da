"""Deliveries of several projects in one list, page by page, newest first."""

from __future__ import annotations

import base64
import heapq
from collections.abc import Mapping, Sequence

import orjson
from attrs import evolve, frozen

from orgloop.delivery import Delivery
from orgloop.http.answer import Headers
from orgloop.http.call import Call
from orgloop.http.problem import Refused, bad_value
from orgloop.http.view import Project, Runtime
from orgloop.identity import event_seq_of
from orgloop.records import DeliveryQuery


@frozen
class DeliveryPages:
    """What every list of deliveries has in common."""

    _runtime: Runtime

    async def page(self, call: Call, query: DeliveryQuery) -> tuple[list[Delivery], Headers]:
        """Return the deliveries that match and the header that leads to the next page.

        The parameters ``project``, ``event``, ``limit`` and ``cursor`` are read here.
        """
        limit, events, cursor = call.limit(), call.words("event"), _read_cursor(call)
        wanted = evolve(query, limit=limit + 1)
        pages = [
            await self._of_project(project, wanted, events, cursor.get(project.name))
            for project in self._projects(call)
        ]
        merged = list(heapq.merge(*pages, key=_newest_first))
        shown = merged[:limit]
        if len(merged) <= limit:
            return shown, ()
        reached = {**cursor, **{row.project: row.id for row in shown}}
        return shown, call.next_page(_write_cursor(reached))

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
    if not isinstance(reached, dict) or not all(map(is_delivery_id, reached.values())):
        raise Refused(
            bad_value("cursor", "not one that a Link header gave", "leave it out to begin anew")
        )
    return reached


def is_delivery_id(name: object) -> bool:
    """Whether a delivery can have this id."""
    return isinstance(name, str) and event_seq_of(name) is not None
