"""The linear-webhook source: Linear posts what changed."""

from __future__ import annotations

from attrs import define, field
from twisted.internet.defer import CancelledError, Deferred
from twisted.logger import Logger
from twisted.python.failure import Failure
from zope.interface import implementer

from orgloop.connectors.linear.api import LinearAPI, LinearError
from orgloop.connectors.linear.config import LinearWebhookConfig
from orgloop.connectors.linear.webhook.acquaintances import Acquaintances
from orgloop.connectors.linear.webhook.names import look_up_names
from orgloop.connectors.linear.webhook.reading import drafts_of, team_of
from orgloop.errors import InvalidPayload, RequestFailed
from orgloop.interfaces import IWebhookSource
from orgloop.plugin import PluginContext
from orgloop.reports import WebhookRequest, WebhookResult
from orgloop.sdk.signatures import verify

TOLERANCE_MS = 60_000
"""How far ``webhookTimestamp`` may lie from our clock: what Linear's documentation recommends."""
_SIGNATURE = "linear-signature"
_LOOK_UP_AGAIN_SECONDS = 60.0


@implementer(IWebhookSource)
@define(eq=False)
class LinearWebhookSource:
    """Report what Linear's webhooks say about issues; see `IWebhookSource`.

    With an API key it looks up names that no webhook has said, behind the back of whoever posts.
    """

    _log = Logger()

    _config: LinearWebhookConfig
    _context: PluginContext
    _met: Acquaintances = field(factory=Acquaintances, init=False, repr=False)
    _api: LinearAPI | None = field(init=False, repr=False)
    _looking: Deferred[None] | None = field(default=None, init=False, repr=False)
    _not_before: float = field(default=0.0, init=False)

    def __attrs_post_init__(self) -> None:
        key, url = self._config.api_key, self._config.api_url
        self._api = LinearAPI(key, url, self._context) if key is not None else None

    @property
    def path(self) -> str | None:
        return self._config.path

    @property
    def is_signed(self) -> bool:
        return self._config.secret is not None

    async def start(self) -> None:
        """Begin to look up names. Webhooks are taken meanwhile, and if that fails."""
        self._look_up()

    async def stop(self) -> None:
        """Look up no more names."""
        self._api = None
        if self._looking is not None:
            self._looking.cancel()

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
        if self._met.has_missed:
            self._look_up()
        if self._config.team is not None and self._config.team.lower() not in team_of(body):
            return WebhookResult()
        return WebhookResult([draft for draft in drafts if self._config.wants(draft)])

    def _look_up(self) -> None:
        """Look up names, now and then only: whoever posts waits for nothing."""
        now = self._context.clock.seconds()
        if self._api is None or self._looking is not None or now < self._not_before:
            return
        self._not_before = now + _LOOK_UP_AGAIN_SECONDS
        self._looking = looking = Deferred.fromCoroutine(look_up_names(self._api, self._met))
        looking.addErrback(self._looked_up_badly)
        looking.addCallback(self._looked_up)

    def _looked_up(self, _: None) -> None:
        self._looking = None
        self._met.has_missed = False

    def _looked_up_badly(self, failure: Failure) -> None:
        if failure.check(CancelledError):
            return
        if failure.check(LinearError, RequestFailed):
            self._log.warn(
                "{source} goes without some names: {error}",
                source=self._context.id,
                error=failure.value,
            )
            return
        self._log.failure("looking up names in Linear failed", failure)


def _is_fresh(request: WebhookRequest) -> bool:
    try:
        sent_at = request.json_object().get("webhookTimestamp")
    except InvalidPayload:
        return False
    if isinstance(sent_at, bool) or not isinstance(sent_at, int | float):
        return False
    return abs(request.received_at - sent_at) <= TOLERANCE_MS
