"""The linear source: ask what changed since the last time."""

from __future__ import annotations

from attrs import define, field
from twisted.logger import Logger
from zope.interface import implementer

from orgloop.connectors.linear.api import LinearAPI, RateLimited
from orgloop.connectors.linear.config import LinearConfig
from orgloop.connectors.linear.polling.comments import read_comments
from orgloop.connectors.linear.polling.issues import IssueReader
from orgloop.connectors.linear.polling.memory import Memory, read_memory
from orgloop.connectors.linear.polling.scope import Scope, find_scope
from orgloop.event import EventDraft
from orgloop.interfaces import IPollingSource
from orgloop.plugin import PluginContext
from orgloop.reports import PollResult
from orgloop.times import to_epoch_ms


@implementer(IPollingSource)
@define(eq=False)
class LinearSource:
    """Report what changes about a team's issues; see `IPollingSource`.

    Drafts are made of what Linear answers and what the checkpoint remembers, never of our clock: a
    poll that is made again gives everything the name it had.
    """

    _log = Logger()

    _config: LinearConfig
    _context: PluginContext
    _api: LinearAPI = field(init=False, repr=False)
    _issues: IssueReader = field(init=False, repr=False)
    _scope: Scope | None = field(default=None, init=False)

    def __attrs_post_init__(self) -> None:
        self._api = LinearAPI(self._config.api_key, self._config.api_url, self._context)
        self._issues = IssueReader(self._api, self._context.clock.seconds)

    async def start(self) -> None:
        """Nothing needs to be ready: the first poll finds the team."""

    async def stop(self) -> None:
        """Nothing is held: connections are the client's."""

    async def poll(self, checkpoint: str | None) -> PollResult:
        """See `IPollingSource.poll`."""
        memory = self._beginning() if checkpoint is None else read_memory(checkpoint)
        if self._scope is None:
            self._scope = await find_scope(self._api, self._config.team, self._config.project)
        drafts = await self._news(memory, self._scope)
        memory.trim()
        wanted = [draft for draft in drafts if self._config.wants(draft)]
        wanted.sort(key=lambda draft: to_epoch_ms(draft.timestamp or ""))
        return PollResult(wanted, memory.to_text())

    def _beginning(self) -> Memory:
        begin = self._context.now_ms() - self._config.initial_lookback.milliseconds
        return Memory(begin, begin)

    async def _news(self, memory: Memory, scope: Scope) -> list[EventDraft]:
        """Return what happened; only a part of it, if Linear's patience ends midway."""
        drafts: list[EventDraft] = []
        floor = memory.issues_floor
        try:
            if self._config.wants_issues:
                drafts += await self._issues.read(memory, scope)
            if self._config.wants_comments:
                drafts += await read_comments(self._api, memory, scope)
        except RateLimited as error:
            if memory.issues_floor == floor and not drafts:
                raise
            self._log.warn(
                "{source} goes on with its backlog later: {error}",
                source=self._context.id,
                error=error,
            )
        return drafts
