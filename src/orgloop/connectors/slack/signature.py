"""Prove that Slack sent a request.

``X-Slack-Signature`` is ``v0=`` and the HMAC-SHA256 of ``v0:<timestamp>:<body>``
(https://docs.slack.dev/authentication/verifying-requests-from-slack).
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping
from hashlib import sha256

TOLERANCE_SECONDS = 300
"""How far ``X-Slack-Request-Timestamp`` may lie from our clock, either way."""

_TIMESTAMP = re.compile(r"[0-9]{1,12}")


def sign(body: bytes, secret: str, now_ms: int) -> dict[str, str]:
    """Return the two headers of a signed request, in lower case."""
    timestamp = str(now_ms // 1000)
    return {
        "x-slack-request-timestamp": timestamp,
        "x-slack-signature": _signature(body, secret, timestamp),
    }


def holds(headers: Mapping[str, str], body: bytes, secret: str, now_ms: int) -> bool:
    """Whether a request is signed and recent. Compared in constant time; never raises."""
    timestamp = headers.get("x-slack-request-timestamp", "").strip()
    given = headers.get("x-slack-signature", "").strip()
    if not _TIMESTAMP.fullmatch(timestamp):
        return False
    if abs(now_ms / 1000 - int(timestamp)) > TOLERANCE_SECONDS:
        return False
    expected = _signature(body, secret, timestamp)
    return hmac.compare_digest(given.encode("utf-8", "replace"), expected.encode())


def _signature(body: bytes, secret: str, timestamp: str) -> str:
    signed = f"v0:{timestamp}:".encode() + body
    return "v0=" + hmac.new(secret.encode(), signed, sha256).hexdigest()
