"""Poll a source when a person asks for it."""

from __future__ import annotations

from attrs import frozen

from orgloop.http.answer import Answer
from orgloop.http.call import Call
from orgloop.http.problem import Refused, not_found, wrong_state
from orgloop.http.projects import candidates, only
from orgloop.http.view import Runtime, Source


@frozen
class Polls:
    """``POST /api/sources/<id>/poll``."""

    _runtime: Runtime

    async def poll(self, call: Call) -> Answer:
        """Poll now, or wait for the poll under way, and answer how that went."""
        project, source = self._find(call.names["source"], call.body("project").text("project"))
        if source.kind == "webhook" and not source.is_polled:
            raise Refused(
                wrong_state(
                    f"source {source.definition.id} is a webhook: it is not polled",
                    f"POST what it should report to /webhook/{source.definition.id}",
                )
            )
        events, errors = source.event_count, source.error_count
        await source.poll_now()
        has_failed = source.error_count > errors
        return Answer.of(
            {
                "source": source.definition.id,
                "project": project,
                "ok": not has_failed,
                "events_created": source.event_count - events,
                "error": source.last_error if has_failed else None,
            }
        )

    def _find(self, name: str, project: str | None) -> tuple[str, Source]:
        found = [one for one in candidates(self._runtime, project) if name in one.sources]
        chosen = only(found, f"source {name!r}")
        if chosen is None:
            raise Refused(
                not_found(
                    "there is no source of that name", "GET /api/sources lists those that there are"
                )
            )
        return chosen.name, chosen.sources[name]
