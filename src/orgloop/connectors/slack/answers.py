"""Understand what Slack answers: a status, or 200 with ``"ok": false`` and a word for why."""

from __future__ import annotations

import re

from orgloop.delivery import DeliveryResult
from orgloop.reports import HTTPResponse
from orgloop.sdk.retryafter import retry_after_seconds

# From the errors of chat.postMessage (https://docs.slack.dev/reference/methods/chat.postMessage)
# those that say nothing against the message or the app.
_TRY_AGAIN = frozenset(
    {
        "fatal_error",
        "internal_error",
        "ratelimited",
        "rate_limited",
        "request_timeout",
        "service_unavailable",
        "team_added_to_org",
    }
)
_REMEDIES = {
    "account_inactive": "the bot was removed: install the app again, and set its new token",
    "channel_not_found": "name the channel by its id, and invite the bot if it is a private one",
    "invalid_auth": "set token to the app's bot token (OAuth & Permissions)",
    "is_archived": "choose a channel that is not archived",
    "missing_scope": "give the app the scope chat:write, and install it again",
    "not_in_channel": "invite the bot to the channel, or give the app the scope chat:write.public",
    "token_expired": "set token to a new one (OAuth & Permissions)",
    "token_revoked": "install the app again, and set token to its new token",
}
_WORD = re.compile(r"[a-z0-9_]{1,80}")
_MAY_SAY_WHEN = frozenset({429, 503})
_PASSES = frozenset({408, 425, 429})  # of the 4xx those that say nothing against the message


def result_of_webhook(response: HTTPResponse, now_ms: int) -> DeliveryResult:
    """Return how a post to an incoming webhook went: there the status says it all."""
    if 200 <= response.status < 300:
        return DeliveryResult.delivered()
    return _failed(response, now_ms)


def result_of_call(response: HTTPResponse, now_ms: int) -> DeliveryResult:
    """Return how a call of the Web API went."""
    if not 200 <= response.status < 300:
        return _failed(response, now_ms)
    document = response.json()
    if not isinstance(document, dict) or "ok" not in document:
        return DeliveryResult.error("the answer is not one of Slack's")
    if document["ok"] is True:
        return DeliveryResult.delivered()
    word = error_of(document)
    if word in _TRY_AGAIN:
        return DeliveryResult.error(
            f"Slack says {word}", retry_after_seconds=_pause(response, now_ms)
        )
    return DeliveryResult.rejected(with_remedy(f"Slack says {word}", word))


def error_of(document: object) -> str:
    """Return Slack's word for what is wrong; nothing else of the answer is repeated."""
    word = document.get("error") if isinstance(document, dict) else None
    return word if isinstance(word, str) and _WORD.fullmatch(word) else "unknown_error"


def with_remedy(message: str, word: str) -> str:
    """Add what mends an error, where that is known."""
    return f"{message}: {_REMEDIES[word]}" if word in _REMEDIES else message


def remedy(word: str) -> str:
    """Return what mends an error."""
    return _REMEDIES.get(word, "see https://docs.slack.dev/reference/methods/auth.test")


def _failed(response: HTTPResponse, now_ms: int) -> DeliveryResult:
    status = response.status
    # Incoming webhooks say the word as plain text.
    said = response.body[:80].decode("ascii", "replace").strip()
    answered = f"Slack answered {status}" + (f" {said}" if _WORD.fullmatch(said) else "")
    if status in _PASSES or status >= 500:
        return DeliveryResult.error(answered, retry_after_seconds=_pause(response, now_ms))
    if 300 <= status < 400:
        return DeliveryResult.rejected(f"{answered}: redirects are not followed")
    return DeliveryResult.rejected(with_remedy(answered, said))


def _pause(response: HTTPResponse, now_ms: int) -> float | None:
    """Return how long Slack asks to be left alone; it may say so beside ``ok: false``, too."""
    if response.status < 300 or response.status in _MAY_SAY_WHEN:
        return retry_after_seconds(response.headers.get("retry-after"), now_ms)
    return None
