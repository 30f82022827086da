"""What people and service managers ask of the runtime as a process."""

from __future__ import annotations

from typing import Any

from attrs import frozen

from orgloop.http.answer import Answer
from orgloop.http.call import Call
from orgloop.http.problem import Refused, not_found
from orgloop.http.shapes import module_summary, source_status, supervision_shape
from orgloop.http.view import Project, Runtime, Source


@frozen
class Control:
    """``/control``. A project is a module here, as in the TypeScript OrgLoop."""

    _runtime: Runtime

    async def status(self, call: Call) -> Answer:
        """Answer what runs."""
        runtime = self._runtime
        return Answer.of(
            {
                "running": True,
                "pid": runtime.pid,
                "uptime_ms": runtime.uptime_ms(),
                "httpPort": runtime.http_port,
                "phase": runtime.phase,
                "runtime_id": runtime.runtime_id,
                **supervision_shape(runtime),
                "modules": self._modules(),
            }
        )

    async def shutdown(self, call: Call) -> Answer:
        """Begin a graceful shutdown and say so before it happens."""
        self._runtime.request_shutdown()
        return Answer.of({"ok": True}, status=202)

    async def modules(self, call: Call) -> Answer:
        """Answer the projects that are loaded."""
        return Answer.of({"modules": self._modules()})

    async def module(self, call: Call) -> Answer:
        """Answer one project."""
        project = self._runtime.projects.get(call.names["name"])
        if project is None:
            known = ", ".join(sorted(self._runtime.projects)) or "none"
            raise Refused(not_found("no project of that name is loaded", f"loaded: {known}"))
        return Answer.of(self._module(project))

    def _modules(self) -> list[dict[str, Any]]:
        return [self._module(project) for project in self._runtime.projects.values()]

    def _module(self, project: Project) -> dict[str, Any]:
        shown = module_summary(project, self._runtime.now_ms())
        shown["health"] = [_health(source) for source in project.sources.values()]
        return shown


def _health(source: Source) -> dict[str, Any]:
    return {
        "sourceId": source.definition.id,
        "status": source_status(source),
        "lastPollAttempt": source.last_poll,
        "consecutiveErrors": source.consecutive_errors,
        "lastError": source.last_error,
        "totalEventsEmitted": source.event_count,
    }
