"""What goes back over HTTP: a status, headers and a body, sent whole unless it has no end."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import orjson
from attrs import frozen

from orgloop.http.problem import Problem

if TYPE_CHECKING:  # the command line answers from files, and waits for no server
    from twisted.internet.defer import Deferred
    from twisted.web.server import Request

JSON = b"application/json"
_PHRASES = {int(status): status.phrase.encode() for status in HTTPStatus}
Headers = tuple[tuple[bytes, bytes], ...]


@frozen
class Answer:
    """One answer. Nothing that OrgLoop says may be kept by a cache or guessed to be HTML."""

    body: bytes
    status: int = 200
    content_type: bytes = JSON
    headers: Headers = ()
    cache: bytes = b"no-store"
    goes_on: Callable[[Request], Deferred[Any]] | None = None
    """Writes the body of an answer that has no end of its own; fires when it is over."""

    @classmethod
    def of(cls, document: Any, *, status: int = 200, headers: Headers = ()) -> Answer:
        """Answer with JSON."""
        return cls(orjson.dumps(document), status, JSON, headers)

    @classmethod
    def of_problem(cls, problem: Problem) -> Answer:
        """Answer with an error."""
        body = orjson.dumps(problem.document())
        extra = ((b"WWW-Authenticate", b"Bearer"),) if problem.status == 401 else ()
        return cls(body, problem.status, JSON, problem.headers + extra)

    def to_bytes(self, date: bytes, *, close: bool, bodiless: bool) -> bytes:
        """Return the answer as it goes over the wire; ``bodiless`` is for ``HEAD``."""
        lines = [
            b"HTTP/1.1 %d %b\r\nDate: %b\r\nContent-Type: %b\r\n"
            b"Cache-Control: %b\r\nX-Content-Type-Options: nosniff\r\n"
            % (
                self.status,
                _PHRASES.get(self.status, b"Unknown"),
                date,
                self.content_type,
                self.cache,
            )
        ]
        if self.goes_on is None:
            lines.append(b"Content-Length: %d\r\n" % len(self.body))
        lines += [b"%b: %b\r\n" % header for header in self.headers]
        if close:
            lines.append(b"Connection: close\r\n")
        lines.append(b"\r\n")
        if not bodiless and self.status != HTTPStatus.NOT_MODIFIED:
            lines.append(self.body)
        return b"".join(lines)


def send(request: Request, answer: Answer) -> Deferred[Any] | None:
    """Send ``answer`` and finish the request; nothing if its connection is gone.

    A request of our own sends it in one write; any other (`treq.testing`) the ordinary way. An
    answer that goes on returns when it is over.
    """
    if request._disconnected or request.finished:
        return None
    if answer.goes_on is not None and request.method != b"HEAD":
        _begin(request, answer)
        return answer.goes_on(request)
    quick = getattr(request, "send_answer", None)
    if quick is not None:
        quick(answer)
        return None
    request.write(prepare(request, answer))
    request.finish()
    return None


def _begin(request: Request, answer: Answer) -> None:
    send_head = getattr(request, "send_head", None)
    if send_head is not None:
        send_head(answer)
    else:
        request.write(prepare(request, answer))


def prepare(request: Request, answer: Answer) -> bytes:
    """Set status and headers and return the body, for who writes and finishes by itself."""
    request.setResponseCode(answer.status)
    request.setHeader(b"Content-Type", answer.content_type)
    if answer.goes_on is None:
        request.setHeader(b"Content-Length", b"%d" % len(answer.body))
    request.setHeader(b"Cache-Control", answer.cache)
    request.setHeader(b"X-Content-Type-Options", b"nosniff")
    for name, value in answer.headers:
        request.setHeader(name, value)
    return answer.body
