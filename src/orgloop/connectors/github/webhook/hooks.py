"""The webhooks of a repository, and what became of their deliveries."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from attrs import define, frozen

from orgloop.connectors.github.api import GitHubAPI, Reply
from orgloop.connectors.github.position import moment
from orgloop.connectors.github.webhook.delivered import Delivered

_PER_PAGE = 100  # the most GitHub gives
_MOST_PAGES = 100


@frozen(kw_only=True)
class Attempt:
    """One attempt of GitHub's to deliver an event. All attempts at one event have its guid."""

    id: int
    guid: str
    name: str
    at_ms: int
    has_arrived: bool

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Attempt:
        status = document.get("status_code")
        return cls(
            id=int(document["id"]),
            guid=str(document["guid"]),
            name=str(document["event"]),
            at_ms=moment(document.get("delivered_at")),
            has_arrived=isinstance(status, int) and 200 <= status < 300,
        )


@frozen
class Attempts:
    """What one webhook attempted since some moment, newest first."""

    made: Sequence[Attempt]
    etag: str | None
    is_unchanged: bool = False
    is_cut: bool = False
    """There was more than is looked through."""

    def missed(self) -> dict[str, Attempt]:
        """Return the newest attempt at each event that never arrived, oldest event first."""
        arrived = {one.guid for one in self.made if one.has_arrived}
        oldest_first: dict[str, Attempt] = {}
        for one in reversed(self.made):
            if one.guid not in arrived:
                oldest_first[one.guid] = one
        return oldest_first


@define(eq=False)
class Hooks:
    """Ask GitHub about the webhooks of one repository. Raises what `GitHubAPI` raises."""

    api: GitHubAPI
    repository: str

    @property
    def path(self) -> str:
        return f"/repos/{self.repository}/hooks"

    @property
    def page(self) -> str:
        """Where people see the webhooks."""
        return f"{self.api.page_of(self.repository)}/settings/hooks"

    def deliveries_path(self, hook: str) -> str:
        return f"{self.path}/{hook}/deliveries"

    async def listed(self, etag: str | None = None, timeout_seconds: float = 30.0) -> Reply:
        """Return the first hundred webhooks: GitHub allows no more than twenty for each event."""
        return await self.api.get(
            self.path, {"per_page": _PER_PAGE}, etag=etag, timeout_seconds=timeout_seconds
        )

    async def attempts(self, hook: str, since_ms: int, etag: str | None = None) -> Attempts:
        """Return the attempts that were made since a moment, and those on the same page."""
        made: list[Attempt] = []
        first = reply = await self.api.get(
            self.deliveries_path(hook), {"per_page": _PER_PAGE}, etag=etag
        )
        if first.is_unchanged:
            return Attempts((), etag, is_unchanged=True)
        for _ in range(_MOST_PAGES):
            page = [Attempt.of(one) for one in reply.document]
            made += page
            if not page or page[-1].at_ms < since_ms or reply.next_url is None:
                return Attempts(made, first.etag)
            reply = await self.api.get(reply.next_url)
        return Attempts(made, first.etag, is_cut=True)

    async def fetch(self, hook: str, attempt: Attempt) -> Delivered | None:
        """Return what an attempt was to deliver, `None` if GitHub has not kept it."""
        reply = await self.api.get(f"{self.deliveries_path(hook)}/{attempt.id}")
        payload = (reply.document.get("request") or {}).get("payload")
        if not isinstance(payload, dict):
            return None
        return Delivered(name=attempt.name, guid=attempt.guid, body=payload)


def places_of(hooks: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Return the path that each webhook calls, by its id."""
    places = {}
    for hook in hooks:
        url = (hook.get("config") or {}).get("url")
        places[str(hook["id"])] = _path(url) if isinstance(url, str) else ""
    return places


def leading_to(places: Mapping[str, str], paths: Collection[str]) -> list[str]:
    """Return the webhooks that call one of ``paths``, whatever a proxy has put before it."""
    return [hook for hook, place in places.items() if place.endswith(tuple(paths))]


def _path(url: str) -> str:
    try:
        return urlsplit(url).path.rstrip("/")
    except ValueError:
        return ""
