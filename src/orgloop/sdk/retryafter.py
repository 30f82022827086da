"""Read ``Retry-After``: how long a server asks to be left alone."""

from __future__ import annotations

from email.utils import parsedate_to_datetime


def retry_after_seconds(value: str | None, now_ms: int) -> float | None:
    """Return the seconds that ``Retry-After`` asks for (a number or an HTTP date), else `None`.

    A moment that has passed is 0. How much of it is obeyed is for the caller to say.
    """
    if value is None:
        return None
    text = value.strip()
    if text.isascii() and text.isdigit():
        return float(text[:12])
    try:
        moment = parsedate_to_datetime(text).timestamp()
    except (ValueError, OverflowError):
        return None
    return max(0.0, moment - now_ms / 1000)
