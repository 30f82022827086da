"""A stand-in of Slack: incoming webhooks and the Web API, and requests as its Events API sends."""

from __future__ import annotations

from typing import Any

import orjson

from orgloop.connectors.slack.signature import sign
from orgloop.event import JSONObject
from orgloop.reports import WebhookRequest
from orgloop.testing.httpserver import Answer, ReceivedRequest, ScriptedHTTPServer

WEBHOOK_PATH = "/services/T0/B0/secret"


class SlackStandIn(ScriptedHTTPServer):
    """Slack on loopback: it takes messages, and says no the way Slack does.

    The Web API is below ``/api``, an incoming webhook at `WEBHOOK_PATH`. Answers that were put into
    the script come first.
    """

    def __init__(self, token: str = "xoxb-a-token", scopes: str = "chat:write") -> None:
        super().__init__(self._answer)
        self.token = token
        self.scopes = scopes
        self.messages: list[JSONObject] = []
        self.channels: set[str] | None = None
        """The channels there are; `None` takes any."""

    def _answer(self, request: ReceivedRequest) -> Answer:
        if request.path == WEBHOOK_PATH:
            return self._hooked(request.json())
        if request.headers.get("authorization") != f"Bearer {self.token}":
            return _no("invalid_auth")
        if request.path == "/api/auth.test":
            told = {"ok": True, "user": "orgloop", "team": "Engineering", "team_id": "T0"}
            return Answer(json=told, headers={"X-OAuth-Scopes": self.scopes})
        if request.path == "/api/chat.postMessage":
            return self._posted(request.json())
        return _no("unknown_method")

    def _hooked(self, message: JSONObject) -> Answer:
        if not message.get("text") and not message.get("blocks"):
            return Answer(status=400, body=b"no_text")
        self.messages.append(message)
        return Answer(body=b"ok")

    def _posted(self, message: JSONObject) -> Answer:
        channel = message.get("channel")
        if not channel or (self.channels is not None and channel not in self.channels):
            return _no("channel_not_found")
        if not message.get("text") and not message.get("blocks"):
            return _no("no_text")
        self.messages.append(message)
        stamp = f"1700000000.{len(self.messages):06d}"
        return Answer(json={"ok": True, "channel": channel, "ts": stamp, "message": message})


def event_request(
    event: JSONObject,
    *,
    secret: str,
    now_ms: int,
    event_id: str = "Ev0",
    team_id: str = "T0",
    **outer: Any,
) -> WebhookRequest:
    """Return an event as the Events API sends it, signed with ``secret``."""
    body = orjson.dumps(
        {
            "type": "event_callback",
            "team_id": team_id,
            "api_app_id": "A0",
            "event_id": event_id,
            "event_time": now_ms // 1000,
            "event": event,
            **outer,
        }
    )
    headers = {"content-type": "application/json", **sign(body, secret, now_ms)}
    return WebhookRequest("/webhook/slack", headers, body, now_ms)


def _no(word: str) -> Answer:
    return Answer(json={"ok": False, "error": word})
