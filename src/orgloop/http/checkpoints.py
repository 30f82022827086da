"""Where polling goes on: shown, set and reset, also while a source is being polled."""

from __future__ import annotations

from typing import Any

from attrs import frozen

from orgloop.http.answer import Answer
from orgloop.http.call import Call
from orgloop.http.fields import Fields
from orgloop.http.problem import Refused, bad_field, not_found
from orgloop.http.projects import candidates, only
from orgloop.http.view import Project, Runtime
from orgloop.times import to_iso

_LONGEST = 1_000_000  # characters: a checkpoint is read whole at each start


@frozen
class Checkpoints:
    """``/api/checkpoints``."""

    _runtime: Runtime

    async def show(self, call: Call) -> Answer:
        """Answer every checkpoint that is kept, those of sources that went away included."""
        found = []
        for project in candidates(self._runtime, call.text("project")):
            for source, checkpoint, updated_at in await self._runtime.checkpoints.list(
                project.name
            ):
                found.append(_shape(project, source, checkpoint, updated_at))
        return Answer.of(found)

    async def put(self, call: Call) -> Answer:
        """Let a source go on from ``checkpoint``; a poll under way does not undo it."""
        body = call.body("checkpoint", "project")
        checkpoint = body.given("checkpoint")
        if checkpoint is None:
            raise Refused(bad_field("checkpoint", "it is missing", 'write it as "…"'))
        if len(checkpoint) > _LONGEST:
            raise Refused(bad_field("checkpoint", "too long", f"at most {_LONGEST} characters"))
        project = await self._project(call.names["source"], _named(call, body))
        source = project.sources.get(call.names["source"])
        if source is None:
            raise Refused(_NO_SOURCE)
        await source.move(checkpoint)
        now = to_iso(self._runtime.now_ms())
        return Answer.of(_shape(project, call.names["source"], checkpoint, now))

    async def delete(self, call: Call) -> Answer:
        """Let a source start over; answer whether it had a checkpoint."""
        name = call.names["source"]
        project = await self._project(name, _named(call, call.body("project")))
        source = project.sources.get(name)
        if source is not None:
            existed = await source.move(None)
        elif not (existed := await self._runtime.checkpoints.delete(project.name, name)):
            raise Refused(_NO_SOURCE)
        return Answer.of({"source": name, "project": project.name, "existed": existed})

    async def _project(self, source: str, name: str | None) -> Project:
        found = candidates(self._runtime, name)
        if len(found) > 1:
            found = [one for one in found if await self._knows(one, source)]
        project = only(found, f"source {source!r}")
        if project is None:
            raise Refused(_NO_SOURCE)
        return project

    async def _knows(self, project: Project, source: str) -> bool:
        kept = await self._runtime.checkpoints.list(project.name)
        return source in project.sources or any(name == source for name, _, _ in kept)


def _named(call: Call, body: Fields) -> str | None:
    return body.text("project") or call.text("project")


def _shape(project: Project, source: str, checkpoint: str, updated_at: str) -> dict[str, Any]:
    return {
        "source": source,
        "project": project.name,
        "checkpoint": checkpoint,
        "updated_at": updated_at,
    }


_NO_SOURCE = not_found(
    "there is no source of that name", "GET /api/sources lists those that there are"
)
