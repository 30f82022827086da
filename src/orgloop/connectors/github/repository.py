"""Poll one repository.

Two listings are asked for each time, and say "not modified" while nothing happens: issues and pull
requests by when they last changed, and workflow runs. When an issue or pull request has changed,
the issue events and one GraphQL query tell what happened to it. Comments that change without
moving their issue up the listing are found by a *sweep* over the listings of comments, which is
made when nothing else is to be asked, and now and then in any case. So a poll is four requests,
whatever happens, unless more has happened than fits on their pages.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import TypeVar

from attrs import define, field

from orgloop.connectors.github.api import GitHubAPI
from orgloop.connectors.github.capabilities import Capabilities
from orgloop.connectors.github.details import (
    Details,
    Subjects,
    details_by_graphql,
    details_by_rest,
)
from orgloop.connectors.github.errors import GitHubError, NoGraphQL
from orgloop.connectors.github.events import Object, changed_at, is_pull_request
from orgloop.connectors.github.listing import Read, follow
from orgloop.connectors.github.news import News, is_said_anew
from orgloop.connectors.github.position import Position, Track, moment
from orgloop.connectors.github.runs import read_runs
from orgloop.connectors.github.scope import Scope
from orgloop.connectors.github.watch import Watch
from orgloop.event import EventDraft

T = TypeVar("T")

_POLLS_BETWEEN_SWEEPS = 12
# Times have no fractions, and clocks of several servers differ a little.
_SECOND_OVER_MS = 3000
_RECENT = {"sort": "updated", "direction": "desc"}
_NOT_SHOWN = (403, 404, 410)


@define(eq=False, kw_only=True)
class RepositoryPoll:
    """One poll of one repository; ``position`` moves on as it goes."""

    api: GitHubAPI
    scope: Scope
    position: Position
    capabilities: Capabilities
    warn: Callable[[GitHubError], None]
    is_first: bool = False
    _news: News = field(init=False)
    _watch: Watch = field(init=False)
    _items: dict[int, Object] = field(factory=dict, init=False)
    """Issues and pull requests that were read in this poll, by number."""
    _newest: int = field(default=0, init=False)
    """When the one that changed last did so."""

    def __attrs_post_init__(self) -> None:
        self._news = News(self.position, self.api.page_of(self.position.name))
        self._watch = Watch(self.position)

    async def run(self) -> Sequence[EventDraft]:
        """Return what is new and in scope, oldest first."""
        await self._look_at_runs()
        changed = await self._changed()
        is_busy = bool(changed or self.position.watched)
        is_overdue = self.position.polls_since_sweep >= _POLLS_BETWEEN_SWEEPS
        if is_busy and (self._is_thorough or not is_overdue):
            await self._look_closer(changed)
        elif changed:
            self.position.issues.etags = []  # they are looked at the next time
        if self._is_thorough or is_overdue or not is_busy:
            await self._sweep()
        else:
            self.position.polls_since_sweep += 1
        wanted = filter(self.scope.takes, self._news.drafts)
        return sorted(wanted, key=lambda draft: moment(draft.timestamp))

    @property
    def _is_thorough(self) -> bool:
        """Whether everything is to be asked, however many requests that takes."""
        return self.is_first or not self.capabilities.has_graphql

    # --- what is asked each time

    async def _look_at_runs(self) -> None:
        """Report failed runs, and watch the commits of all that have ended."""
        if not self.scope.wants_runs:
            return
        found = await self._if_shown("/actions/runs", lambda: read_runs(self.api, self.position))
        if found is None:
            return
        runs, newest, self._watch.server_ms = found
        for run in runs:
            if self._news.run(run) and self.scope.wants_suites:
                self._watch.add(run.get("head_sha"))
        self.position.runs.advance(newest)

    async def _changed(self) -> Sequence[Object]:
        """Return the issues and pull requests that have changed, what changed first first."""
        if not self.scope.wants_items:
            return ()
        track = self.position.issues
        found = await self._recent_items(track)
        self._watch.server_ms = found.server_ms
        self._items = {int(item["number"]): item for item in reversed(found.items)}
        self._newest = max(map(_updated, found.items), default=0)
        if self._newest > found.server_ms - _SECOND_OVER_MS:
            track.etags = []  # more may happen in that second, and the listing read the same
        return [
            item
            for number, item in self._items.items()
            if track.is_news(str(number), _updated(item)) or _updated(item) == track.newest
        ]

    async def _recent_items(self, track: Track) -> Read:
        """Read issues and pull requests; where there can be no issues, pull requests."""
        name = self.position.name
        if name not in self.capabilities.without_issues:
            try:
                return await self._follow("/issues", track, _updated, state="all")
            except GitHubError as error:
                if error.status != 410:
                    raise
                self.capabilities.without_issues.add(name)
        return await self._follow("/pulls", track, _updated, state="all")

    # --- what happened to what has changed

    async def _look_closer(self, changed: Sequence[Object]) -> None:
        happened = await self._issue_events() if changed else []
        wanted = {int(item["number"]): item for item in changed}
        for event in happened:
            number = int(event["issue"]["number"])
            self._items.setdefault(number, event["issue"])
            wanted.setdefault(number, self._items[number])
        details = await self._details(wanted.values())
        for number, item in wanted.items():
            self._items[number] = {**item, **details.pulls.get(number, {})}
        for event in happened:
            self._news.happened(event, self._items[int(event["issue"]["number"])])
        for number in wanted:
            self._tell_item(self._items[number])
        self._tell_details(details)
        self._settle(changed, happened)

    async def _issue_events(self) -> list[Object]:
        """Return the issue events that are new, oldest first."""
        track = self.position.events
        if not self.scope.wants_events:
            return []
        found = await self._if_shown(
            "/issues/events", lambda: self._follow("/issues/events", track, _created)
        )
        return [
            event
            for event in reversed(found.items if found else ())
            if event.get("issue") and track.is_news(str(event["id"]), _created(event))
        ]

    async def _details(self, items: Iterable[Object]) -> Details:
        subjects = self._subjects(items)
        if subjects and self.capabilities.has_graphql:
            try:
                details = Details()
                await details_by_graphql(self.api, self.position, subjects, details)
                return details
            except NoGraphQL as error:
                self.capabilities.has_graphql = False
                self.warn(error)
        details = Details()
        with_suites = self.scope.wants_suites
        await details_by_rest(self.api, self.position, subjects, details, with_suites=with_suites)
        return details

    def _subjects(self, items: Iterable[Object]) -> Subjects:
        issues, pulls = list[int](), list[int]()
        for item in items:
            is_pull = is_pull_request(item)
            if self.scope.wants_comments or (is_pull and self.scope.wants_details):
                (pulls if is_pull else issues).append(int(item["number"]))
        return Subjects(issues, pulls, list(self.position.watched))

    def _tell_item(self, item: Object) -> None:
        self._news.opened(item)
        if is_pull_request(item) and item.get("state") == "closed":
            self._news.closed(item)

    def _tell_details(self, details: Details) -> None:
        for number, review in details.reviews:
            self._news.review(self._items[number], review)
        for number, comment in details.review_comments:
            self._news.review_comment(self._items[number], comment)
        for number, comment in details.comments:
            self._news.comment(self._items[number], comment)
        if self.scope.wants_suites:
            for suite in details.suites:
                self._news.suite(suite)
            self._watch.go_on_with(details.suites)

    def _settle(self, changed: Sequence[Object], happened: Sequence[Object]) -> None:
        """Know what was looked at."""
        position = self.position
        for item in changed:
            position.issues.note(str(item["number"]), _updated(item))
        for event in happened:
            position.events.note(str(event["id"]), _created(event))
        position.events.advance(max(map(_created, happened), default=0))
        for track in (position.issues, position.reviews, position.suites):
            track.advance(self._newest)

    # --- comments, wherever they are

    async def _sweep(self) -> None:
        """Look for comments that are new or were edited."""
        if self.scope.wants_comments:
            track = self.position.comments
            await self._sweep_over("/issues/comments", track, "issue_url", self._news.comment)
        if self.scope.wants_review_comments:
            track = self.position.review_comments
            tell = self._news.review_comment
            await self._sweep_over("/pulls/comments", track, "pull_request_url", tell)
        self.position.polls_since_sweep = 0

    async def _sweep_over(
        self, path: str, track: Track, belongs_to: str, tell: Callable[[Object, Object], None]
    ) -> None:
        found = await self._if_shown(path, lambda: self._follow(path, track, _commented))
        for comment in reversed(found.items if found else ()):
            if is_said_anew(track, comment, _commented(comment)):
                item = await self._item(str(comment.get(belongs_to)).rpartition("/")[2])
                if item is not None:
                    tell(item, comment)
        track.advance(max(map(_commented, found.items if found else ()), default=0))

    async def _item(self, number: str) -> Object | None:
        """Return an issue or pull request; `None` for one that is gone."""
        if not number.isdigit():
            return None
        if int(number) not in self._items:
            path = f"{self._path('/issues')}/{number}"
            try:
                self._items[int(number)] = (await self.api.get(path)).document
            except GitHubError as error:
                if error.status not in _NOT_SHOWN:
                    raise
                return None
        return self._items[int(number)]

    # --- asking

    def _path(self, path: str) -> str:
        return f"/repos/{self.position.name}{path}"

    async def _follow(
        self, path: str, track: Track, when: Callable[[Object], int], **parameters: str
    ) -> Read:
        """Read a listing as far back as there may be news in it.

        Where whatever is new was always looked at, what is known ends it. Comments are also known
        from elsewhere: there may be news behind them.
        """
        query = {**parameters, **_RECENT} if when is not _created else parameters
        name, since = "number" if when is _updated else "id", track.since

        def goes_on(last: Object) -> bool:
            if when is _commented:
                return when(last) >= since
            return track.is_news(str(last[name]), when(last))

        return await follow(
            self.api,
            track,
            self._path(path),
            query,
            goes_on=goes_on,
            may_shrink=when is _commented,
        )

    async def _if_shown(self, path: str, ask: Callable[[], Awaitable[T]]) -> T | None:
        """Return what ``ask`` finds, `None` if the token may not see it: the rest goes on."""
        full_path = self._path(path)
        if full_path in self.capabilities.refused:
            return None
        try:
            return await ask()
        except GitHubError as error:
            if error.status not in _NOT_SHOWN:
                raise
            self.capabilities.refused.add(full_path)
            self.warn(error)
            return None


def _updated(item: Object) -> int:
    return moment(item.get("updated_at"))


def _created(event: Object) -> int:
    return moment(event.get("created_at"))


def _commented(comment: Object) -> int:
    return moment(changed_at(comment))
