"""Say whether the runtime lives, and whether it does its work."""

from __future__ import annotations

from orgloop.http.answer import Answer
from orgloop.http.problem import RETRY_AFTER_SECONDS
from orgloop.http.view import Runtime

_LIVE = Answer.of({"status": "live"})
_LATER = ((b"Retry-After", b"%d" % RETRY_AFTER_SECONDS),)


def health_answer(runtime: Runtime, path: bytes) -> Answer:
    """Answer ``/health/live`` and ``/health/ready``."""
    if path == b"/health/live":
        return _LIVE
    if runtime.phase != "ready":
        return Answer.of({"status": runtime.phase}, status=503, headers=_LATER)
    if not runtime.storage_ok:
        return Answer.of({"status": "disk"}, status=503, headers=_LATER)
    return Answer.of({"status": runtime.health()})
