"""The slack actor: an event becomes a message."""

from __future__ import annotations

import orjson
from attrs import define, field
from zope.interface import implementer

from orgloop.connectors.slack.answers import result_of_call, result_of_webhook
from orgloop.connectors.slack.config import SlackActorConfig
from orgloop.connectors.slack.message import message_of
from orgloop.delivery import DeliveryResult, Dispatch
from orgloop.errors import InvalidValue, RequestFailed
from orgloop.interfaces import IPreparingActor
from orgloop.plugin import PluginContext
from orgloop.reports import HTTPResponse
from orgloop.sdk.sending import UNTIL_CANCELLED_SECONDS, answer_to, delivery_headers


@implementer(IPreparingActor)
@define(eq=False)
class SlackActor:
    """Post one message per delivery; see `IPreparingActor`."""

    _config: SlackActorConfig = field(repr=False)
    _context: PluginContext

    async def start(self) -> None:
        """Nothing needs to be ready: whether Slack takes it shows with the first message."""

    async def stop(self) -> None:
        """Nothing is held: connections are the client's."""

    def prepare(self, dispatch: Dispatch) -> bytes:
        """See `IPreparingActor.prepare`. Raises `InvalidValue` for what a route cannot say."""
        return orjson.dumps(message_of(self._config, dispatch))

    async def deliver(self, dispatch: Dispatch) -> DeliveryResult:
        """See `IActor.deliver`."""
        try:
            body = dispatch.content or self.prepare(dispatch)
            response = await self._post(dispatch, body)
        except RequestFailed as error:
            return DeliveryResult.error(str(error))
        except InvalidValue as error:
            return DeliveryResult.rejected(str(error))
        if self._config.webhook_url is not None:
            return result_of_webhook(response, self._context.now_ms())
        return result_of_call(response, self._context.now_ms())

    async def _post(self, dispatch: Dispatch, body: bytes) -> HTTPResponse:
        url = self._config.webhook_url or f"{self._config.api_url}/chat.postMessage"
        request = self._context.http.request(
            "POST",
            url,
            headers={**credential_headers(self._config), **delivery_headers(dispatch)},
            body=body,
            timeout_seconds=UNTIL_CANCELLED_SECONDS,
        )
        return await answer_to(request)


def credential_headers(config: SlackActorConfig) -> dict[str, str]:
    """Return what Slack knows us by; the URL of an incoming webhook is its own credential."""
    headers = {"Content-Type": "application/json; charset=utf-8"}
    if config.token is not None:
        headers["Authorization"] = f"Bearer {config.token}"
    return headers
