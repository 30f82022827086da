"""What every delivery over HTTP has in common: headers, and answers of which the status counts."""

from __future__ import annotations

from collections.abc import Awaitable, Collection
from functools import lru_cache
from urllib.parse import quote

from orgloop.delivery import DeliveryResult, Dispatch
from orgloop.errors import RequestFailed
from orgloop.reports import HTTPResponse
from orgloop.sdk.retryafter import retry_after_seconds

UNTIL_CANCELLED_SECONDS = 7 * 86_400.0
"""For a request that the delivery's own time-out ends, whatever it is set to."""

TOO_MANY_REQUESTS = 429
MAY_PASS = frozenset({408, 425, TOO_MANY_REQUESTS})
"""What may be another answer later, besides 5xx: too slow, too early, too much."""

# Elsewhere `Retry-After` says when to ask how far something has got, or where it is now.
_MAY_SAY_WHEN = frozenset({TOO_MANY_REQUESTS, 503})

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


def failed_delivery(
    response: HTTPResponse,
    answered: str,
    now_ms: int,
    *,
    may_pass: Collection[int] = MAY_PASS,
    remedy: str = "",
) -> DeliveryResult:
    """Return what becomes of a delivery that was answered otherwise than 2xx.

    With 5xx and the statuses of ``may_pass`` it is an ``error``, and of those 429 and 503 may say
    when to come again (``Retry-After``); with any other it is ``rejected``. ``answered`` says for
    people who answered what, as in "the chat answered 404"; ``remedy`` goes on with how to mend
    what is rejected.
    """
    status = response.status
    if status >= 500 or status in may_pass:
        return DeliveryResult.error(answered, retry_after_seconds=asked_pause(response, now_ms))
    return DeliveryResult.rejected(answered + remedy)


def asked_pause(response: HTTPResponse, now_ms: int) -> float | None:
    """Return how many seconds an answer that is 429 or 503 asks to be left alone, else `None`."""
    if response.status not in _MAY_SAY_WHEN:
        return None
    return retry_after_seconds(response.headers.get("retry-after"), now_ms)


@lru_cache(maxsize=4096)
def _header_text(name: str) -> str:
    """Return a name as a header carries it: what is not ASCII, and "%", percent-encoded."""
    return quote(name, safe=_PLAIN)
