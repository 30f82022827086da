"""One request: decided from its headers, its body counted as it comes, answered in one write."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_to_bytes

from twisted.python.failure import Failure
from twisted.web import server
from twisted.web.http import parse_qs
from twisted.web.iweb import INonQueuedRequestFactory
from zope.interface import provider

from orgloop.http.answer import Answer, send
from orgloop.http.gate import Asked, Passage
from orgloop.http.problem import BUSY, Problem, Refused, too_large
from orgloop.http.serving import refuse_failed

if TYPE_CHECKING:
    from orgloop.http.channel import Channel

# Chunks this small are not sent in such numbers by anyone who means well, and each costs as much
# as a large one.
_MANY_CHUNKS = 4096
_SMALL_CHUNK_BYTES = 16

_TINY_CHUNKS = Problem(
    400,
    "tiny_chunks",
    "the body comes in chunks of a few bytes each",
    "send larger chunks, or a Content-Length",
)


def asked_by(request: server.Request, method: bytes, path: bytes, length: int | None) -> Asked:
    """Return what the gate looks at."""
    return Asked(method, path, request.requestHeaders, getattr(request.client, "host", ""), length)


@provider(INonQueuedRequestFactory)
class Request(server.Request):
    """A request without what OrgLoop does not use: forms, cookies, sessions, spooling to disk."""

    channel: Channel
    passage: Passage | Problem | None = None
    """What the gate said; `None` until the headers are complete."""

    _received = 0
    _chunks = 0
    _body: bytes | bytearray = b""
    _limit = 0

    # --- headers --------------------------------------------------------------------------------

    def admit(self, method: bytes, target: bytes, length: int | None) -> Problem | None:
        """Ask the gate; return why the request may not go on."""
        site = self.channel.site
        self._limit = site.gate.settings.max_body
        asked = asked_by(self, method, target.partition(b"?")[0], length)
        try:
            self.passage = site.gate.admit(asked)
            site.traffic.check(length or 0)
        except Refused as refused:
            self.passage = refused.problem
            return refused.problem
        return None

    # --- body -----------------------------------------------------------------------------------

    def gotLength(self, length: int | None) -> None:
        """Open no file: the body is kept in memory, within the bounds of the site."""

    def handleContentChunk(self, data: bytes) -> None:
        """Keep a piece of the body; raise `Refused` where it becomes too much."""
        size = len(data)
        self._chunks += 1
        if self._received + size > self._limit:
            raise Refused(too_large(self._limit))
        if self._chunks > _MANY_CHUNKS and self._received < self._chunks * _SMALL_CHUNK_BYTES:
            raise Refused(_TINY_CHUNKS)
        if not self.channel.site.traffic.take(size):
            raise Refused(BUSY)
        self._received += size
        if not self._body:
            self._body = data
            return
        if isinstance(self._body, bytes):
            self._body = bytearray(self._body)
        self._body += data

    def whole_body(self) -> bytes:
        """Return the body."""
        return bytes(self._body)

    def drop_body(self) -> None:
        """Forget the body, and give back the room it took."""
        if self.channel is not None:
            self.channel.site.traffic.give_back(self._received)
        self._received = 0
        self._body = b""

    # --- processing -----------------------------------------------------------------------------

    def requestReceived(self, command: bytes, path: bytes, version: bytes) -> None:
        """Take note of the request line and hand the request to the root resource."""
        self.method, self.uri, self.clientproto = command, path, version
        self.path, _, query = path.partition(b"?")
        self.args = parse_qs(query, 1) if query else {}
        self.site = self.channel.site
        try:
            self.site.resource.render(self)
        except Exception:
            self.processingFailed(Failure())

    def prepare_for_klein(self) -> None:
        """Add what Klein and other resources expect of a request."""
        self.prepath = []
        self.postpath = [unquote_to_bytes(part) for part in self.path[1:].split(b"/")]
        self.setHeader(b"Date", self.channel.site.date())
        self.content = BytesIO(self._body)

    def processingFailed(self, reason: Failure) -> Failure:
        """Answer 500; see `refuse_failed`."""
        send(self, refuse_failed(self, reason))
        return reason

    # --- answer ---------------------------------------------------------------------------------

    def send_answer(self, answer: Answer) -> None:
        """Write the whole answer at once and finish."""
        channel = self.channel
        self.startedWriting = 1
        channel.transport.write(
            answer.to_bytes(
                channel.site.date(),
                close=channel.is_last_answer(),
                bodiless=self.method == b"HEAD",
            )
        )
        self.finished = 1
        self._cleanup()

    def send_head(self, answer: Answer) -> None:
        """Write the head of an answer whose body ends with the connection."""
        channel = self.channel
        self.startedWriting = 1
        channel.persistent = False
        channel.transport.write(answer.to_bytes(channel.site.date(), close=True, bodiless=False))

    def _cleanup(self) -> None:
        self.drop_body()
        super()._cleanup()

    def connectionLost(self, reason: Any) -> None:
        """Let go of everything; nobody waits for the answer any more."""
        self.drop_body()
        super().connectionLost(reason)
