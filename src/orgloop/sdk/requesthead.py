"""Write the head of an HTTP request, and refuse what would break out of it."""

from __future__ import annotations

import re
from collections.abc import Mapping

from orgloop import __version__
from orgloop.errors import InvalidValue
from orgloop.sdk.urls import Target

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_FIELD_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")
# The client says these itself: a second word on where a message ends is how requests are smuggled.
_OURS = frozenset({"content-length", "transfer-encoding", "connection"})
_WITH_BODY = frozenset({"POST", "PUT", "PATCH"})
_USER_AGENT = f"OrgLoop/{__version__}"


def check_header(name: str, value: str) -> None:
    """Raise `InvalidValue` for a header that cannot be sent. The value is not repeated."""
    if not _TOKEN.fullmatch(name):
        raise InvalidValue(f"{name!r} is not the name of an HTTP header")
    if name.lower() in _OURS:
        raise InvalidValue(f"the header {name!r} is set by the HTTP client: leave it out")
    if not _FIELD_VALUE.fullmatch(value):
        raise InvalidValue(
            f"the header {name!r} has a value with control characters or letters beyond Latin-1"
        )


def request_head(method: str, target: Target, headers: Mapping[str, str], body_size: int) -> bytes:
    """Write a request up to its body; raise `InvalidValue` for a header that cannot be sent."""
    lines = [f"{method} {target.path} HTTP/1.1"]
    given = set()
    for name, value in headers.items():
        check_header(name, value)
        given.add(name.lower())
        lines.append(f"{name}: {value}")
    if "host" not in given:
        lines.insert(1, f"Host: {target.host_header}")
    if "user-agent" not in given:
        lines.append(f"User-Agent: {_USER_AGENT}")
    if body_size or method in _WITH_BODY:
        lines.append(f"Content-Length: {body_size}")
    lines.append("\r\n")
    return "\r\n".join(lines).encode("latin-1")
