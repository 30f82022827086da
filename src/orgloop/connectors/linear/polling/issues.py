"""Ask which issues are new and what changed about others."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from attrs import define, field

from orgloop.connectors.linear.api import LinearAPI, RateLimited, TooComplex
from orgloop.connectors.linear.events.drafts import issue_changed, issue_created
from orgloop.connectors.linear.events.issue import Author, Issue
from orgloop.connectors.linear.events.reading import read_author, read_issue, text
from orgloop.connectors.linear.polling import queries
from orgloop.connectors.linear.polling.entry import Entry, in_time, read_entry
from orgloop.connectors.linear.polling.memory import OVERLAP_MS, Memory
from orgloop.connectors.linear.polling.scope import Scope
from orgloop.event import EventDraft
from orgloop.times import to_epoch_ms, to_iso

_PAGES_AT_ONCE = 10
"""How many pages of issues one poll reads; the next one goes on behind them."""
_PATIENCE_SECONDS = 30.0
"""For how long one poll begins to read pages: it should end before it is ended from outside."""

_Node = Mapping[str, Any]


@define(eq=False)
class IssueReader:
    """Read pages of issues, smaller ones where Linear finds them too much."""

    _api: LinearAPI = field(repr=False)
    _seconds: Callable[[], float] = field(repr=False)
    """Monotonic time."""
    _per_page: int = field(default=queries.ISSUES_PER_PAGE, init=False)

    async def read(self, memory: Memory, scope: Scope) -> list[EventDraft]:
        """Return what happened to issues that ``memory`` does not know yet, and move their floor.

        The pages come in the order of change: what was read counts, although the rest of a long
        backlog could not be read yet. Raises `RateLimited` where nothing was read.
        """
        begin = floor = memory.issues_floor
        wanted = scope.issues_since(to_iso(floor))
        drafts: list[EventDraft] = []
        has_more, after, pages = True, None, 0
        until = self._seconds() + _PATIENCE_SECONDS
        try:
            while has_more:
                if floor > begin and (pages >= _PAGES_AT_ONCE or self._seconds() > until):
                    break
                page = await self._page(wanted, after)
                for node in page["nodes"]:
                    drafts += await self._news_of(node, begin, memory)
                    floor = max(floor, to_epoch_ms(text(node, "updatedAt")))
                has_more, after = page["pageInfo"]["hasNextPage"], page["pageInfo"]["endCursor"]
                pages += 1
        except RateLimited:
            if floor == begin:
                raise
        memory.issues_floor = floor if has_more else max(begin, floor - OVERLAP_MS)
        return drafts

    async def _page(self, wanted: object, after: str | None) -> _Node:
        while True:
            try:
                answer = await self._api.ask(
                    queries.ISSUES,
                    filter=wanted,
                    first=self._per_page,
                    after=after,
                    historyFirst=queries.HISTORY_PER_ISSUE,
                )
            except TooComplex:
                if self._per_page == 1:
                    raise
                self._per_page //= 2
            else:
                page: _Node = answer["issues"]
                return page

    async def _news_of(self, node: _Node, floor: int, memory: Memory) -> list[EventDraft]:
        """Return what happened to one issue from ``floor`` on, oldest first.

        The issue is read as it is now. Going back through its history tells what it was at each
        change, which is what a webhook would have said.
        """
        issue = read_issue(node)
        drafts: list[EventDraft] = []
        for entry in reversed(await self._history(issue, node["history"], floor)):
            left = entry.done_to(issue)
            drafts += reversed(list(_changes(left, entry, memory)))
            issue = entry.undone_from(left)
        made_at = text(node, "createdAt")
        made_ms = to_epoch_ms(made_at)
        if made_ms >= floor and memory.is_new(f"issue:{issue.id}", made_ms):
            drafts.append(issue_created(issue, _creator(node), made_at))
        drafts.reverse()
        return drafts

    async def _history(self, issue: Issue, page: _Node, floor: int) -> list[Entry]:
        """Return the entries of an issue from ``floor`` on, oldest first."""
        entries = [read_entry(node) for node in page["nodes"]]
        while page["pageInfo"]["hasNextPage"] and not _ends_below(entries, floor):
            answer = await self._api.ask(
                queries.HISTORY,
                issue=issue.id,
                first=queries.HISTORY_PER_PAGE,
                after=page["pageInfo"]["endCursor"],
            )
            page = answer["issue"]["history"]
            entries += [read_entry(node) for node in page["nodes"]]
        return in_time(entry for entry in entries if entry.updated_ms >= floor)


def _changes(issue: Issue, entry: Entry, memory: Memory) -> Iterator[EventDraft]:
    """Yield the events of one entry, which left the issue as it is given here."""
    for change, key in memory.news(entry):
        yield issue_changed(issue, change, entry.author, key, to_iso(entry.updated_ms))


def _creator(node: _Node) -> Author:
    return read_author(node.get("creator"), node.get("botActor"), node.get("externalUserCreator"))


def _ends_below(entries: list[Entry], floor: int) -> bool:
    """Whether a listing, if it is ordered newest first, has gone past what is of interest."""
    return bool(entries) and entries[-1].updated_ms < min(floor, entries[0].updated_ms + 1)
