"""Write and read moments the way events carry them: ISO 8601, UTC, with ``Z``."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache

from orgloop.errors import InvalidValue

_EPOCH = datetime.fromtimestamp(0, UTC)
_MILLISECOND = timedelta(milliseconds=1)


# Whoever writes down what happens now writes each moment several times.
@lru_cache(maxsize=1024)
def to_iso(epoch_ms: int) -> str:
    """Write milliseconds since the Unix epoch as ``2026-01-31T08:15:00.250Z``."""
    moment = _EPOCH + epoch_ms * _MILLISECOND
    return moment.isoformat(timespec="milliseconds")[:-6] + "Z"  # in place of +00:00


def to_epoch_ms(text: str) -> int:
    """Read an ISO 8601 moment that names its offset; raise `InvalidValue` otherwise."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidValue(
            f"{text!r} is not an ISO 8601 time such as 2026-01-31T08:15:00Z"
        ) from None
    if moment.tzinfo is None:
        raise InvalidValue(f"{text!r} does not say its time zone: end it with Z")
    try:
        return (moment.astimezone(UTC) - _EPOCH) // _MILLISECOND
    except OverflowError:
        raise InvalidValue(f"{text!r} lies outside the years 1 to 9999") from None
