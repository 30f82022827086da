"""Find out which project a request means."""

from __future__ import annotations

from collections.abc import Sequence

from orgloop.http.problem import Problem, Refused
from orgloop.http.view import Project, Runtime

_SHOWN_LENGTH = 100


def candidates(runtime: Runtime, name: str | None) -> list[Project]:
    """Return the project of that name, or all; raise `Refused` if there is none of that name."""
    if name is None:
        return list(runtime.projects.values())
    if name not in runtime.projects:
        raise Refused(unknown_project(runtime, name))
    return [runtime.projects[name]]


def only(projects: Sequence[Project], what: str) -> Project | None:
    """Return the one of ``projects``, `None` if there is none; raise `Refused` if there are more.

    ``what`` says what they have in common.
    """
    if len(projects) > 1:
        names = ", ".join(project.name for project in projects)
        raise Refused(
            Problem(
                400,
                "ambiguous_project",
                f"project: {what} is there in more than one project ({names})",
                "add project with the name of one of them",
            )
        )
    return projects[0] if projects else None


def unknown_project(runtime: Runtime, name: object) -> Problem:
    """Return the problem of a project that is not loaded."""
    return Problem(
        400,
        "unknown_project",
        f"project: no project {shown(name)} is loaded",
        f"loaded: {', '.join(sorted(runtime.projects)) or 'none'}",
    )


def shown(name: object) -> str:
    """Return what was sent as a message may hold it."""
    text = repr(name)
    return text if len(text) <= _SHOWN_LENGTH else text[:_SHOWN_LENGTH] + "…"
