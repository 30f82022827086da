"""Poll a stand-in for GitHub without a reactor."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from attrs import define, field
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock

from orgloop.connectors.github.config import GitHubConfig
from orgloop.connectors.github.source import GitHubSource
from orgloop.durations import Duration
from orgloop.event import EventDraft
from orgloop.reports import PollResult
from orgloop.testing.github import FakeGitHub
from orgloop.testing.lending import lend

_STEP_SECONDS = 3.0
_MOST_WAITS = 100


@define(eq=False)
class Polls:
    """Poll again and again, with a new source each time unless told otherwise."""

    github: FakeGitHub
    options: dict[str, Any] = field(factory=dict)
    checkpoint: str | None = None
    clock: Clock = field(factory=Clock)
    keeps_source: bool = False
    while_waiting: Callable[[], Any] | None = None
    """Called once when a poll begins to wait."""
    _source: GitHubSource | None = None

    def poll(self, before: Callable[[Any], None] | None = None) -> list[EventDraft]:
        """Poll once, keep the checkpoint, and return what is reported; raise what it raises."""
        result = self.ask(before)
        self.checkpoint = result.checkpoint or self.checkpoint
        return list(result.events)

    def ask(self, before: Callable[[Any], None] | None = None) -> PollResult:
        """Poll once from the checkpoint there is, and do not keep the new one."""
        source = self._source or self.make(before)
        self._source = source if self.keeps_source else None
        return now(source.poll(self.checkpoint), self._wait)

    def _wait(self) -> None:
        """Let time pass here and at GitHub."""
        if self.while_waiting is not None:
            self.while_waiting()
            self.while_waiting = None
        for repository in self.github.repositories.values():
            repository.advance(_STEP_SECONDS)
        self.clock.advance(_STEP_SECONDS)

    def make(self, before: Callable[[Any], None] | None = None) -> GitHubSource:
        http = self.github.client(before)
        context = lend(Path("/"), http=http, clock=self.clock)
        options = {"repo": ("acme/shop",), "token": self.github.token, **self.options}
        return GitHubSource(GitHubConfig(**options), context)


def now(coroutine: Any, wait: Callable[[], None] | None = None) -> Any:
    """Return what a coroutine returns that waits for nothing but what ``wait`` brings about.

    Raise what it raises.
    """
    outcome: list[Any] = []
    Deferred.fromCoroutine(coroutine).addBoth(outcome.append)
    for _ in range(_MOST_WAITS):
        if wait is None or outcome:
            break
        wait()
    assert outcome, "it waits for something"
    if hasattr(outcome[0], "raiseException"):
        outcome[0].raiseException()
    return outcome[0]


def kinds(drafts: list[EventDraft]) -> list[str]:
    """Return what the events are about."""
    return [draft.provenance["platform_event"] for draft in drafts]


BEGIN_NOW = {"initial_lookback": Duration(0)}
