"""``sample``: what is new there becomes events, and deliveries become messages there."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

from attrs import frozen
from zope.interface import implementer

from orgloop.sdk import (
    DeliveryResult,
    Dispatch,
    EventDraft,
    IActor,
    IPollingSource,
    PluginContext,
    PollResult,
    Registration,
    RequestFailed,
    delivery_headers,
    failed_delivery,
    option,
)


@frozen(kw_only=True)
class SampleConfig:
    """Where the service is, and who we are there."""

    url: str = option("Where its API is.", structural=True)
    token: str | None = option("A token of its API.", default=None, secret=True)

    @property
    def headers(self) -> dict[str, str]:
        """What goes with every request."""
        known = {"Accept": "application/json", "Content-Type": "application/json"}
        return known | ({"Authorization": f"Bearer {self.token}"} if self.token else {})


@implementer(IPollingSource)
@frozen
class SampleSource:
    """Report each item that is new: ``GET /items?after=ID`` lists them, oldest first."""

    _config: SampleConfig
    _context: PluginContext

    async def start(self) -> None:
        """Nothing to make ready."""

    async def stop(self) -> None:
        """Nothing to let go of."""

    async def poll(self, checkpoint: str | None) -> PollResult:
        """Return the items after ``checkpoint``, which is the id of the last one reported."""
        url = f"{self._config.url}/items?after={quote(checkpoint or '', safe='')}"
        answer = await self._context.http.request("GET", url, headers=self._config.headers)
        if answer.status != 200:
            raise RuntimeError(f"the list of items is answered {answer.status}")
        items = answer.json()
        if not isinstance(items, list):
            raise RuntimeError("the list of items is none")
        return PollResult(
            [draft_of(item) for item in items], str(items[-1]["id"]) if items else None
        )


def draft_of(item: dict[str, Any]) -> EventDraft:
    """Return the event of one item. Its key is what the outside world calls this change."""
    told = {
        "platform": "sample",
        "platform_event": "item.created",
        "resource_id": str(item["id"]),
        "author": str(item.get("author") or "unknown"),
        "author_type": "unknown",
    }
    return EventDraft("resource.changed", told, item, key=f"item:{item['id']}")


@implementer(IActor)
@frozen
class SampleActor:
    """Post what happened: ``POST /messages``."""

    _config: SampleConfig
    _context: PluginContext

    async def start(self) -> None:
        """Nothing to make ready."""

    async def stop(self) -> None:
        """Nothing to let go of."""

    async def deliver(self, dispatch: Dispatch) -> DeliveryResult:
        """Post one message; its headers carry the idempotency key."""
        body = json.dumps({"text": dispatch.event.source, "event": dispatch.event.to_json()})
        headers = {**self._config.headers, **delivery_headers(dispatch)}
        try:
            answer = await self._context.http.request(
                "POST", f"{self._config.url}/messages", headers=headers, body=body.encode()
            )
        except RequestFailed as error:
            return DeliveryResult.error(str(error))
        if 200 <= answer.status < 300:
            return DeliveryResult.delivered()
        return failed_delivery(answer, f"it answered {answer.status}", self._context.now_ms())


async def samples(config: SampleConfig | None, context: PluginContext) -> list[EventDraft]:
    """Return events to try the wiring with: ``orgloop test --generate sample``."""
    return [draft_of({"id": "1", "author": "ada", "title": "The first item"})]


registration = Registration(
    id="sample", source=SampleSource, actor=SampleActor, config=SampleConfig, samples=samples
)
