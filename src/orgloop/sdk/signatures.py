"""Prove who sent a webhook, and sign what we send.

Three families: ``sha256=<hex>`` over the body (``X-Hub-Signature-256``, ``X-Signature``), the bare
hexadecimal digest of ``Linear-Signature``, and Standard Webhooks (https://www.standardwebhooks.com),
which signs an id and a time along with the body. Its library is used in our tests only: it asks the
wall clock itself, and takes a body apart that is not ours to look at before it is proven.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import re
from collections.abc import Callable, Mapping
from hashlib import sha256

from orgloop.errors import InvalidValue

TOLERANCE_SECONDS = 300
"""How far a Standard Webhooks timestamp may lie from our clock, either way."""

_BASE64_PREFIX = "whsec_"
_TIMESTAMP = re.compile(r"[0-9]{1,12}")


def is_signed(headers: Mapping[str, str]) -> bool:
    """Whether a request carries a signature of any scheme we know (names in lower case)."""
    return any(name in headers for name in _SCHEMES)


def verify(headers: Mapping[str, str], body: bytes, secret: str, now_ms: int) -> bool:
    """Whether every signature that a request carries is right, and it carries one.

    Header names are in lower case. Compared in constant time; never raises.
    """
    return is_signed(headers) and all(
        scheme(headers, body, secret, now_ms)
        for name, scheme in _SCHEMES.items()
        if name in headers
    )


def check_secret(secret: str) -> str:
    """Return a usable secret; raise `InvalidValue` for one with which anybody could sign."""
    if not secret.strip():
        raise InvalidValue("an empty secret proves nothing: give one, or leave the key out")
    if secret.startswith(_BASE64_PREFIX) and not _standard_key(secret):
        raise InvalidValue(
            "a secret that begins with whsec_ goes on in base64, and this one does not"
        )
    return secret


def sign_body(body: bytes, secret: str) -> str:
    """Return the value of ``X-Hub-Signature-256`` and ``X-Signature``."""
    return "sha256=" + hmac.new(secret.encode(), body, sha256).hexdigest()


def sign_standard(body: bytes, secret: str, message_id: str, now_ms: int) -> dict[str, str]:
    """Return the three headers of Standard Webhooks for one message."""
    timestamp = str(now_ms // 1000)
    return {
        "webhook-id": message_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": "v1," + _standard_signature(secret, message_id, timestamp, body),
    }


def _standard_signature(secret: str, message_id: str, timestamp: str, body: bytes) -> str:
    signed = f"{message_id}.{timestamp}.".encode("utf-8", "replace") + body
    digest = hmac.new(_standard_key(secret), signed, sha256).digest()
    return base64.b64encode(digest).decode()


def _standard_key(secret: str) -> bytes:
    if not secret.startswith(_BASE64_PREFIX):
        return secret.encode()
    encoded = secret.removeprefix(_BASE64_PREFIX)
    try:
        return base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
    except binascii.Error:
        return b""


def _same(given: str, expected: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "replace"), expected.encode())


def _by_digest(header: str, prefix: str) -> Callable[[Mapping[str, str], bytes, str, int], bool]:
    def holds(headers: Mapping[str, str], body: bytes, secret: str, now_ms: int) -> bool:
        expected = prefix + hmac.new(secret.encode(), body, sha256).hexdigest()
        return _same(headers[header].strip(), expected)

    return holds


def _by_standard(headers: Mapping[str, str], body: bytes, secret: str, now_ms: int) -> bool:
    message_id = headers.get("webhook-id", "").strip()
    timestamp = headers.get("webhook-timestamp", "").strip()
    if not message_id or not _TIMESTAMP.fullmatch(timestamp) or not _standard_key(secret):
        return False
    if abs(now_ms / 1000 - int(timestamp)) > TOLERANCE_SECONDS:
        return False
    expected = "v1," + _standard_signature(secret, message_id, timestamp, body)
    # There are several while a secret is being replaced.
    return any(_same(one, expected) for one in headers["webhook-signature"].split())


_SCHEMES: dict[str, Callable[[Mapping[str, str], bytes, str, int], bool]] = {
    "x-hub-signature-256": _by_digest("x-hub-signature-256", "sha256="),
    "x-signature": _by_digest("x-signature", "sha256="),
    "linear-signature": _by_digest("linear-signature", ""),
    "webhook-signature": _by_standard,
}
