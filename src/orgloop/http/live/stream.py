"""``GET /api/stream``."""

from __future__ import annotations

from functools import partial

from attrs import frozen

from orgloop.http.answer import Answer
from orgloop.http.call import Call
from orgloop.http.credentials import Credentials, bearer_of
from orgloop.http.live.choice import Choice
from orgloop.http.live.streams import Streams

_EVENT_STREAM = b"text/event-stream; charset=utf-8"


@frozen
class Stream:
    """Log entries as server-sent events, from now on."""

    _streams: Streams
    _credentials: Credentials
    _needs_key: bool
    """Whether a stream ends when the key that it was opened with is good no longer."""

    async def show(self, call: Call) -> Answer:
        """Begin a stream; it ends with its reader, its key or the process."""
        choice, most = Choice.of(call), call.at_most()
        self._streams.check_room()
        key = bearer_of(call.headers)
        watch = partial(self._streams.attach, choice, most, partial(self._is_good, key))
        return Answer(b"", content_type=_EVENT_STREAM, goes_on=watch)

    def _is_good(self, key: bytes | None) -> bool:
        return not self._needs_key or self._credentials.opens(key)
