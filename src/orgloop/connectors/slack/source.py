"""The slack source: what the Events API sends becomes events."""

from __future__ import annotations

import orjson
from attrs import define, field
from twisted.logger import Logger
from zope.interface import implementer

from orgloop.connectors.slack.config import SlackSourceConfig
from orgloop.connectors.slack.events import draft_of, name_of
from orgloop.connectors.slack.signature import holds
from orgloop.errors import InvalidPayload
from orgloop.event import JSONObject
from orgloop.interfaces import IWebhookSource
from orgloop.plugin import PluginContext
from orgloop.reports import WebhookRequest, WebhookResult


@implementer(IWebhookSource)
@define(eq=False)
class SlackSource:
    """Report what happens in a workspace; see `IWebhookSource`.

    Slack tries a request three times more if it is not answered in time; the event has the same
    ``event_id`` each time, and so the same key.
    """

    _log = Logger()

    _config: SlackSourceConfig = field(repr=False)
    _context: PluginContext

    @property
    def path(self) -> str | None:
        return self._config.path

    @property
    def is_signed(self) -> bool:
        return self._config.signing_secret is not None

    async def start(self) -> None:
        """Nothing needs to be ready."""

    async def stop(self) -> None:
        """Nothing is held."""

    def verify(self, request: WebhookRequest) -> bool:
        """See `IWebhookSource.verify`."""
        secret = self._config.signing_secret
        return secret is not None and holds(
            request.headers, request.body, secret, request.received_at
        )

    async def receive(self, request: WebhookRequest) -> WebhookResult:
        """See `IWebhookSource.receive`."""
        outer = request.json_object()
        kind = outer.get("type")
        if kind == "url_verification":
            return _challenged(outer)
        if kind == "app_rate_limited":
            self._log.warn(
                "Slack holds events of {source} back: there were too many in an hour",
                source=self._context.id,
            )
            return WebhookResult()
        if kind != "event_callback":
            raise InvalidPayload("type: event_callback or url_verification, as Slack sends them")
        draft = draft_of(outer)
        return WebhookResult((draft,) if self._wants(outer["event"]) else ())

    def _wants(self, event: JSONObject) -> bool:
        wanted = self._config.events
        return not wanted or event["type"] in wanted or name_of(event) in wanted


def _challenged(outer: JSONObject) -> WebhookResult:
    """Answer what Slack asks once, when it is given the URL."""
    challenge = outer.get("challenge")
    if not isinstance(challenge, str):
        raise InvalidPayload("challenge: the text that Slack wants back")
    return WebhookResult(body=orjson.dumps({"challenge": challenge}))
