"""What every delivery over HTTP has in common: headers, and answers of which the status counts."""

from __future__ import annotations

from collections.abc import Awaitable
from functools import lru_cache
from urllib.parse import quote

from orgloop.delivery import Dispatch
from orgloop.errors import RequestFailed
from orgloop.reports import HTTPResponse

UNTIL_CANCELLED_SECONDS = 7 * 86_400.0
"""For a request that the delivery's own time-out ends, whatever it is set to."""

# What a name may hold in a header as it is; "%" is not among it, so that it can be decoded.
_PLAIN = " !\"#$&'()*+,/:;<=>?@[\\]^`{|}"


def delivery_headers(dispatch: Dispatch) -> dict[str, str]:
    """Return the idempotency key, and the headers by which a receiver continues the chain.

    ``Idempotency-Key`` is the same on every attempt and different for every delivery.
    """
    event = dispatch.event
    return {
        "Idempotency-Key": dispatch.id,
        "X-OrgLoop-Event": event.id,
        "X-OrgLoop-Event-Type": event.type,
        "X-OrgLoop-Route": _header_text(dispatch.route),
        "X-OrgLoop-Attempt": str(dispatch.attempt),
        "X-OrgLoop-Trace": str(dispatch.cause),
    }


async def answer_to(request: Awaitable[HTTPResponse]) -> HTTPResponse:
    """Return the answer to ``request``; without a body if that is larger than it may be.

    How it went is known then, and a body of that size holds nothing that an actor would read.
    Raises what `IHTTPClient.request` does where there is no answer at all.
    """
    try:
        return await request
    except RequestFailed as error:
        if error.status is None:
            raise
        return HTTPResponse(error.status, {}, b"")


@lru_cache(maxsize=4096)
def _header_text(name: str) -> str:
    """Return a name as a header carries it: what is not ASCII, and "%", percent-encoded."""
    return quote(name, safe=_PLAIN)
