"""The webhook actor: an event goes out over HTTP."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

import orjson
from attrs import define, field
from twisted.logger import Logger
from zope.interface import implementer

from orgloop.connectors.webhook.config import WebhookActorConfig
from orgloop.connectors.webhook.template import fill_body
from orgloop.delivery import DeliveryResult, Dispatch
from orgloop.errors import ConnectionRefused, InvalidEvent, InvalidValue, RequestFailed
from orgloop.event import EventDraft
from orgloop.interfaces import IPreparingActor
from orgloop.plugin import PluginContext
from orgloop.reports import HTTPResponse
from orgloop.sdk.deliveryscope import scope_of_delivery
from orgloop.sdk.requesthead import check_header
from orgloop.sdk.responses import response_event
from orgloop.sdk.sending import (
    UNTIL_CANCELLED_SECONDS,
    answer_to,
    delivery_headers,
    failed_delivery,
)
from orgloop.sdk.signatures import sign_body, sign_standard
from orgloop.sdk.urls import parse_url

# What receivers tell deliveries apart by cannot be configured away.
_OURS = frozenset(
    {
        "idempotency-key",
        "x-orgloop-event",
        "x-orgloop-event-type",
        "x-orgloop-route",
        "x-orgloop-attempt",
        "x-orgloop-trace",
        "x-hub-signature-256",
        "webhook-id",
        "webhook-timestamp",
        "webhook-signature",
    }
)


@implementer(IPreparingActor)
@define(eq=False)
class WebhookActor:
    """Send each delivery as one HTTP request; see `IPreparingActor`."""

    _log = Logger()

    _config: WebhookActorConfig
    _context: PluginContext
    _headers: dict[str, str] = field(init=False, repr=False)
    """What is the same in every request."""
    _origin: str = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._headers = _standing_headers(self._config)
        self._origin = parse_url(self._config.url).origin

    async def start(self) -> None:
        """Nothing needs to be ready: whether the receiver is up shows with the first delivery."""

    async def stop(self) -> None:
        """Nothing is held: connections are the client's."""

    def prepare(self, dispatch: Dispatch) -> bytes | None:
        """See `IPreparingActor.prepare`. Without a template the body follows from the dispatch."""
        if self._config.body_template is None or dispatch.attempt > 1:
            return None  # an earlier attempt was made without a template: so are the later ones
        return fill_body(self._config.body_template, scope_of_delivery(dispatch))

    async def deliver(self, dispatch: Dispatch) -> DeliveryResult:
        """See `IActor.deliver`."""
        try:
            body = dispatch.content or self.prepare(dispatch) or orjson.dumps(dispatch.document())
            response = await answer_to(
                self._context.http.request(
                    self._config.method,
                    self._config.url,
                    headers=self._request_headers(dispatch, body),
                    body=body,
                    timeout_seconds=UNTIL_CANCELLED_SECONDS,
                    allow_private=self._config.allow_private,
                )
            )
        except RequestFailed as error:
            return DeliveryResult.error(str(error))
        except (ConnectionRefused, InvalidValue) as error:
            return DeliveryResult.rejected(str(error))
        return self._result(dispatch, response)

    def _request_headers(self, dispatch: Dispatch, body: bytes) -> dict[str, str]:
        headers = {**self._headers, **delivery_headers(dispatch)}
        if self._config.secret is not None:
            headers |= sign_standard(body, self._config.secret, dispatch.id, self._context.now_ms())
            headers["X-Hub-Signature-256"] = sign_body(body, self._config.secret)
        return headers

    def _result(self, dispatch: Dispatch, response: HTTPResponse) -> DeliveryResult:
        status = response.status
        if 200 <= status < 300:
            return self._success(dispatch, response)
        is_redirect = 300 <= status < 400
        return failed_delivery(
            response,
            f"{self._origin} answered {status}",
            self._context.now_ms(),
            remedy="; redirects are not followed: set url to where it leads" if is_redirect else "",
        )

    def _success(self, dispatch: Dispatch, response: HTTPResponse) -> DeliveryResult:
        document = response.json() if response.body.lstrip()[:1] == b"{" else None
        effects = self._effects(dispatch, document)
        if response.status == 202 and (tracking_id := _tracking_id(document)):
            return DeliveryResult.accepted(tracking_id, *effects)
        return DeliveryResult.delivered(*effects)

    def _effects(self, dispatch: Dispatch, document: Any) -> tuple[EventDraft, ...]:
        try:
            event = response_event(document, "webhook")
        except InvalidEvent as error:
            self._log.warn(
                "the response event of delivery {delivery} to {actor} is not taken: {error}",
                delivery=dispatch.id,
                actor=self._context.id,
                error=error,
            )
            return ()
        return () if event is None else (event,)


def _standing_headers(config: WebhookActorConfig) -> dict[str, str]:
    ours = _OURS if config.auth is None else _OURS | {"authorization"}
    headers = {name: value for name, value in config.headers.items() if name.lower() not in ours}
    if not any(name.lower() == "content-type" for name in headers):
        headers["Content-Type"] = "application/json"
    if config.auth is not None and config.auth.type == "bearer":
        headers["Authorization"] = f"Bearer {config.auth.token}"
    elif config.auth is not None:
        credential = f"{config.auth.username}:{config.auth.password}".encode()
        headers["Authorization"] = f"Basic {b64encode(credential).decode()}"
    for name, value in headers.items():
        check_header(name, value)
    return headers


def _tracking_id(document: Any) -> str | None:
    found = document.get("tracking_id") if isinstance(document, dict) else None
    if isinstance(found, int) and not isinstance(found, bool):
        return str(found)
    return found if isinstance(found, str) and found else None
