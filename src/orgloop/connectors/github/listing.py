"""Read listings of the REST API: all pages that matter, and nothing if nothing has changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from attrs import frozen

from orgloop.connectors.github.api import GitHubAPI, Reply
from orgloop.connectors.github.errors import GitHubError
from orgloop.connectors.github.events import Object
from orgloop.connectors.github.position import Track

PER_PAGE = 100  # the most GitHub gives
_MOST_PAGES = 1000
_MOST_READINGS = 3

Parameters = Mapping[str, str | int]


@frozen
class Read:
    """What was read of a listing, newest first."""

    items: Sequence[Object]
    etags: list[str]
    server_ms: int
    is_unchanged: bool = False


async def read(
    api: GitHubAPI,
    path: str,
    parameters: Parameters | None = None,
    *,
    key: str | None = None,
    etags: Sequence[str] = (),
    goes_on: Callable[[Object], bool] = lambda item: True,
    is_unordered: bool = False,
    may_shrink: bool = False,
) -> Read:
    """Read a listing whose newest entries come first, as long as ``goes_on`` of a page's last one.

    ``etags`` are those of the pages that were read the last time. Where the newest come first, a
    first page that has not changed is enough to know that nothing has, unless entries keep their
    place when they change (``is_unordered``): then each page is asked. ``key`` names the list
    where it stands inside an object.

    Of a listing that ``may_shrink``, what is removed while the pages are read makes the others move
    up, across the border between two pages: so the first page is asked for again, and everything
    read anew if it has changed.
    """
    for _ in range(_MOST_READINGS):
        found = await _read_once(api, path, parameters, key, etags, goes_on, is_unordered)
        if not may_shrink or len(found.etags) < 2 or not found.etags[0]:
            break
        again = await api.get(path, _paged(parameters), etag=found.etags[0])
        if again.is_unchanged:
            break
        etags = ()
    return found


async def _read_once(
    api: GitHubAPI,
    path: str,
    parameters: Parameters | None,
    key: str | None,
    etags: Sequence[str],
    goes_on: Callable[[Object], bool],
    is_unordered: bool,
) -> Read:
    items: list[Object] = []
    pages: list[str] = []
    query: Parameters | None = _paged(parameters)
    url, is_unchanged, is_guess, server_ms = path, True, False, 0
    while len(pages) < _MOST_PAGES:
        number = len(pages)
        known = etags[number] if number < len(etags) else None
        reply = await api.get(url, query, etag=known)
        server_ms = server_ms or reply.server_ms
        pages.append((known if reply.is_unchanged else reply.etag) or "")
        if reply.is_unchanged:
            if not is_unordered or len(pages) >= len(etags):
                break
            url, query = path, _paged(parameters, len(pages) + 1)
            continue
        is_unchanged = False
        page = _entries(reply, key)
        if is_guess:
            api.omits_links = bool(page)
        items += page
        if not page or not goes_on(page[-1]):
            break
        if reply.next_url is not None:
            url, query = reply.next_url, None
        elif reply.has_links or len(page) < PER_PAGE or api.omits_links is False:
            break
        else:  # a full page, and no word of whether there is another one
            url, query = path, _paged(parameters, len(pages) + 1)
            is_guess = True
    return Read(items, pages, server_ms, is_unchanged)


async def follow(
    api: GitHubAPI,
    track: Track,
    path: str,
    parameters: Parameters | None = None,
    *,
    goes_on: Callable[[Object], bool],
    may_shrink: bool = False,
) -> Read:
    """Read what is new of a listing whose newest entries come first; ``track`` keeps its place."""
    found = await read(
        api, path, parameters, etags=track.etags[:1], goes_on=goes_on, may_shrink=may_shrink
    )
    track.etags = [etag for etag in found.etags[:1] if etag]
    return found


def _paged(parameters: Parameters | None, page: int = 1) -> dict[str, str | int]:
    query: dict[str, str | int] = {**(parameters or {}), "per_page": PER_PAGE}
    return query if page == 1 else {**query, "page": page}


def _entries(reply: Reply, key: str | None) -> list[Any]:
    document = reply.document.get(key) if key and isinstance(reply.document, dict) else None
    entries = reply.document if key is None else document
    if not isinstance(entries, list):
        raise GitHubError("GitHub answered with something that is no listing")
    return [entry for entry in entries if isinstance(entry, dict)]
