"""The filter transform: criteria in process, or one jq expression in a worker process."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import field, frozen
from twisted.internet.interfaces import IReactorTime
from zope.interface import implementer

from orgloop.errors import Dropped
from orgloop.event import Event
from orgloop.interfaces import IAsyncTransform, IInProcessTransform, ITransform
from orgloop.options import option
from orgloop.plugin import PluginContext, Registration
from orgloop.reports import TransformContext
from orgloop.sdk.patterns import Allowance
from orgloop.sdk.rewriting import rewritten
from orgloop.transforms.filter.jq import JqWorker, checked_expression
from orgloop.transforms.filter.matchers import Criteria, criteria

_CRITERIA_SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "additionalProperties": {"type": ["string", "number", "boolean", "null", "array"]},
}


@frozen(kw_only=True)
class FilterConfig:
    """Which events to keep. Nothing configured keeps all."""

    exclude: dict[str, Any] = option(
        "Dot path to value: an event that meets *any* of these is dropped. Asked first.",
        factory=dict,
        convert=criteria,
        schema=_CRITERIA_SCHEMA,
    )
    match: dict[str, Any] = option(
        "Dot path to value: an event must meet *all* of these.",
        factory=dict,
        convert=criteria,
        schema=_CRITERIA_SCHEMA,
    )
    match_any: dict[str, Any] = option(
        "Dot path to value: an event must meet *at least one* of these.",
        factory=dict,
        convert=criteria,
        schema=_CRITERIA_SCHEMA,
    )
    jq: str | None = option(
        "A jq expression over the whole event, in place of the other options.",
        default=None,
        convert=checked_expression,
        schema={"type": "string"},
    )


@implementer(IInProcessTransform)
class CriteriaFilter:
    """Drop what is excluded, and what does not match."""

    def __init__(self, config: FilterConfig, clock: IReactorTime) -> None:
        self._allowance = Allowance(clock)
        test = self._allowance.test
        self._exclude = Criteria.of(config.exclude, test)
        self._match = Criteria.of(config.match, test)
        self._match_any = Criteria.of(config.match_any, test) if config.match_any else None

    async def start(self) -> None:
        """Nothing to make ready."""

    async def stop(self) -> None:
        """Nothing to let go of."""

    def apply(self, event: Event, context: TransformContext) -> Event:
        """Pass or drop the event as it is; see `IInProcessTransform.apply`.

        Raises `PatternTimeout` when the expressions take too long over it.
        """
        self._allowance.begin()
        document = event.to_json()
        if (path := self._exclude.first_met(document)) is not None:
            raise Dropped(f"{path} is excluded")
        if (path := self._match.first_unmet(document)) is not None:
            raise Dropped(f"{path} does not match")
        if self._match_any is not None and self._match_any.first_met(document) is None:
            raise Dropped("it meets nothing of match_any")
        return event


@implementer(IAsyncTransform)
@frozen
class JqFilter:
    """Ask a jq expression: false, null or no answer drops, an object with an ``id`` replaces."""

    expression: str
    _worker: JqWorker = field(repr=False)

    async def start(self) -> None:
        """Announce the use of the worker; it begins with the first event."""
        self._worker.join()

    async def stop(self) -> None:
        """Let the worker go if nobody else uses it."""
        await self._worker.leave()

    async def apply(self, event: Event, context: TransformContext) -> Event:
        """See `IAsyncTransform.apply`; raises `JqFailed` when the expression does."""
        answer = await self._worker.ask(self.expression, event.to_bytes())
        if answer is None or answer is False:
            raise Dropped("jq says no")
        is_event = isinstance(answer, dict) and answer.get("id")
        return rewritten(event, answer) if is_event else event


def make_filter(config: FilterConfig, context: PluginContext) -> ITransform:
    """Return the kind of filter that the options ask for."""
    if config.jq is None:
        return CriteriaFilter(config, context.clock)
    worker = context.shared.one(
        JqWorker, lambda: JqWorker(context.processes, context.clock, context.environ)
    )
    return JqFilter(config.jq, worker)


registration = Registration(id="filter", transform=make_filter, config=FilterConfig)
