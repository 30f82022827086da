"""Find an event like those that a source of the project reports."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import frozen

from orgloop.config.model import ProjectDefinition, SourceDefinition
from orgloop.config.problems import suggestion
from orgloop.errors import PLUGIN_ERRORS, OrgLoopError
from orgloop.event import EventDraft
from orgloop.plugin import Kind
from orgloop.plugins.names import short_name
from orgloop.runtime.rehearsal.given import Given
from orgloop.runtime.surroundings import Surroundings


class NoSample(OrgLoopError):
    """There is no such event to show; the message says which there are."""


@frozen
class Samples:
    """The events that the sources of a project have to show; see `orgloop.plugin.Registration`."""

    _project: ProjectDefinition
    _surroundings: Surroundings

    async def given(self, wanted: str, source_id: str | None = None) -> Given:
        """Return the event that ``CONNECTOR[:KIND]`` names; the connector may be a source's id.

        Where several sources have the connector, ``source_id`` says which is meant. Raises
        `NoSample`.
        """
        name, _, kind = wanted.partition(":")
        source = self._source(source_id or name)
        drafts = await self._drafts(source)
        by_kind = {str(one.provenance.get("platform_event")): one for one in drafts}
        if not kind:
            return Given(source.id, drafts[0])
        if kind not in by_kind:
            raise NoSample(f"{source.id} shows no event {kind!r}. {suggestion(kind, by_kind)}")
        return Given(source.id, by_kind[kind])

    def _source(self, name: str) -> SourceDefinition:
        sources = self._project.sources
        if name in sources:
            return sources[name]
        short = short_name(Kind.SOURCE, name)
        found = [one for one in sources.values() if one.registration.id == short]
        if len(found) == 1:
            return found[0]
        if found:
            ids = ", ".join(one.id for one in found)
            raise NoSample(f"{name} is the connector of several sources: say which one of {ids}")
        known = {*sources, *(one.registration.id for one in sources.values())}
        raise NoSample(
            f"the project has no source with the connector {name!r}. {suggestion(name, known)}"
        )

    async def _drafts(self, source: SourceDefinition) -> Sequence[EventDraft]:
        make = source.registration.samples
        if make is None:
            raise NoSample(f"the connector of {source.id} has no events to show: give one as JSON")
        context = self._surroundings.context(self._project, source)
        try:
            drafts = list(await make(source.config, context))
        except PLUGIN_ERRORS as error:
            reason = self._project.hidden.conceal(f"{type(error).__name__}: {error}")
            raise NoSample(f"{source.id} fails to make events to show: {reason}") from error
        if not drafts:
            raise NoSample(f"{source.id} has no events to show: give one as JSON")
        return drafts
