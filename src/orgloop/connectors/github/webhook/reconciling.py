"""A github-webhook source that looks for what was not delivered."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from copy import deepcopy
from datetime import datetime, timedelta

from attrs import define, field
from twisted.logger import Logger
from zope.interface import implementer

from orgloop.connectors.github.access import api_of
from orgloop.connectors.github.config import GitHubConfig
from orgloop.connectors.github.errors import GitHubError
from orgloop.connectors.github.position import moment
from orgloop.connectors.github.source import GitHubSource
from orgloop.connectors.github.webhook.config import GitHubWebhookConfig
from orgloop.connectors.github.webhook.hooks import Hooks
from orgloop.connectors.github.webhook.mark import Mark
from orgloop.connectors.github.webhook.source import GitHubWebhookSource
from orgloop.connectors.github.webhook.undelivered import Undelivered
from orgloop.connectors.github.webhook.wanted import spoken
from orgloop.durations import Duration
from orgloop.errors import RequestFailed
from orgloop.event import EventDraft
from orgloop.interfaces import IScheduledSource
from orgloop.plugin import PluginContext
from orgloop.reports import PollResult

_CATCHING_UP = timedelta(seconds=1)
_Look = Callable[[Mark], Awaitable[Sequence[EventDraft]]]


@implementer(IScheduledSource)
@define(eq=False)
class ReconcilingSource(GitHubWebhookSource):
    """Report what GitHub delivers, and at an interval what it could not.

    There are two ways to know, and both are gone. GitHub keeps what it tried to deliver, and that
    has the identity of the delivery. And comments and reviews are polled as the source ``github``
    does; they are known by themselves, so it does not matter if they were delivered, too.
    """

    _log = Logger()

    _undelivered: Undelivered = field(init=False)
    _polling: GitHubSource | None = field(init=False)
    """What polls comments and reviews, if they are wanted."""
    _troubles: set[str] = field(factory=set, init=False)

    def __attrs_post_init__(self) -> None:
        told = polled_as(self.config)
        hooks = Hooks(api_of(told, self.context), told.repo[0])
        self._undelivered = Undelivered(self, hooks)
        self._polling = GitHubSource(told, self.context) if spoken(self.config.events) else None

    def next_due(self, checkpoint: str | None, after: datetime) -> datetime:
        """See `IScheduledSource.next_due`."""
        if Mark.parse(checkpoint).is_behind:
            return after + _CATCHING_UP
        return after + timedelta(milliseconds=self.config.reconciliation_interval_ms)

    async def poll(self, checkpoint: str | None) -> PollResult:
        """See `IPollingSource.poll`. It has failed where no way leads anywhere."""
        mark, drafts = Mark.parse(checkpoint), list[EventDraft]()
        ways: dict[str, _Look] = {"deliveries that failed": self._undelivered.look}
        if self._polling is not None:
            ways["comments and reviews"] = self._poll
        errors: dict[str, GitHubError | RequestFailed] = {}
        for what, look in ways.items():
            reached = deepcopy(mark)  # what a look that fails has noted does not count
            try:
                drafts += await look(reached)
            except (GitHubError, RequestFailed) as error:
                errors[what] = error
            else:
                mark = reached
        if len(errors) == len(ways):
            raise next(iter(errors.values()))
        self._tell(errors)
        text = str(mark)
        return PollResult(_in_order(drafts), None if text == checkpoint else text)

    async def _poll(self, mark: Mark) -> Sequence[EventDraft]:
        assert self._polling is not None
        result = await self._polling.poll(mark.polled)
        mark.polled = result.checkpoint or mark.polled
        return result.events

    def _tell(self, errors: dict[str, GitHubError | RequestFailed]) -> None:
        """Tell what cannot be looked at, once until it can."""
        for what, error in errors.items():
            if what not in self._troubles:
                self._log.warn(
                    "{source} cannot look for {what}: {error}",
                    source=self.context.id,
                    what=what,
                    error=error,
                )
        self._troubles = set(errors)


def polled_as(config: GitHubWebhookConfig) -> GitHubConfig:
    """Return how the polling source would be configured to see what this one does."""
    assert config.token is not None
    assert config.repository is not None
    return GitHubConfig(
        repo=(config.repository,),
        token=config.token,
        events=spoken(config.events),
        api_url=config.api_url,
        initial_lookback=Duration(config.reconciliation_lookback_ms),
    )


def _in_order(drafts: Iterable[EventDraft]) -> list[EventDraft]:
    """Return drafts oldest first; one that was found in two ways once."""
    once: dict[str | None, EventDraft] = {}
    for draft in drafts:
        once.setdefault(draft.key, draft)
    return sorted(once.values(), key=lambda draft: moment(draft.timestamp))


def make_source(config: GitHubWebhookConfig, context: PluginContext) -> GitHubWebhookSource:
    """Return a source that reconciles if it is told how to; see `Registration`."""
    kind = ReconcilingSource if config.reconciles else GitHubWebhookSource
    return kind(config, context)
