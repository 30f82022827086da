"""Read ``Retry-After``: how long a server asks to be left alone."""

from __future__ import annotations

from orgloop.sdk.httpdates import http_date_ms


def retry_after_seconds(value: str | None, now_ms: int) -> float | None:
    """Return the seconds that ``Retry-After`` asks for (a number or an HTTP date), else `None`.

    A moment that has passed is 0. How much of it is obeyed is for the caller to say.
    """
    if value is None:
        return None
    text = value.strip()
    if text.isascii() and text.isdigit():
        return float(text[:12])
    moment = http_date_ms(text)
    return None if moment is None else max(0, moment - now_ms) / 1000
