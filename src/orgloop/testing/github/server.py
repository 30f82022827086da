"""A stand-in for GitHub: REST, GraphQL, and everything that goes wrong with them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from email.utils import formatdate
from hashlib import blake2b
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import orjson
from attrs import define, field

from orgloop.interfaces import IHTTPClient
from orgloop.testing.github.documents import Thing, user
from orgloop.testing.github.model import RepositoryModel
from orgloop.testing.github.rest import find
from orgloop.testing.httpserver import Answer, ReceivedRequest
from orgloop.testing.socketless import SocketlessHTTPClient

_LIMIT = 5000
_RESET_SECONDS = 1800


@define(eq=False, kw_only=True)
class FakeGitHub:
    """Answer requests as GitHub does, about the repositories that a test makes and changes.

    ``ScriptedHTTPServer(github.answer)`` puts it on a socket; what the server is scripted to do
    comes first, so that 5xx, slow and broken answers need nothing of their own.
    `client` does without a socket.
    """

    token: str = "ghp_stand_in"
    login: str = "robot"
    scopes: str | None = "repo, read:org"
    """What a classic token may do; `None` for a fine-grained one."""
    is_app: bool = False
    """Whether the token is that of an App's installation, which is no user."""
    remaining: int = _LIMIT
    """What is left of the quota. A "304 Not Modified" costs nothing."""
    retry_after: int | None = None
    """Refuse everything because of a secondary limit, and ask for this many seconds."""
    skew_seconds: float = 0.0
    """How far the ``Date`` of answers is from the time things are given."""
    has_graphql: bool = True
    has_etags: bool = True
    largest_page: int = 100
    names_pages: bool = True
    """Whether the ``Link`` header says where the next page is."""
    forbidden: set[str] = field(factory=set)
    """Paths that the token may not read, below the repository's."""
    hidden: set[str] = field(factory=set)
    """Such paths that are not there at all."""
    graphql_answer: Thing | None = None
    """What every query is answered with, in place of what it asks for."""
    withheld: dict[str, str | None] = field(factory=dict)
    """What stands under these names in GraphQL answers is null, with an error of this type."""
    issues_disabled: bool = False
    expires: str | None = None
    """When the token expires, as the header has it."""
    repositories: dict[str, RepositoryModel] = field(factory=dict)
    requests: list[ReceivedRequest] = field(factory=list)
    spent: int = 0
    """How many requests have cost something."""

    def repository(self, name: str = "acme/shop") -> RepositoryModel:
        """Return the repository of this name; make it if there is none."""
        return self.repositories.setdefault(name.lower(), RepositoryModel(full_name=name))

    @property
    def now_ms(self) -> int:
        return max((one.now_ms for one in self.repositories.values()), default=0)

    def client(self, before: Callable[[ReceivedRequest], object] | None = None) -> IHTTPClient:
        """Return a client whose every request comes here, without sockets.

        ``before`` is called with each one first; what it raises is raised.
        """

        def answer(request: ReceivedRequest) -> Answer:
            if before is not None:
                before(request)
            return self.answer(request)

        client: IHTTPClient = SocketlessHTTPClient(answer)
        return client

    def answer(self, request: ReceivedRequest) -> Answer:
        """Return GitHub's answer."""
        self.requests.append(request)
        refusal = self._refusal(request)
        if refusal is not None:
            return refusal
        url = urlsplit(request.path)
        if url.path == "/graphql" and self.has_graphql:
            return self._graphql(request)
        query = dict(parse_qsl(url.query))
        found = self._find(url.path, query)
        if found is None:
            return self._json(404, {"message": "Not Found"})
        if isinstance(found, Answer):
            return found
        return self._page(request, url.path, query, found)

    def _refusal(self, request: ReceivedRequest) -> Answer | None:
        if request.headers.get("authorization") != f"Bearer {self.token}":
            return self._json(401, {"message": "Bad credentials"})
        if self.retry_after is not None:
            message = "You have exceeded a secondary rate limit."
            retry = {"Retry-After": str(self.retry_after)}
            return self._json(403, {"message": message}, retry)
        if self.remaining <= 0:
            return self._json(403, {"message": "API rate limit exceeded for user ID 1."})
        return None

    def _find(self, path: str, query: Mapping[str, str]) -> Any:
        if path == "/user":
            refused = {"message": "Resource not accessible by integration"}
            return self._json(403, refused) if self.is_app else {**user(self.login), "id": 1}
        if path == "/installation/repositories":
            mine = [one.document for one in self.repositories.values()]
            return ("repositories", mine) if self.is_app else self._json(403, {"message": "No"})
        parts = path.split("/")
        if len(parts) == 3 and parts[1] == "users":
            return user(parts[2], "Organization") if self._owned(parts[2]) else None
        if len(parts) == 4 and parts[1] in ("orgs", "users") and parts[3] == "repos":
            return self._owned(parts[2]) or None
        if len(parts) < 4 or parts[1] != "repos":
            return None
        below = path.removeprefix("/".join(parts[:4]))
        model = self.repositories.get(f"{parts[2]}/{parts[3]}".lower())
        if below in self.forbidden:
            return self._json(403, {"message": "Resource not accessible by personal access token"})
        if below == "/issues" and self.issues_disabled:
            return self._json(410, {"message": "Issues are disabled for this repo"})
        if model is None or below in self.hidden:
            return None
        return find(model, below, query)

    def _owned(self, owner: str) -> list[Thing]:
        return [
            one.document
            for one in self.repositories.values()
            if one.full_name.partition("/")[0].lower() == owner.lower()
        ]

    def _graphql(self, request: ReceivedRequest) -> Answer:
        from orgloop.testing.github.schema import execute

        self.spent += 1
        if self.graphql_answer is not None:
            return self._json(200, self.graphql_answer)
        asked = request.json()
        models = self.repositories.values()
        document = execute(models, asked["query"], asked["variables"])
        return self._json(200, self._withhold(document))

    def _withhold(self, document: Thing) -> Thing:
        found = (document["data"] or {}).get("repository") or {}
        for alias in self.withheld.keys() & found.keys():
            found[alias] = None
            kind = self.withheld[alias]
            error = {"path": ["repository", alias], "message": "It could not be had."}
            more = error if kind is None else {"type": kind, **error}
            document.setdefault("errors", []).append(more)
        return document

    def _page(
        self, request: ReceivedRequest, path: str, query: Mapping[str, str], found: Any
    ) -> Answer:
        key, entries = found if isinstance(found, tuple) else (None, found)
        headers: dict[str, str] = {}
        total = len(entries)
        if isinstance(entries, list):
            size = min(self.largest_page, int(query.get("per_page", 30)))
            number = int(query.get("page", 1))
            if self.names_pages and number * size < len(entries):
                following = urlencode({**query, "page": number + 1})
                scheme = request.headers.get("x-forwarded-proto", "http")
                origin = f"{scheme}://{request.headers['host']}"
                headers["Link"] = f'<{origin}{path}?{following}>; rel="next"'
            entries = entries[(number - 1) * size : number * size]
        document = {"total_count": total, key: entries} if key else entries
        etag = f'W/"{blake2b(orjson.dumps(document), digest_size=8).hexdigest()}"'
        if self.has_etags:
            headers["ETag"] = etag
            if request.headers.get("if-none-match") == etag:
                return self._json(304, None, headers)
        self.spent += 1
        self.remaining -= 1
        return self._json(200, document, headers)

    def _json(self, status: int, document: Any, headers: Mapping[str, str] | None = None) -> Answer:
        now = self.now_ms / 1000 + self.skew_seconds
        common = {
            "Date": formatdate(now, usegmt=True),
            "Content-Type": "application/json; charset=utf-8",
            "X-RateLimit-Limit": str(_LIMIT),
            "X-RateLimit-Remaining": str(self.remaining),
            "X-RateLimit-Reset": str(int(now) + _RESET_SECONDS),
            **({"X-OAuth-Scopes": self.scopes} if self.scopes is not None else {}),
            **({"GitHub-Authentication-Token-Expiration": self.expires} if self.expires else {}),
            **(headers or {}),
        }
        body = b"" if document is None else orjson.dumps(document)
        return Answer(status=status, headers=common, body=body)
