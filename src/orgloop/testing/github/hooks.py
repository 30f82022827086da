"""A stand-in for what GitHub tells of a repository's webhooks and of what they delivered."""

from __future__ import annotations

from collections.abc import Mapping
from email.utils import formatdate
from hashlib import blake2b
from typing import Any
from urllib.parse import parse_qs, urlsplit

import orjson
from attrs import define, field
from zope.interface import implementer

from orgloop.interfaces import IHTTPClient
from orgloop.reports import HTTPResponse
from orgloop.testing.httpserver import ReceivedRequest
from orgloop.times import to_iso

_PER_PAGE = 30  # GitHub's default


@implementer(IHTTPClient)
@define(eq=False)
class FakeHooks:
    """Answer questions about webhooks; hand everything else to another client.

    There is one webhook at first, number 1, and it leads to ``/webhook/component``.
    """

    repository: str = "acme/shop"
    beyond: IHTTPClient | None = None
    now_ms: int = 0
    hooks: dict[int, dict[str, Any]] = field(
        factory=lambda: {1: hook_document("https://ci.acme.example/webhook/component")}
    )
    """What GitHub says of each webhook besides its id."""
    attempts: dict[int, list[dict[str, Any]]] = field(factory=dict)
    """What each webhook tried to deliver, newest first."""
    answers: dict[str, HTTPResponse | Exception] = field(factory=dict)
    """What is answered to a path, or raised, whatever stands behind it."""
    asked: list[str] = field(factory=list)
    """The paths that were asked for, in order."""
    requests: list[ReceivedRequest] = field(factory=list)
    _payloads: dict[int, Any] = field(factory=dict, init=False)

    @property
    def path(self) -> str:
        return f"/repos/{self.repository}/hooks"

    def tried(
        self,
        guid: str,
        status: int,
        *,
        event: str = "star",
        payload: Any = None,
        at_ms: int | None = None,
        hook: int = 1,
    ) -> int:
        """Note that GitHub tried to deliver an event, and return the attempt's number.

        ``status`` is what it was answered; 0 if there was nobody to answer.
        """
        number = 101 + len(self._payloads)
        body = {"action": "created"} if payload is None else payload
        self._payloads[number] = body
        attempt = {
            "id": number,
            "guid": guid,
            "delivered_at": to_iso(self.now_ms if at_ms is None else at_ms),
            "redelivery": False,
            "duration": 0.1,
            "status": "OK" if 200 <= status < 300 else "failed to connect",
            "status_code": status,
            "event": event,
            "action": body.get("action") if isinstance(body, dict) else None,
            "installation_id": None,
            "repository_id": 1,
        }
        self.attempts.setdefault(hook, []).insert(0, attempt)
        return number

    async def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        timeout_seconds: float = 30.0,
        allow_private: bool = True,
        max_body_bytes: int = 10_000_000,
    ) -> HTTPResponse:
        """See `IHTTPClient.request`."""
        parts = urlsplit(url)
        self.asked.append(parts.path)
        target = f"{parts.path}?{parts.query}" if parts.query else parts.path
        self.requests.append(ReceivedRequest(method, target, headers or {}, body))
        scripted = self.answers.get(parts.path)
        if isinstance(scripted, Exception):
            raise scripted
        if scripted is not None:
            return scripted
        is_ours = f"{parts.path}/".startswith(f"{self.path}/")
        if not is_ours and self.beyond is not None:
            return await self.beyond.request(method, url, headers=headers, body=body)
        found, links = self._find(parts.path, parse_qs(parts.query)) if is_ours else (None, {})
        if found is None:
            return answer(404, {"message": "Not Found"})
        date = {"date": formatdate(self.now_ms / 1000, usegmt=True)}
        etag = f'"{blake2b(orjson.dumps(found), digest_size=8).hexdigest()}"'
        asked = {name.lower(): value for name, value in (headers or {}).items()}
        if asked.get("if-none-match") == etag:
            return HTTPResponse(304, {"etag": etag, **date}, b"")
        return answer(200, found, {"etag": etag, **date, **links})

    async def close(self) -> None:
        """Nothing is open."""

    def _find(self, path: str, query: Mapping[str, list[str]]) -> tuple[Any, dict[str, str]]:
        match path.removeprefix(self.path).split("/"):
            case [""]:
                return [{"id": number, **hook} for number, hook in self.hooks.items()], {}
            case ["", hook, "deliveries"] if int(hook) in self.hooks:
                return self._page(path, int(hook), query)
            case ["", _, "deliveries", number] if int(number) in self._payloads:
                payload = self._payloads[int(number)]
                return {"id": int(number), "request": {"headers": {}, "payload": payload}}, {}
        return None, {}

    def _page(
        self, path: str, hook: int, query: Mapping[str, list[str]]
    ) -> tuple[Any, dict[str, str]]:
        """Return one page: deliveries are paged by cursor, not by number."""
        begin = int(query.get("cursor", ["0"])[0])
        size = int(query.get("per_page", [str(_PER_PAGE)])[0])
        made = self.attempts.get(hook, [])
        if begin + size >= len(made):
            return made[begin:], {}
        following = f"https://api.github.com{path}?per_page={size}&cursor={begin + size}"
        return made[begin : begin + size], {"link": f'<{following}>; rel="next"'}


def hook_document(url: str, **changes: Any) -> dict[str, Any]:
    """Return what GitHub says of a webhook that calls ``url``."""
    return {
        "type": "Repository",
        "name": "web",
        "active": True,
        "events": ["*"],
        "config": {"url": url, "content_type": "json", "secret": "********"},
        "last_response": {"code": 200, "status": "active", "message": "OK"},
        **changes,
    }


def answer(status: int, document: Any, headers: Mapping[str, str] | None = None) -> HTTPResponse:
    """Return an answer of the REST API."""
    return HTTPResponse(status, headers or {}, orjson.dumps(document))
