"""The github source: what happened in repositories since the last poll."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import define, field, frozen
from twisted.internet.defer import Deferred, DeferredSemaphore, FirstError, gatherResults, succeed
from twisted.logger import Logger
from zope.interface import implementer

from orgloop.connectors.github.access import api_of
from orgloop.connectors.github.api import GitHubAPI
from orgloop.connectors.github.capabilities import Capabilities
from orgloop.connectors.github.config import GitHubConfig
from orgloop.connectors.github.errors import GitHubError
from orgloop.connectors.github.position import Checkpoint, Position, moment
from orgloop.connectors.github.repositories import EVERY, OwnersRepositories
from orgloop.connectors.github.repository import RepositoryPoll
from orgloop.connectors.github.scope import Scope
from orgloop.errors import RequestFailed
from orgloop.event import EventDraft
from orgloop.interfaces import IPollingSource
from orgloop.plugin import PluginContext
from orgloop.reports import PollResult

# GitHub asks for requests to be made one after another; a few at a time it bears.
_AT_ONCE = 3
# A poll that takes longer than its time-out has been for nothing: no repository is begun when half
# of the usual one (two minutes) is over, and the next poll begins with those that were left.
_BEGIN_SECONDS = 60.0


@frozen
class _Outcome:
    """What came of the poll of one repository."""

    name: str
    position: Position | None = None
    drafts: Sequence[EventDraft] = ()
    error: GitHubError | RequestFailed | None = None
    is_left: bool = False
    """Whether there was no time for it."""


@implementer(IPollingSource)
@define(eq=False)
class GitHubSource:
    """Report what happened in repositories; see `IPollingSource`.

    Nothing is kept between polls but what was found out about the server: all else is in the
    checkpoint. One repository that fails does not keep the others from going on.
    """

    _log = Logger()

    _config: GitHubConfig
    _context: PluginContext
    _api: GitHubAPI = field(init=False, repr=False)
    _scope: Scope = field(init=False)
    _capabilities: Capabilities = field(factory=Capabilities, init=False)
    _left: str | None = field(default=None, init=False)
    """The first repository that there was no time for in the last poll."""
    _failing: set[str] = field(factory=set, init=False)
    """The repositories that could not be polled the last time."""

    def __attrs_post_init__(self) -> None:
        self._api = api_of(self._config, self._context)
        self._scope = Scope.of(self._config)

    async def start(self) -> None:
        """Nothing needs to be ready: the first poll finds out."""

    async def stop(self) -> None:
        """Nothing is held."""

    async def poll(self, checkpoint: str | None) -> PollResult:
        """See `IPollingSource.poll`."""
        place = Checkpoint.parse(checkpoint)
        outcomes = await self._poll_all(await self._names(place), place)
        failed = [outcome for outcome in outcomes if outcome.error is not None]
        if failed and len(failed) == len(outcomes) and failed[0].error is not None:
            raise failed[0].error
        self._tell(failed)
        for outcome in outcomes:
            if outcome.position is not None:
                place.positions[outcome.name.lower()] = outcome.position
        drafts = [draft for outcome in outcomes for draft in outcome.drafts]
        drafts.sort(key=lambda draft: moment(draft.timestamp))
        if place.began is None:
            begun = (one.issues.since for one in place.positions.values())
            place.began = min(begun, default=None)
        text = str(place)
        return PollResult(drafts, None if text == checkpoint else text)

    def _tell(self, failed: Sequence[_Outcome]) -> None:
        """Tell which repositories cannot be polled, each once until it can."""
        for outcome in failed:
            if outcome.name not in self._failing:
                self._log.warn(
                    "{source} cannot poll {repository}: {error}",
                    source=self._context.id,
                    repository=outcome.name,
                    error=outcome.error,
                )
        self._failing = {outcome.name for outcome in failed}

    async def _names(self, place: Checkpoint) -> list[str]:
        owners = OwnersRepositories(self._api, self._capabilities)
        names: dict[str, str] = {}
        for repo in self._config.repo:
            is_all = repo.endswith(EVERY)
            found = await owners.names(repo.removesuffix(EVERY), place) if is_all else [repo]
            for name in found:
                names.setdefault(name.lower(), name)
        first = list(names).index(self._left) if self._left in names else 0
        return [*names.values()][first:] + [*names.values()][:first]

    async def _poll_all(self, names: Sequence[str], place: Checkpoint) -> list[_Outcome]:
        slots = DeferredSemaphore(_AT_ONCE)
        until = self._context.clock.seconds() + _BEGIN_SECONDS
        polls = [slots.run(self._begin_one, name, place, until) for name in names]
        try:
            outcomes: list[_Outcome] = await gatherResults(polls, consumeErrors=True)
        except FirstError as error:  # a fault, or the end of a poll that takes too long
            error.subFailure.raiseException()
        self._left = next((one.name.lower() for one in outcomes if one.is_left), None)
        return outcomes

    def _begin_one(self, name: str, place: Checkpoint, until: float) -> Deferred[_Outcome]:
        if self._context.clock.seconds() >= until:
            return succeed(_Outcome(name, is_left=True))
        return Deferred.fromCoroutine(self._poll_one(name, place))

    async def _poll_one(self, name: str, place: Checkpoint) -> _Outcome:
        try:
            known = place.positions.get(name.lower())
            is_first = known is None
            position = await self._beginning(name, place.began) if known is None else known.copy()
            poll = RepositoryPoll(
                api=self._api,
                clock=self._context.clock,
                scope=self._scope,
                position=position,
                capabilities=self._capabilities,
                warn=self._warn,
                is_first=is_first,
            )
            drafts = await poll.run()
        except (GitHubError, RequestFailed) as error:
            return _Outcome(name, error=error)
        # What is there already when the source is made is not news, whatever second it is from.
        begins_now = place.began is None and self._config.initial_lookback.milliseconds == 0
        return _Outcome(name, position, () if begins_now else drafts)

    async def _beginning(self, name: str, began: int | None) -> Position:
        """Return where a repository is followed from: by GitHub's clock, not by ours."""
        try:
            reply = await self._api.get(f"/repos/{name}")
        except GitHubError as error:
            if error.status != 404:
                raise
            return await self._beginning_unseen(name, error)
        since = reply.server_ms - self._config.initial_lookback.milliseconds
        created = moment(reply.document.get("created_at"))
        if began is not None and created > began:
            since = min(since, created)  # it was made while we were looking
        return Position.beginning(str(reply.document.get("full_name") or name), since)

    async def _beginning_unseen(self, name: str, error: GitHubError) -> Position:
        """Begin where only parts of the API are let through, as gateways do."""
        try:
            reply = await self._api.get(f"/repos/{name}/issues", {"per_page": 1})
        except GitHubError:
            raise error from None
        return Position.beginning(
            name, reply.server_ms - self._config.initial_lookback.milliseconds
        )

    def _warn(self, error: GitHubError) -> None:
        self._log.warn("{source}: {error}", source=self._context.id, error=error)
