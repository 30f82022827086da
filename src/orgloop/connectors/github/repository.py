"""Poll one repository.

Two listings are asked for each time, and say "not modified" while nothing happens: issues and pull
requests by when they last changed, and workflow runs. When an issue or pull request has changed,
the issue events and one GraphQL query tell what happened to it. Comments that change without
moving their issue up the listing are found by a *sweep* over the listings of comments, which is
made when nothing else is to be asked, and now and then in any case. So a poll is four requests,
whatever happens, unless more has happened than fits on their pages.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from attrs import define, field
from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import deferLater

from orgloop.connectors.github.api import GitHubAPI
from orgloop.connectors.github.bygraphql import details_by_graphql
from orgloop.connectors.github.byrest import details_by_rest
from orgloop.connectors.github.capabilities import Capabilities
from orgloop.connectors.github.details import Details, Subjects
from orgloop.connectors.github.errors import GitHubError, NoGraphQL
from orgloop.connectors.github.events import Object, is_pull_request
from orgloop.connectors.github.listings import Listings, commented, created, updated
from orgloop.connectors.github.news import News, is_said_anew
from orgloop.connectors.github.position import Position, Track, moment
from orgloop.connectors.github.runs import read_runs
from orgloop.connectors.github.scope import Scope
from orgloop.connectors.github.watch import Watch
from orgloop.event import EventDraft

_POLLS_BETWEEN_SWEEPS = 12
_SWITCHED_OFF = 410  # what GitHub answers where a repository has no issues: nothing is missing
# Times have no fractions, and clocks of several servers differ a little: this long after a second
# began, nothing more happens in it.
_SECOND_OVER_MS = 3000


@define(eq=False, kw_only=True)
class RepositoryPoll:
    """One poll of one repository; ``position`` moves on as it goes."""

    api: GitHubAPI
    clock: IReactorTime
    scope: Scope
    position: Position
    capabilities: Capabilities
    warn: Callable[[GitHubError], None]
    is_first: bool = False
    _news: News = field(init=False)
    _watch: Watch = field(init=False)
    _listings: Listings = field(init=False)
    _newest: int = field(default=0, init=False)
    """When the issue or pull request that changed last did so."""

    def __attrs_post_init__(self) -> None:
        self._news = News(self.position, self.api.page_of(self.position.name))
        self._watch = Watch(self.position)
        self._listings = Listings(self.api, self.position, self.capabilities)

    async def run(self) -> Sequence[EventDraft]:
        """Return what is new and in scope, oldest first."""
        await self._look_at_runs()
        changed = await self._changed()
        is_busy = bool(changed or self.position.watched)
        is_overdue = self.position.polls_since_sweep >= _POLLS_BETWEEN_SWEEPS
        lacks_comments = False
        if is_busy and (self._is_thorough or not is_overdue):
            lacks_comments = await self._look_closer(changed)
        elif changed:
            self.position.issues.etags = []  # they are looked at the next time
        if self._is_thorough or is_overdue or lacks_comments or not is_busy:
            await self._sweep()
        else:
            self.position.polls_since_sweep += 1
        self._remember_refusals()
        wanted = filter(self.scope.takes, self._news.drafts)
        return sorted(wanted, key=lambda draft: moment(draft.timestamp))

    @property
    def _is_thorough(self) -> bool:
        """Whether everything is to be asked, however many requests that takes."""
        return self.is_first or not self.capabilities.has_graphql

    def _remember_refusals(self) -> None:
        """Do not ask again for what a token may not read that may read the rest.

        A repository that shows nothing at all may be there again later, with all its listings.
        """
        for path, error in self._listings.refusals.items():
            self.capabilities.refused.add(path)
            if error.status != _SWITCHED_OFF:
                self.warn(error)

    # --- what is asked each time

    async def _look_at_runs(self) -> None:
        """Report failed runs, and watch the commits of all that have ended."""
        if not self.scope.wants_runs:
            return
        found = await self._runs()
        if found is None:
            return
        runs, newest, self._watch.server_ms = found
        for run in runs:
            if self._news.run(run) and self.scope.wants_suites:
                self._watch.add(run.get("head_sha"))
        self.position.runs.advance(newest)

    async def _runs(self) -> tuple[Sequence[Object], int, int] | None:
        if not self.scope.wants_items:  # without runs nothing would be left
            return await read_runs(self.api, self.position)
        return await self._listings.if_shown(
            "/actions/runs", lambda: read_runs(self.api, self.position)
        )

    async def _changed(self) -> Sequence[Object]:
        """Return the issues and pull requests that have changed, what changed first first.

        While the second of the last change is not over, more may happen in it, and nobody could
        tell by the listing afterwards: so it is waited for before anything is looked at.
        """
        if not self.scope.wants_items:
            return ()
        found = await self._listings.recent_items()
        self._watch.server_ms = found.server_ms
        track, newest_known = self.position.issues, self.position.issues.newest
        self._newest = max(map(updated, found.items), default=0)
        left_ms = self._newest + _SECOND_OVER_MS - found.server_ms
        if 0 < left_ms <= _SECOND_OVER_MS:
            await deferLater(self.clock, left_ms / 1000)
        return [
            item
            for item in reversed(found.items)
            if track.is_news(str(item["number"]), updated(item)) or updated(item) == newest_known
        ]

    # --- what happened to what has changed

    async def _look_closer(self, changed: Sequence[Object]) -> bool:
        """Tell what happened, and say whether comments are still to be looked for."""
        is_wanted = changed and self.scope.wants_events
        happened = await self._listings.issue_events() if is_wanted else []
        items = self._listings.items
        numbers = dict.fromkeys(int(item["number"]) for item in changed)
        for event in happened:
            number = int(event["issue"]["number"])
            items.setdefault(number, event["issue"])
            numbers[number] = None
        details = await self._details([items[number] for number in numbers])
        for number in numbers:
            items[number] = {**items[number], **details.pulls.get(number, {})}
        # Of one second, this is the order: an issue is often made with its labels.
        for number in numbers:
            self._news.opened(items[number])
        for event in happened:
            self._news.happened(event, items[int(event["issue"]["number"])])
        for number in numbers:
            self._tell_closed(items[number])
        self._tell_details(details)
        self._settle(changed, happened)
        return details.lacks_comments

    async def _details(self, items: Iterable[Object]) -> Details:
        subjects = self._subjects(items)
        if not subjects:
            return Details()
        with_suites = self.scope.wants_suites
        if self.capabilities.has_graphql:
            try:
                return await details_by_graphql(
                    self.api, self.position, subjects, with_suites=with_suites
                )
            except NoGraphQL as error:
                self.capabilities.has_graphql = False
                self.warn(error)
        return await details_by_rest(self.api, self.position, subjects, with_suites=with_suites)

    def _subjects(self, items: Iterable[Object]) -> Subjects:
        issues, pulls = list[int](), list[int]()
        for item in items:
            is_pull = is_pull_request(item)
            if self.scope.wants_comments or (is_pull and self.scope.wants_details):
                (pulls if is_pull else issues).append(int(item["number"]))
        return Subjects(issues, pulls, list(self.position.watched))

    def _tell_closed(self, item: Object) -> None:
        if is_pull_request(item) and item.get("state") == "closed":
            self._news.closed(item)

    def _tell_details(self, details: Details) -> None:
        items = self._listings.items
        for number, review in details.reviews:
            self._news.review(items[number], review)
        for number, comment in details.review_comments:
            self._news.review_comment(items[number], comment)
        for number, comment in details.comments:
            self._news.comment(items[number], comment)
        if self.scope.wants_suites:
            for suite in details.suites:
                self._news.suite(suite)
            self._watch.go_on_with(details.suites)

    def _settle(self, changed: Sequence[Object], happened: Sequence[Object]) -> None:
        """Know what was looked at."""
        position = self.position
        for item in changed:
            position.issues.note(str(item["number"]), updated(item))
        for event in happened:
            position.events.note(str(event["id"]), created(event))
        position.events.advance(max(map(created, happened), default=0))
        for track in (position.issues, position.reviews, position.suites):
            track.advance(self._newest)

    # --- comments, wherever they are

    async def _sweep(self) -> None:
        """Look for comments that are new or were edited."""
        position, news = self.position, self._news
        if self.scope.wants_comments:
            await self._sweep_over("/issues/comments", position.comments, news.comment)
        if self.scope.wants_review_comments:
            await self._sweep_over("/pulls/comments", position.review_comments, news.review_comment)
        position.polls_since_sweep = 0

    async def _sweep_over(
        self, path: str, track: Track, tell: Callable[[Object, Object], None]
    ) -> None:
        comments = await self._listings.comments(path, track)
        for comment in comments:
            if is_said_anew(track, comment, commented(comment)):
                where = comment.get("issue_url") or comment.get("pull_request_url")
                item = await self._listings.item(str(where).rpartition("/")[2])
                if item is not None:
                    tell(item, comment)
        track.advance(max(map(commented, comments), default=0))
