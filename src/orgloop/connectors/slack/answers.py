"""Understand what Slack answers: a status, or 200 with ``"ok": false`` and a word for why."""

from __future__ import annotations

import re

from orgloop.delivery import DeliveryResult
from orgloop.reports import HTTPResponse
from orgloop.sdk.retryafter import retry_after_seconds
from orgloop.sdk.sending import failed_delivery

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
    if not isinstance(document, dict) or not isinstance(document.get("ok"), bool):
        return DeliveryResult.error("the answer is not one of Slack's")
    if document["ok"]:
        return DeliveryResult.delivered()
    word = error_of(document)
    if word in _TRY_AGAIN:
        # It may say when beside ``ok: false``, too.
        pause = retry_after_seconds(response.headers.get("retry-after"), now_ms)
        return DeliveryResult.error(f"Slack says {word}", retry_after_seconds=pause)
    return DeliveryResult.rejected(f"Slack says {word}{_mend(word)}")


def error_of(document: object) -> str:
    """Return Slack's word for what is wrong; nothing else of the answer is repeated."""
    word = document.get("error") if isinstance(document, dict) else None
    return word if isinstance(word, str) and _WORD.fullmatch(word) else "unknown_error"


def remedy(word: str) -> str:
    """Return what mends an error."""
    return _REMEDIES.get(word, "see https://docs.slack.dev/reference/methods/auth.test")


def _mend(word: str) -> str:
    """Return what mends an error as the end of a message, empty where that is not known."""
    return f": {_REMEDIES[word]}" if word in _REMEDIES else ""


def _failed(response: HTTPResponse, now_ms: int) -> DeliveryResult:
    status = response.status
    # Incoming webhooks say the word as plain text.
    said = response.body[:80].decode("ascii", "replace").strip()
    answered = f"Slack answered {status}" + (f" {said}" if _WORD.fullmatch(said) else "")
    mend = ": redirects are not followed" if 300 <= status < 400 else _mend(said)
    return failed_delivery(response, answered, now_ms, remedy=mend)
