"""Let events go through the routes again."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from attrs import frozen

from orgloop.event import EVENT_TYPES
from orgloop.http.answer import Answer
from orgloop.http.call import Call
from orgloop.http.fields import Fields
from orgloop.http.problem import Problem, Refused, bad_field, not_found
from orgloop.http.projects import candidates, only
from orgloop.http.shapes import event_of
from orgloop.http.together import together
from orgloop.http.view import Project, Runtime
from orgloop.records import EventQuery, EventRecord

_PAGE = 100
LARGEST_PAGE = 500
_RANGE = ("from", "to", "sources", "types")
_CURSOR = re.compile(r"(\d{1,18})-(\d{1,18})")


@frozen
class Replays:
    """``POST /api/events/<id>/replay`` and ``POST /api/replay``."""

    _runtime: Runtime

    async def event(self, call: Call) -> Answer:
        """Replay one event; with ``dry_run``, say along which routes that would be."""
        body = call.body("routes", "dry_run", "project")
        project, record = await self._find(call.names["event_id"], body.text("project"))
        if event_of(record) is None:
            raise Refused(_DAMAGED)
        done = await _replay(project, [record], body)
        return Answer.of({"event_id": record.id, **_answer(project, body, done)})

    async def range(self, call: Call) -> Answer:
        """Replay a page of what was accepted in a time, oldest first.

        ``cursor`` of the answer leads to the next page. What is accepted after the first page was
        asked for is not part of it: a replay does not replay what it gives rise to.
        """
        body = call.body(*_RANGE, "routes", "project", "dry_run", "cursor", "limit")
        if not any(body.has(name) for name in _RANGE):
            raise Refused(_NOTHING_NAMED)
        project = self._project(body)
        after, last = await self._stretch(body)
        limit = body.number("limit", 1, LARGEST_PAGE) or _PAGE
        records = await self._runtime.log.query(
            EventQuery(
                project=project.name,
                sources=body.words("sources"),
                types=body.words("types", EVENT_TYPES),
                accepted_from=body.moment("from"),
                accepted_to=body.moment("to"),
                after_seq=after,
                before_seq=last + 1,
                limit=limit,
                oldest_first=True,
            )
        )
        done = await _replay(project, records, body)
        cursor = f"{records[-1].seq}-{last}" if len(records) == limit else None
        return Answer.of({**_answer(project, body, done), "events": len(records), "cursor": cursor})

    async def _find(self, event_id: str, name: str | None) -> tuple[Project, EventRecord]:
        found = {
            project.name: record
            for project in candidates(self._runtime, name)
            if (record := await self._runtime.log.get(project.name, event_id)) is not None
        }
        project = only([self._runtime.projects[name] for name in found], "the event")
        if project is None:
            raise Refused(
                not_found("no event of that id is held", "GET /api/events lists what is retained")
            )
        return project, found[project.name]

    def _project(self, body: Fields) -> Project:
        project = only(candidates(self._runtime, body.text("project")), "what this names")
        if project is None:
            raise Refused(not_found("no project is loaded"))
        return project

    async def _stretch(self, body: Fields) -> tuple[int, int]:
        """Return the sequence numbers behind which the page begins and at which the last ends."""
        text = body.text("cursor")
        if text is None:
            return 0, await self._runtime.log.high()
        match = _CURSOR.fullmatch(text)
        if match is None:
            raise Refused(
                bad_field("cursor", "not one that an answer gave", "leave it out to begin anew")
            )
        return int(match[1]), int(match[2])


Done = list[tuple[EventRecord, str, str | None]]


async def _replay(project: Project, records: Sequence[EventRecord], body: Fields) -> Done:
    """Replay events, asked for in their order and together: they become durable together."""
    routes, dry_run = body.words("routes", project.routes), body.flag("dry_run")
    ways = await together(
        project.desk.replay(record, routes, dry_run=dry_run) for record in records
    )
    return [
        (record, route, delivery_id)
        for record, found in zip(records, ways, strict=True)
        for route, delivery_id in found
    ]


def _answer(project: Project, body: Fields, done: Done) -> dict[str, Any]:
    return {
        "project": project.name,
        "dry_run": body.flag("dry_run"),
        "count": len(done),
        "deliveries": [
            {"event_id": record.id, "route": route, "delivery_id": delivery_id}
            for record, route, delivery_id in done
        ],
    }


_DAMAGED = Problem(
    409,
    "damaged_event",
    "the event is damaged on disk and cannot be replayed",
    "`orgloop data check` says what else is",
)
_NOTHING_NAMED = Problem(
    400,
    "bad_field",
    "nothing says which events to replay",
    f"give at least one of {', '.join(_RANGE)}",
)
