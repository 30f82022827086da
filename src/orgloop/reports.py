"""What plugins are given and what they give back: polls, webhooks, transforms, HTTP answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from attrs import field, frozen, mutable

from orgloop.errors import InvalidPayload, InvalidValue
from orgloop.event import EventDraft, JSONObject
from orgloop.wording import is_proper

_NEVER = 2**53  # whole milliseconds, however they were computed


@frozen
class PollResult:
    """What one poll found, oldest first, and where the next one goes on."""

    events: Sequence[EventDraft] = ()
    checkpoint: str | None = None
    """`None` leaves the checkpoint as it is."""
    metadata: JSONObject = field(factory=dict)
    """What else there is to know of the poll (requests made, quota left). Not looked at yet."""


@mutable
class WebhookRequest:
    """One HTTP request to a webhook source, its body read whole."""

    path: str
    headers: Mapping[str, str]
    """Names in lower case; the values of repeated headers are joined by ``, ``."""
    body: bytes = field(repr=False)
    received_at: int
    """Milliseconds since the Unix epoch."""
    _json: Any = field(default=None, init=False, repr=False)

    def json(self) -> Any:
        """Return the body as JSON; raise `InvalidPayload` if it is none. Parsed once."""
        if self._json is None:
            try:
                self._json = orjson.loads(self.body)
            except (orjson.JSONDecodeError, RecursionError) as error:
                raise InvalidPayload(f"the body is not JSON: {error}") from error
        return self._json

    def json_object(self) -> JSONObject:
        """Return the body as a JSON object; raise `InvalidPayload` if it is anything else."""
        document = self.json()
        if not isinstance(document, dict):
            raise InvalidPayload("the body is JSON but not an object")
        return document


@frozen
class WebhookResult:
    """What a webhook source made of a request."""

    events: Sequence[EventDraft] = ()
    body: bytes | None = None
    """A 200 answer of the source's own (a challenge), in place of the usual one."""
    content_type: str = "application/json"


@frozen(kw_only=True)
class Debounced:
    """Why an event waits: until nothing has followed it for a while, under the same key.

    What follows takes its place, so the last one goes out.
    """

    key: str
    """What changes again and again: a comment, not one edit of it."""
    quiet_ms: int
    max_ms: int
    """Since the first one: then the latest goes out although it is not quiet."""
    version: int | None = None
    """What is later has a higher one; without it, what comes later is later."""


@mutable
class Memory:
    """What one transform remembers at one place, as one event sees it: values fetched before it.

    ``written`` collects what must be kept together with the outcome.
    """

    known: dict[str, str] = field(factory=dict)
    written: dict[str, tuple[str, int]] = field(factory=dict)

    def get(self, key: str) -> str | None:
        """Return what is remembered under ``key``, or `None`."""
        return self.known.get(key)

    def set(self, key: str, value: str, *, expires_at: int) -> None:
        """Remember ``value`` at least until ``expires_at`` (acceptance time, ms since the epoch).

        It is forgotten some time after that: where the moment matters, keep it in the value.
        Raises `InvalidValue` for what cannot be kept.
        """
        if not (is_proper(key) and is_proper(value)):
            raise InvalidValue("a transform remembers text, under text")
        if not (isinstance(expires_at, int | float) and abs(expires_at) < _NEVER):
            raise InvalidValue("when a memory expires is a number of milliseconds")
        self.known[key] = value
        self.written[key] = (value, expires_at)


@frozen(kw_only=True)
class TransformContext:
    """What a transform sees besides the event."""

    source: str
    target: str
    event_type: str
    route: str
    accepted_at: int
    """Milliseconds since the Unix epoch: what windows are measured on."""
    memory: Memory = field(factory=Memory, repr=False)


@frozen
class HTTPResponse:
    """An answer to an HTTP request, whole."""

    status: int
    headers: Mapping[str, str]
    """Names in lower case; the values of repeated headers are joined by ``, ``."""
    body: bytes = field(repr=False)

    def json(self) -> Any:
        """Return the body as JSON, `None` if it is empty or no JSON."""
        try:
            return orjson.loads(self.body)
        except orjson.JSONDecodeError:
            return None
