"""The openclaw actor: an event wakes an agent of an OpenClaw gateway."""

from __future__ import annotations

import orjson
from attrs import define, field
from twisted.logger import Logger
from zope.interface import implementer

from orgloop.connectors.openclaw.body import body_of
from orgloop.connectors.openclaw.callback import callback_of
from orgloop.connectors.openclaw.config import OpenClawConfig
from orgloop.delivery import DeliveryResult, Dispatch, Outcome
from orgloop.errors import InvalidValue, RequestFailed
from orgloop.event import JSONObject
from orgloop.interfaces import IPreparingActor
from orgloop.plugin import PluginContext
from orgloop.reports import HTTPResponse
from orgloop.sdk.sending import (
    TOO_MANY_REQUESTS,
    UNTIL_CANCELLED_SECONDS,
    answer_to,
    delivery_headers,
    failed_delivery,
)
from orgloop.sdk.urls import parse_url

_CALLBACK_SECONDS = 10.0
"""How long the session that waits may keep the normal way waiting, if there is time for both."""
_SUCCESSES = frozenset({Outcome.DELIVERED, Outcome.ACCEPTED})
_MAY_PASS = frozenset({TOO_MANY_REQUESTS})
_REMEDIES = {
    400: ": it takes no session key, or not this agent_id, from its webhooks "
    "(hooks.allowRequestSessionKey, hooks.allowedAgentIds), or a value in then.config is none",
    401: ": auth_token_env does not hold the token of its webhooks (hooks.token)",
    404: ": its webhooks are not enabled (hooks.enabled), or base_url leads elsewhere",
    413: ": the event is larger than its webhooks take (hooks.maxBodyBytes)",
    **dict.fromkeys((301, 302, 307, 308), ": set base_url to where it redirects to"),
}


@implementer(IPreparingActor)
@define(eq=False)
class OpenClawActor:
    """Ask the gateway for one run of an agent per delivery; see `IPreparingActor`.

    The gateway knows a repeated request by its idempotency key *and* by what it asks for, so the
    body is fixed before the first attempt.
    """

    _log = Logger()

    _config: OpenClawConfig = field(repr=False)
    _context: PluginContext
    _origin: str = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._origin = parse_url(self._config.base_url).origin

    async def start(self) -> None:
        """Nothing needs to be ready: whether the gateway is up shows with the first delivery."""

    async def stop(self) -> None:
        """Nothing is held: connections are the client's."""

    def prepare(self, dispatch: Dispatch) -> bytes:
        """See `IPreparingActor.prepare`. Raises `InvalidValue` for what a route cannot say."""
        waiting = callback_of(dispatch.events).session_key
        return orjson.dumps(
            {
                "callback": body_of(self._config, dispatch, waiting) if waiting else None,
                "normal": body_of(self._config, dispatch, None),
            }
        )

    async def deliver(self, dispatch: Dispatch) -> DeliveryResult:
        """See `IActor.deliver`."""
        waiting = callback_of(dispatch.events).agent_id
        if waiting is not None and waiting != self._config.agent_id:
            return DeliveryResult.skipped("the callback is for another agent")
        try:
            bodies = orjson.loads(dispatch.content or self.prepare(dispatch))
            if bodies["callback"] is not None:
                result = await self._call_back(dispatch, bodies["callback"])
                if result is not None:
                    return result
            return await self._send(dispatch, bodies["normal"])
        except RequestFailed as error:
            return DeliveryResult.error(str(error))
        except InvalidValue as error:
            return DeliveryResult.rejected(str(error))

    async def _call_back(self, dispatch: Dispatch, body: JSONObject) -> DeliveryResult | None:
        """Tell the session that waits; `None` if the normal way is to be taken.

        Where it is not known how the first attempt went, `RequestFailed` is let out: asked again,
        the gateway tells, and starts no second run. Only after that is it given up.
        """
        try:
            result = await self._send(
                dispatch,
                body,
                timeout_seconds=min(_CALLBACK_SECONDS, dispatch.timeout_seconds / 2),
            )
        except RequestFailed as error:
            if error.maybe_sent and dispatch.attempt == 1:
                raise
            result = DeliveryResult.error(str(error))
        if result.outcome in _SUCCESSES:
            return result
        self._log.warn(
            "the callback of delivery {delivery} to {actor} failed, it goes the normal way: "
            "{reason}",
            delivery=dispatch.id,
            actor=self._context.id,
            reason=result.reason,
        )
        return None

    async def _send(
        self,
        dispatch: Dispatch,
        body: JSONObject,
        *,
        timeout_seconds: float = UNTIL_CANCELLED_SECONDS,
    ) -> DeliveryResult:
        request = self._context.http.request(
            "POST",
            f"{self._config.base_url}/hooks/agent",
            headers={**credential_headers(self._config), **delivery_headers(dispatch)},
            body=orjson.dumps(body),
            timeout_seconds=timeout_seconds,
        )
        return self._result(await answer_to(request))

    def _result(self, response: HTTPResponse) -> DeliveryResult:
        status = response.status
        if 200 <= status < 300:
            run = _run_id(response)
            return DeliveryResult.accepted(run) if run else DeliveryResult.delivered()
        return failed_delivery(
            response,
            f"{self._origin} answered {status}",
            self._context.now_ms(),
            may_pass=_MAY_PASS,
            remedy=_REMEDIES.get(status, ""),
        )


def credential_headers(config: OpenClawConfig) -> dict[str, str]:
    """Return what the gateway knows us by."""
    headers = {"Content-Type": "application/json"}
    if config.auth_token_env is not None:
        headers["Authorization"] = f"Bearer {config.auth_token_env}"
    return headers


def _run_id(response: HTTPResponse) -> str | None:
    document = response.json()
    found = document.get("runId") if isinstance(document, dict) else None
    if isinstance(found, int) and not isinstance(found, bool):
        return str(found)
    return found if isinstance(found, str) and found else None
