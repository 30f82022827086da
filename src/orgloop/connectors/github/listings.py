"""The listings of one repository, as one poll reads them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from attrs import define, field

from orgloop.connectors.github.api import GitHubAPI
from orgloop.connectors.github.capabilities import Capabilities
from orgloop.connectors.github.errors import GitHubError
from orgloop.connectors.github.events import Object, changed_at
from orgloop.connectors.github.listing import Read, follow
from orgloop.connectors.github.position import Position, Track, moment

T = TypeVar("T")

_RECENT = {"sort": "updated", "direction": "desc"}
_NOT_SHOWN = (403, 404, 410)


@define(eq=False)
class Listings:
    """Read what is new; remember issues and pull requests that were read on the way."""

    _api: GitHubAPI
    _position: Position
    _capabilities: Capabilities
    items: dict[int, Object] = field(factory=dict, init=False)
    """Issues and pull requests (as issues) by number."""
    refusals: dict[str, GitHubError] = field(factory=dict, init=False)
    """What this poll was refused, by path."""

    async def recent_items(self) -> Read:
        """Read issues and pull requests, what changed last first; put them into ``items``.

        Where issues are switched off, or not for this token to see, there are pull requests alone.
        """
        found = await self._recent_items()
        self.items |= {int(item["number"]): item for item in reversed(found.items)}
        return found

    async def _recent_items(self) -> Read:
        track = self._position.issues
        newest = track.newest

        def goes_on(last: Object) -> bool:
            # Of what changed in the same second, what is known may stand before what is not.
            return track.is_news(str(last["number"]), updated(last)) or updated(last) == newest

        async def listed(path: str) -> Read:
            everything = {"state": "all", **_RECENT}
            return await follow(self._api, track, self._path(path), everything, goes_on=goes_on)

        found = await self.if_shown("/issues", lambda: listed("/issues"))
        if found is not None:
            return found
        try:
            return await listed("/pulls")
        except GitHubError as error:
            refusal = self.refusals.get(self._path("/issues"), error)
            raise (refusal if error.status in _NOT_SHOWN else error) from None

    async def issue_events(self) -> list[Object]:
        """Return the issue events that are new, oldest first."""
        track = self._position.events

        def is_news(event: Object) -> bool:
            return track.is_news(str(event["id"]), created(event))

        path = "/issues/events"
        found = await self.if_shown(
            path, lambda: follow(self._api, track, self._path(path), goes_on=is_news)
        )
        events = reversed(found.items if found else ())
        return [event for event in events if event.get("issue") and is_news(event)]

    async def comments(self, path: str, track: Track) -> list[Object]:
        """Return comments as far back as there may be new ones, what changed last last.

        That one is known does not mean that all before it are: comments are also read elsewhere.
        """
        since = track.since
        found = await self.if_shown(
            path,
            lambda: follow(
                self._api,
                track,
                self._path(path),
                _RECENT,
                goes_on=lambda last: commented(last) >= since,
                may_shrink=True,
            ),
        )
        return list(reversed(found.items)) if found else []

    async def item(self, number: str) -> Object | None:
        """Return an issue or pull request; `None` for one that is gone."""
        if not number.isdigit():
            return None
        if int(number) not in self.items:
            path = self._path("/pulls" if self._is_refused("/issues") else "/issues")
            try:
                reply = await self._api.get(f"{path}/{number}")
            except GitHubError as error:
                if error.status not in _NOT_SHOWN:
                    raise
                return None
            self.items[int(number)] = reply.document
        return self.items[int(number)]

    async def if_shown(self, path: str, ask: Callable[[], Awaitable[T]]) -> T | None:
        """Return what ``ask`` finds at ``path``, `None` if the token may not see it.

        The rest goes on without it.
        """
        if self._is_refused(path):
            return None
        try:
            return await ask()
        except GitHubError as error:
            if error.status not in _NOT_SHOWN:
                raise
            self.refusals[self._path(path)] = error
            return None

    def _is_refused(self, path: str) -> bool:
        full_path = self._path(path)
        return full_path in self._capabilities.refused or full_path in self.refusals

    def _path(self, path: str) -> str:
        return f"/repos/{self._position.name}{path}"


def updated(item: Object) -> int:
    """Return when an issue or pull request last changed."""
    return moment(item.get("updated_at"))


def created(event: Object) -> int:
    """Return when something came to be."""
    return moment(event.get("created_at"))


def commented(comment: Object) -> int:
    """Return when a comment was last written to."""
    return moment(changed_at(comment))
