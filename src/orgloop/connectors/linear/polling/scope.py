"""Which issues a source is about: those of a team, perhaps of one of its projects."""

from __future__ import annotations

import re
from typing import Any

from attrs import frozen

from orgloop.connectors.linear.api import LinearAPI, LinearError
from orgloop.connectors.linear.polling import queries

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)

_Filter = dict[str, Any]


@frozen
class Scope:
    """A team and projects that exist, and who may read them."""

    viewer: str
    """Whom the key belongs to."""
    team: str
    """Such as ``ENG (Engineering)``."""
    team_id: str
    project_ids: tuple[str, ...] = ()

    def issues_since(self, moment: str) -> _Filter:
        """Return an ``IssueFilter`` for what changed at ``moment`` or later."""
        return {**self._issues(), "updatedAt": {"gte": moment}}

    def comments_since(self, moment: str) -> _Filter:
        """Return a ``CommentFilter`` for what was written at ``moment`` or later."""
        return {"issue": self._issues(), "createdAt": {"gte": moment}}

    def _issues(self) -> _Filter:
        wanted: _Filter = {"team": {"id": {"eq": self.team_id}}}
        if self.project_ids:
            wanted["project"] = {"id": {"in": list(self.project_ids)}}
        return wanted


class NoSuchScope(LinearError):
    """The key sees no such team, or no such project."""

    def __init__(self, what: str, written: str, viewer: str) -> None:
        super().__init__(
            f"Linear shows {viewer} no {what} {written!r}",
            f"correct {what}, or use the key of somebody who may see it",
        )


async def find_scope(api: LinearAPI, team: str | None, project: str | None) -> Scope:
    """Look up a team (by key, name or id) and a project (by name, slug or id).

    Without a team any will do: it shows that the key may read. Raises `NoSuchScope`, and what
    `LinearAPI.ask` raises.
    """
    answer = await api.ask(
        queries.SCOPE,
        team={} if team is None else _called(team, key=team),
        project=None if project is None else _called(project, slugId=_slug(project)),
        hasProject=project is not None,
    )
    if not {"viewer", "teams", "projects" if project else "teams"} <= answer.keys():
        raise LinearError("what was asked is not Linear", "see that api_url leads to its API")
    viewer = str(answer["viewer"].get("name") or answer["viewer"].get("email"))
    teams = answer["teams"]["nodes"]
    if not teams:
        raise NoSuchScope("team", team or "at all", viewer)
    found = next((one for one in teams if one["key"].lower() == (team or "").lower()), teams[0])
    projects = tuple(one["id"] for one in answer["projects"]["nodes"]) if project else ()
    if project and not projects:
        raise NoSuchScope("project", project, viewer)
    return Scope(viewer, f"{found['key']} ({found['name']})", found["id"], projects)


def _slug(project: str) -> str:
    """Return the slug: in a project's URL it stands behind the name and a dash."""
    return project.rpartition("-")[2]


def _called(written: str, **short: str) -> _Filter:
    """Return a filter for what people call something: its id, its short name, or its name."""
    if _UUID.fullmatch(written):
        return {"id": {"eq": written}}
    return {
        "or": [{name: {"eqIgnoreCase": one}} for name, one in {**short, "name": written}.items()]
    }
