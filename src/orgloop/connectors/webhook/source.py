"""The webhook source: JSON comes in, an event comes out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

from attrs import define
from zope.interface import implementer

from orgloop.connectors.webhook.config import WebhookSourceConfig
from orgloop.dotpath import value_at
from orgloop.event import EVENT_TYPES, EventDraft, EventType, JSONObject
from orgloop.interfaces import IWebhookSource
from orgloop.plugin import PluginContext
from orgloop.reports import WebhookRequest, WebhookResult
from orgloop.sdk.signatures import verify
from orgloop.templates import as_text

_IDENTIFYING_HEADERS = ("webhook-id", "x-github-delivery", "idempotency-key")


@implementer(IWebhookSource)
@define(eq=False)
class WebhookSource:
    """Report every JSON object that is posted; see `IWebhookSource`."""

    _config: WebhookSourceConfig
    _context: PluginContext

    @property
    def path(self) -> str | None:
        return self._config.path

    @property
    def is_signed(self) -> bool:
        return self._config.secret is not None

    async def start(self) -> None:
        """Nothing needs to be ready."""

    async def stop(self) -> None:
        """Nothing is held."""

    def verify(self, request: WebhookRequest) -> bool:
        """See `IWebhookSource.verify`."""
        secret = self._config.secret
        return secret is not None and verify(
            request.headers, request.body, secret, request.received_at
        )

    async def receive(self, request: WebhookRequest) -> WebhookResult:
        """See `IWebhookSource.receive`."""
        body = request.json_object()
        provenance = {"platform": "webhook", "platform_event": self._platform_event(body)}
        if isinstance(tracking_id := body.get("tracking_id"), str) and tracking_id:
            # An actor that calls back this way is tied to the delivery it answers.
            provenance["tracking_id"] = tracking_id
        draft = EventDraft(self._type(body), provenance, body, key=self._key(request, body))
        return WebhookResult((draft,))

    def _platform_event(self, body: JSONObject) -> str:
        return _text(value_at(body, self._config.event_type_field)) or "unknown"

    def _type(self, body: JSONObject) -> EventType:
        if self._config.event_type == "from_body":
            for path in (self._config.event_type_field, "type", "event_type"):
                named = value_at(body, path)
                if isinstance(named, str) and named in EVENT_TYPES:
                    return cast(EventType, named)
        return "resource.changed"

    def _key(self, request: WebhookRequest, body: JSONObject) -> str | None:
        """Return what the sender calls this event, `None` if it has no name."""
        return next((f"{kind}:{name}" for kind, name in self._names(request, body) if name), None)

    def _names(self, request: WebhookRequest, body: JSONObject) -> Iterator[tuple[str, str]]:
        id_field = self._config.id_field
        if id_field is not None and id_field.startswith("header:"):
            header = id_field.removeprefix("header:").strip().lower()
            yield header, request.headers.get(header, "").strip()
        elif id_field is not None:
            yield "id", _text(value_at(body, id_field))
        for header in _IDENTIFYING_HEADERS:
            yield header, request.headers.get(header, "").strip()


def _text(value: Any) -> str:
    """Return a value as a name; what is missing, null or empty has none."""
    return "" if value is None else as_text(value).strip()
