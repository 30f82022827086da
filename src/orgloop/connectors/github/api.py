"""Ask GitHub, within its limits."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode, urljoin

import orjson
from attrs import define, field, frozen

import orgloop
from orgloop.connectors.github.allowance import CORE, GRAPHQL, Allowance, Budget
from orgloop.connectors.github.answers import data_of, said
from orgloop.connectors.github.errors import GitHubError, NoGraphQL, TokenRefused
from orgloop.interfaces import IHTTPClient
from orgloop.reports import HTTPResponse
from orgloop.sdk.httpdates import http_date_ms
from orgloop.sdk.urls import parse_url

API_VERSION = "2022-11-28"
_HEADERS = {
    "Accept": "application/vnd.github+json",
    "X-GitHub-Api-Version": API_VERSION,
    "User-Agent": f"orgloop/{orgloop.__version__}",
}
_TIMEOUT_SECONDS = 30.0
_MAX_BODY_BYTES = 50_000_000  # a hundred comments with everything they quote
_MAX_REDIRECTS = 3  # a repository that was renamed answers with one
_REDIRECTS = (301, 302, 307, 308)
_NEXT = re.compile(r'<([^>]*)>\s*;[^,]*rel="?next"?')
# GitHub Enterprise Server has REST at /api/v3 and GraphQL at /api/graphql.
_ENTERPRISE_SUFFIX = "/api/v3"


@frozen
class Reply:
    """An answer of the REST API that is not an error."""

    document: Any
    """`None` if nothing has changed."""
    etag: str | None
    next_url: str | None
    has_links: bool
    """Whether the server says where the next page is, or that there is none."""
    server_ms: int
    headers: Mapping[str, str]

    @property
    def is_unchanged(self) -> bool:
        return self.document is None


@define(eq=False)
class GitHubAPI:
    """The REST and the GraphQL API of one GitHub, as one token sees them.

    Raises `GitHubError` with a message for the person who runs OrgLoop, and `RequestFailed` where
    there is no answer. The credential goes to no other host: neither a redirect nor a link to a
    next page that leads elsewhere is followed.
    """

    url: str
    _token: str
    _http: IHTTPClient
    _now_ms: Callable[[], int]
    _allowance: Allowance
    _budget: Budget
    omits_links: bool | None = field(default=None, init=False)
    """Whether this server does not say that there is another page; `None` until that is known."""

    def __repr__(self) -> str:
        return f"GitHubAPI({self.url!r})"

    @property
    def graphql_url(self) -> str:
        if self.url.endswith(_ENTERPRISE_SUFFIX):
            return self.url.removesuffix("/v3") + "/graphql"
        return f"{self.url}/graphql"

    def page_of(self, repository: str) -> str:
        """Return the address of a repository for people."""
        host = self.url.removesuffix(_ENTERPRISE_SUFFIX).replace("://api.", "://", 1)
        return f"{host}/{repository}"

    async def get(
        self,
        path: str,
        parameters: Mapping[str, str | int] | None = None,
        *,
        etag: str | None = None,
        timeout_seconds: float = _TIMEOUT_SECONDS,
    ) -> Reply:
        """Get ``path``, or the whole URL of a next page; with ``etag``, only if it has changed."""
        url = path if "://" in path else self.url + path
        if parameters:
            url += "?" + urlencode(parameters)
        headers = {"If-None-Match": etag} if etag else {}
        answer = await self._answer("GET", url, headers, b"", CORE, timeout_seconds)
        for _ in range(_MAX_REDIRECTS):
            if answer.status not in _REDIRECTS:
                break
            url = self._followed(url, answer.headers.get("location", ""))
            answer = await self._answer("GET", url, headers, b"", CORE, timeout_seconds)
        document = None if answer.status == 304 else _document(answer, url)
        return Reply(
            document,
            answer.headers.get("etag"),
            self._next(url, answer),
            "link" in answer.headers,
            self._server_ms(answer),
            answer.headers,
        )

    async def graphql(
        self,
        query: str,
        variables: Mapping[str, str],
        *,
        timeout_seconds: float = _TIMEOUT_SECONDS,
    ) -> Mapping[str, Any]:
        """Return the ``data`` of a query; see `data_of`. Raises `NoGraphQL` where there is none."""
        body = orjson.dumps({"query": query, "variables": variables})
        headers = {"Content-Type": "application/json"}
        url = self.graphql_url
        answer = await self._answer("POST", url, headers, body, GRAPHQL, timeout_seconds)
        if 400 <= answer.status < 500 or answer.status == 501:
            words = said(answer.json())
            raise NoGraphQL(
                f"the GraphQL API answered {answer.status}{words}", status=answer.status
            )
        return data_of(_document(answer, url))

    async def _answer(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: bytes,
        resource: str,
        timeout_seconds: float,
    ) -> HTTPResponse:
        self._allowance.check(resource)
        self._budget.check()
        answer = await self._http.request(
            method,
            url,
            headers={**_HEADERS, **headers, "Authorization": f"Bearer {self._token}"},
            body=body,
            timeout_seconds=timeout_seconds,
            max_body_bytes=_MAX_BODY_BYTES,
        )
        self._budget.note(answer)
        self._allowance.note(resource, answer, self._server_ms(answer))
        if answer.status == 401:
            raise TokenRefused(
                "GitHub refuses the token (401): it has expired, was revoked or is mistyped. Make "
                "a new one (https://github.com/settings/tokens), set it and restart",
                status=401,
            )
        return answer

    def _server_ms(self, answer: HTTPResponse) -> int:
        """Return what GitHub's clock shows; ours where it does not say."""
        told = http_date_ms(answer.headers.get("date", ""))
        return self._now_ms() if told is None else told

    def _next(self, url: str, answer: HTTPResponse) -> str | None:
        found = _NEXT.search(answer.headers.get("link", ""))
        return None if found is None else self._followed(url, found[1])

    def _followed(self, url: str, reference: str) -> str:
        """Return where a reference leads, if that is here."""
        here = parse_url(self.url).origin
        try:
            following = str(urljoin(url, reference))
            is_here = parse_url(following).origin == here
        except ValueError:
            is_here = False  # it leads nowhere at all
        if not is_here:
            raise GitHubError(
                f"{here} points to another host, where the token does not belong: correct api_url"
            )
        return following


def _document(answer: HTTPResponse, url: str) -> Any:
    if answer.status == 200:
        document = answer.json()
        if isinstance(document, dict | list):
            return document
        raise GitHubError(
            "GitHub answered with something that is not JSON: is api_url the address of the API?",
            status=200,
        )
    path = parse_url(url).path.partition("?")[0]
    words = said(answer.json())
    status = answer.status
    if status in (403, 404):
        raise GitHubError(
            f"GitHub does not show {path} ({status}{words}): either it does not exist, or the "
            "token has no permission to read it",
            status=status,
        )
    raise GitHubError(f"GitHub answered {status} to {path}{words}", status=status)
