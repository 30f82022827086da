"""Inboxes: what waits for which session, handed out under a lease."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from attrs import frozen

from orgloop.http.answer import Answer
from orgloop.http.call import Call
from orgloop.http.problem import (
    DRAINING,
    Refused,
    bad_field,
    bad_value,
    wrong_method,
)
from orgloop.http.projects import candidates, only
from orgloop.http.shapes import iso
from orgloop.http.view import Project, Runtime
from orgloop.records import Inbox

_WHICH = "name the session; `orgloop inbox list` shows which there are"
_NOTHING = {"pending": 0, "leased": 0, "oldest_event_at": None}


@frozen
class Inboxes:
    """``/api/inbox``."""

    _runtime: Runtime

    async def list(self, call: Call) -> Answer:
        """Answer every inbox that holds something."""
        found = await self._all(call.text("project"))
        return Answer.of({"sessions": [_shape(project, inbox) for project, inbox in found]})

    async def status(self, call: Call) -> Answer:
        """Answer what one inbox holds, or all together."""
        key, name = call.given("session_key"), call.text("project")
        if key is not None:
            project = await self._project(key, name)
            inbox = await project.queue.inbox(key) if project is not None else None
            nothing = {"sessionKey": key, **_NOTHING}
            return Answer.of(_shape(project, inbox) if project and inbox else nothing)
        inboxes = [inbox for _, inbox in await self._all(name)]
        return Answer.of(
            {
                "sessions": len(inboxes),
                "pending": sum(inbox.pending for inbox in inboxes),
                "leased": sum(inbox.leased for inbox in inboxes),
                "oldest_event_at": iso(_oldest(inboxes)),
            }
        )

    async def drain(self, call: Call) -> Answer:
        """Hand out the next events of a session; what was handed out before is settled by that."""
        if call.is_head:
            raise Refused(wrong_method("GET"))
        if self._runtime.phase == "draining":
            raise Refused(DRAINING)
        key, limit = call.given("session_key"), call.at_most()
        if key is None:
            raise Refused(bad_value("session_key", "it is missing", _WHICH))
        project = await self._project(key, call.text("project"))
        if project is None:
            return Answer.of({"events": [], "remaining": 0, "continuation": None, "settled": 0})
        handout = await project.desk.drain(key, limit)
        return Answer.of(
            {
                "events": [event.to_json() for event in handout.events],
                "remaining": handout.remaining,
                "continuation": handout.lease,
                "settled": handout.settled,
            }
        )

    async def acknowledge(self, call: Call) -> Answer:
        """Settle what was handed out, without asking for more."""
        body = call.body("session_key", "continuation", "project")
        key = body.given("session_key")
        if key is None:
            raise Refused(bad_field("session_key", "it is missing", _WHICH))
        project = await self._project(key, body.text("project"))
        if project is None:
            return Answer.of({"settled": 0})
        return Answer.of(
            {"settled": await project.desk.acknowledge(key, body.text("continuation"))}
        )

    async def _all(self, name: str | None) -> Sequence[tuple[Project, Inbox]]:
        return [
            (project, inbox)
            for project in candidates(self._runtime, name)
            for inbox in await project.queue.inboxes()
        ]

    async def _project(self, key: str, name: str | None) -> Project | None:
        """Return the project with that inbox; an empty inbox is none."""
        found = candidates(self._runtime, name)
        if len(found) > 1:
            found = [one for one in found if await one.queue.inbox(key) is not None]
        return only(found, "the session")


def _shape(project: Project, inbox: Inbox) -> dict[str, Any]:
    return {
        "sessionKey": inbox.session_key,
        "pending": inbox.pending,
        "leased": inbox.leased,
        "oldest_event_at": iso(inbox.oldest_at),
        "route": inbox.route,
        "actor": inbox.actor,
        "project": project.name,
    }


def _oldest(inboxes: Sequence[Inbox]) -> int | None:
    return min((one.oldest_at for one in inboxes if one.oldest_at is not None), default=None)
