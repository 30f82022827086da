"""The body of a request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, cast

if TYPE_CHECKING:
    from twisted.web.server import Request


class _WithBody(Protocol):
    def whole_body(self) -> bytes: ...


def body_of(request: Request) -> bytes:
    """Return the whole body, of a request of our own or of any other site's."""
    if hasattr(request, "whole_body"):
        return cast(_WithBody, request).whole_body()
    body: bytes = cast(Any, request).content.read()
    return body
