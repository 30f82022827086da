"""An HTTP client whose every request a function answers, where a socket would be in the way."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

from attrs import define, field
from zope.interface import implementer

from orgloop.errors import RequestFailed
from orgloop.interfaces import IHTTPClient
from orgloop.reports import HTTPResponse
from orgloop.testing.httpserver import Answer, ReceivedRequest


@implementer(IHTTPClient)
@define(eq=False)
class SocketlessHTTPClient:
    """Hand each request to ``answer``, which takes it for one that came over a socket.

    It is answered at once, unless the answer says otherwise. What ``answer`` raises is raised.
    """

    answer: Callable[[ReceivedRequest], Answer]
    closed: int = field(default=0, init=False)

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
        answer = self.answer(_received(method, url, headers or {}, body))
        if answer.after is not None:
            await answer.after
        if answer.reset or answer.silent:
            raise RequestFailed("the server does not answer")
        _, _, written = answer.to_bytes().partition(b"\r\n\r\n")
        told = {name.lower(): value for name, value in answer.headers.items()}
        return HTTPResponse(answer.status, told, written)

    async def close(self) -> None:
        """Nothing is open."""
        self.closed += 1


def _received(method: str, url: str, headers: Mapping[str, str], body: bytes) -> ReceivedRequest:
    parts = urlsplit(url)
    path = f"{parts.path}?{parts.query}" if parts.query else parts.path
    # The scheme is told as a proxy tells it: a server may say where it is.
    told = {"host": parts.netloc, "x-forwarded-proto": parts.scheme}
    lower = {name.lower(): value for name, value in headers.items()}
    return ReceivedRequest(method, path or "/", lower | told, body)
