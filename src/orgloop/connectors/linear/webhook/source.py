"""The linear-webhook source: Linear posts what changed."""

from __future__ import annotations

from attrs import define, field
from zope.interface import implementer

from orgloop.connectors.linear.config import LinearWebhookConfig
from orgloop.connectors.linear.webhook.acquaintances import Acquaintances
from orgloop.connectors.linear.webhook.reading import drafts_of, team_of
from orgloop.errors import InvalidPayload
from orgloop.interfaces import IWebhookSource
from orgloop.plugin import PluginContext
from orgloop.reports import WebhookRequest, WebhookResult
from orgloop.sdk.signatures import verify

TOLERANCE_MS = 60_000
"""How far ``webhookTimestamp`` may lie from our clock: what Linear's documentation recommends."""
_SIGNATURE = "linear-signature"


@implementer(IWebhookSource)
@define(eq=False)
class LinearWebhookSource:
    """Report what Linear's webhooks say about issues; see `IWebhookSource`."""

    _config: LinearWebhookConfig
    _context: PluginContext
    _met: Acquaintances = field(factory=Acquaintances, init=False, repr=False)

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
        """See `IWebhookSource.verify`. The time is part of the body, so it is signed, too."""
        secret = self._config.secret
        return (
            secret is not None
            and _SIGNATURE in request.headers
            and verify(request.headers, request.body, secret, request.received_at)
            and _is_fresh(request)
        )

    async def receive(self, request: WebhookRequest) -> WebhookResult:
        """See `IWebhookSource.receive`."""
        body = request.json_object()
        drafts = drafts_of(body, self._met)
        if self._config.team is not None and self._config.team.lower() not in team_of(body):
            return WebhookResult()
        return WebhookResult([draft for draft in drafts if self._config.wants(draft)])


def _is_fresh(request: WebhookRequest) -> bool:
    try:
        sent_at = request.json_object().get("webhookTimestamp")
    except InvalidPayload:
        return False
    if isinstance(sent_at, bool) or not isinstance(sent_at, int | float):
        return False
    return abs(request.received_at - sent_at) <= TOLERANCE_MS
