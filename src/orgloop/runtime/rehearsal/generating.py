"""Find an event like those that a source of the project reports, or that an actor gives rise to."""

from __future__ import annotations

import signal
from collections.abc import Sequence
from typing import Final

from attrs import frozen

from orgloop.config.model import Component, ProjectDefinition
from orgloop.config.problems import suggestion
from orgloop.errors import PLUGIN_ERRORS, OrgLoopError
from orgloop.event import EventDraft
from orgloop.plugin import Kind
from orgloop.plugins.names import short_name
from orgloop.runtime.rehearsal.given import Given
from orgloop.runtime.surroundings import Surroundings
from orgloop.sdk.lifecycle import Session, ended, lifecycle_draft

_SESSION: Final = "sess-42"
_TIMES: Final = {"started_at": "2026-01-15T09:50:00Z", "ended_at": "2026-01-15T10:00:00Z"}


class NoSample(OrgLoopError):
    """There is no such event to show; the message says which there are."""


@frozen
class Samples:
    """Events like those that the sources and actors of a project report."""

    _project: ProjectDefinition
    _surroundings: Surroundings

    async def given(self, wanted: str, party: str | None = None) -> Given:
        """Return the event that ``CONNECTOR[:KIND]`` names; the connector may be a party's id.

        Where several sources or actors have the connector, ``party`` says which is meant. Raises
        `NoSample`.
        """
        name, _, kind = wanted.partition(":")
        component = self._component(party or name)
        drafts = await self._drafts(component)
        by_kind = {_kind(one): one for one in drafts}
        if not kind:
            return Given(component.id, drafts[0])
        if kind not in by_kind:
            raise NoSample(f"{component.id} shows no event {kind!r}. {suggestion(kind, by_kind)}")
        return Given(component.id, by_kind[kind])

    async def kinds(self, name: str) -> list[str]:
        """Return the kinds of events that there are of a connector or a party; see `given`."""
        return [_kind(one) for one in await self._drafts(self._component(name))]

    def _component(self, name: str) -> Component:
        """Return who is meant by an id or a connector: sources come before actors."""
        sources, actors = self._project.sources, self._project.actors
        for parties in (sources, actors):
            if name in parties:
                return parties[name]
        for kind, parties in ((Kind.SOURCE, sources), (Kind.ACTOR, actors)):
            short = short_name(kind, name)
            found = [one for one in parties.values() if one.registration.id == short]
            if len(found) == 1:
                return found[0]
            if found:
                ids = ", ".join(one.id for one in found)
                raise NoSample(
                    f"{name} is the connector of several {kind}s: say which one of {ids}"
                )
        both = {**sources, **actors}
        known = {*both, *(one.registration.id for one in both.values())}
        raise NoSample(
            f"the project has no source or actor with the connector {name!r}. "
            f"{suggestion(name, known)}"
        )

    async def _drafts(self, component: Component) -> Sequence[EventDraft]:
        if component.id in self._project.actors and component.id not in self._project.sources:
            return _endings(component)
        make = component.registration.samples
        if make is None:
            raise NoSample(
                f"the connector of {component.id} has no events to show: give one as JSON"
            )
        context = self._surroundings.context(self._project, component)
        try:
            drafts = list(await make(component.config, context))
        except PLUGIN_ERRORS as error:
            reason = self._project.hidden.reason(error)
            raise NoSample(f"{component.id} fails to make events to show: {reason}") from error
        if not drafts:
            raise NoSample(f"{component.id} has no events to show: give one as JSON")
        return drafts


def _kind(draft: EventDraft) -> str:
    return str(draft.provenance.get("platform_event"))


def _endings(actor: Component) -> Sequence[EventDraft]:
    """Return the ends of an actor's sessions: well, badly, and cut short.

    Whoever reports them, the actor itself, a hook, or the runtime, uses the lifecycle payload.
    """
    platform = actor.registration.id
    provenance = {"author": actor.id, "author_type": "bot", "session_id": _SESSION}
    return [
        lifecycle_draft(
            platform,
            ended(Session(id=_SESSION, adapter=platform, exit_status=status, **_TIMES)),
            provenance=provenance,
            timestamp=_TIMES["ended_at"],
        )
        for status in (0, 1, 128 + signal.SIGINT)
    ]
