"""What an endpoint is given: the names in its path, the query, the body."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import orjson
from attrs import frozen

from orgloop.commas import words
from orgloop.errors import InvalidPayload
from orgloop.http.answer import Headers as AnswerHeaders
from orgloop.http.body import body_of
from orgloop.http.fields import Fields, moment_of
from orgloop.http.problem import Refused, bad_value

if TYPE_CHECKING:
    from twisted.web.http_headers import Headers
    from twisted.web.server import Request

DEFAULT_LIMIT = 100
MAX_LIMIT = 1000


@frozen
class Call:
    """One request to an endpoint. Each reader raises `Refused` and names the parameter."""

    _request: Request
    names: Mapping[str, str]
    """The variable parts of the path."""

    is_session: bool = False
    """Whether it is a session of the dashboard that asks, and not the control token."""

    @property
    def headers(self) -> Headers:
        return self._request.requestHeaders

    def json_object(self) -> dict[str, Any]:
        """Return the body; raise `InvalidPayload` if it is not a JSON object."""
        try:
            document = orjson.loads(body_of(self._request))
        except (orjson.JSONDecodeError, RecursionError) as error:
            raise InvalidPayload(f"the body is not JSON: {error}") from error
        if not isinstance(document, dict):
            raise InvalidPayload("the body is JSON but not an object")
        return document

    def body(self, *known: str) -> Fields:
        """Return the fields of the body, of which there are ``known``; no body has none."""
        document = self.json_object() if body_of(self._request) else {}
        return Fields.of(document, known)

    @property
    def is_head(self) -> bool:
        """Whether only the headers of the answer are asked for."""
        return bool(self._request.method == b"HEAD")

    def text(self, name: str) -> str | None:
        """Return a parameter that may be given once, `None` if it is missing or empty."""
        return self.given(name) or None

    def given(self, name: str) -> str | None:
        """Return a parameter that may be given once and may be empty, `None` if it is missing."""
        values = self._values(name)
        if len(values) > 1:
            raise Refused(bad_value(name, "given more than once", "give it once"))
        return values[0] if values else None

    def words(self, name: str, known: Collection[str] | None = None) -> tuple[str, ...]:
        """Return the values of a filter, separated by commas; ``known`` says which there are."""
        found = words(",".join(self._values(name)))
        for word in found:
            if known is not None and word not in known:
                raise Refused(
                    bad_value(
                        name, f"{word!r} is none of its values", f"use {', '.join(sorted(known))}"
                    )
                )
        return found

    def moment(self, name: str) -> int | None:
        """Return a time in milliseconds since the epoch."""
        text = self.text(name)
        # A space is a plus sign that was not encoded.
        return None if text is None else moment_of(name, text.replace(" ", "+"), bad_value)

    def limit(self) -> int:
        """Return how many rows a page holds."""
        return self._whole_number("limit", 1, MAX_LIMIT) or DEFAULT_LIMIT

    def at_most(self) -> int | None:
        """Return the limit, if one is given."""
        return self._whole_number("limit", 1, MAX_LIMIT)

    def position(self) -> int | None:
        """Return the cursor of a list that goes by sequence number."""
        return self._whole_number("cursor", 0, 2**63 - 1)

    def next_page(self, cursor: str) -> AnswerHeaders:
        """Return the header that leads to the next page: the same query, on from ``cursor``."""
        query = [
            (name.decode("utf-8"), value.decode("utf-8"))
            for name, values in self._request.args.items()
            for value in values
            if name != b"cursor" and _is_utf8(name) and _is_utf8(value)
        ]
        address = f"{self._request.path.decode('ascii')}?{urlencode([*query, ('cursor', cursor)])}"
        return ((b"Link", f'<{address}>; rel="next"'.encode("ascii")),)

    def _whole_number(self, name: str, low: int, high: int) -> int | None:
        text = self.text(name)
        if text is None:
            return None
        if not (text.isascii() and text.isdigit() and len(text) < 20 and low <= int(text) <= high):
            raise Refused(
                bad_value(
                    name, f"{text!r} is out of range", f"use a whole number from {low} to {high}"
                )
            )
        return int(text)

    def _values(self, name: str) -> list[str]:
        raw = self._request.args.get(name.encode("ascii"), [])
        try:
            return [value.decode("utf-8") for value in raw]
        except UnicodeDecodeError as error:
            raise Refused(bad_value(name, "not UTF-8", "percent-encode it as UTF-8")) from error


def _is_utf8(text: bytes) -> bool:
    try:
        text.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
