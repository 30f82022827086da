"""Take in events from tools and from agents in mid-session."""

from __future__ import annotations

from typing import Any

from attrs import frozen

from orgloop.errors import InvalidEvent
from orgloop.event import EventDraft
from orgloop.http.answer import Answer
from orgloop.http.call import Call
from orgloop.http.problem import Problem, Refused
from orgloop.http.projects import shown, unknown_project
from orgloop.http.view import Project, Runtime
from orgloop.http.webhooks import accepted_answer, cause_of


@frozen
class Emit:
    """``POST /api/events``."""

    _runtime: Runtime

    async def emit(self, call: Call) -> Answer:
        """Keep one event; ``type``, ``source`` and ``payload`` are enough."""
        document = call.json_object()
        source = document.get("source")
        if not isinstance(source, str) or not source:
            raise InvalidEvent(["source: the id of a source or an actor, a non-empty string"])
        project = self._project(source, document.get("project") or call.text("project"))
        draft = EventDraft.from_json(document, _platform(project, source))
        accepted = await project.accept(source, [draft], cause=cause_of(call.headers))
        return accepted_answer(accepted)

    def _project(self, source: str, name: object) -> Project:
        projects = [
            project
            for project in self._runtime.projects.values()
            if project.accepts_from(source) and name in (None, project.name)
        ]
        if len(projects) == 1:
            return projects[0]
        if projects:
            raise Refused(_ambiguous(source, projects))
        if name is not None and not (isinstance(name, str) and name in self._runtime.projects):
            raise Refused(unknown_project(self._runtime, name))
        raise Refused(self._unknown(source))

    def _unknown(self, source: str) -> Problem:
        known = sorted(
            {
                component
                for project in self._runtime.projects.values()
                for component in (*project.sources, *project.actors)
            }
        )
        return Problem(
            400,
            "unknown_source",
            f"source: there is no source or actor {shown(source)}",
            f"known: {', '.join(known[:20]) or 'none'}",
        )


def _ambiguous(source: str, projects: list[Project]) -> Problem:
    names = ", ".join(project.name for project in projects)
    return Problem(
        400,
        "ambiguous_source",
        f"source: {source!r} is there in more than one project ({names})",
        "add project with the name of one of them",
    )


def _platform(project: Project, source: str) -> str:
    """Return the platform an event is from if it does not say: its component's connector."""
    component: Any = project.sources.get(source) or project.actors.get(source)
    return component.definition.registration.id if component is not None else "orgloop"
