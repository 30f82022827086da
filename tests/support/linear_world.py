"""A linear source and a linear-webhook source beside the workspace that they report on."""

from __future__ import annotations

from collections.abc import Coroutine
from pathlib import Path
from typing import Any

from attrs import define, field
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock

from orgloop.connectors.linear.config import LinearConfig, LinearWebhookConfig
from orgloop.connectors.linear.polling.source import LinearSource
from orgloop.connectors.linear.webhook.source import LinearWebhookSource
from orgloop.event import EventDraft
from orgloop.plugin import PluginContext
from orgloop.testing.lending import lend
from orgloop.testing.linear import LinearServer, Workspace, webhook_request

SECRET = "lin_wh_secret"


def result_of(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """Run a coroutine that waits for nothing, and return its result or raise its error."""
    results: list[Any] = []
    errors: list[BaseException] = []
    waiting = Deferred.fromCoroutine(coroutine)
    waiting.addCallbacks(results.append, lambda failure: errors.append(failure.value))
    if errors:
        raise errors[0]
    [result] = results
    return result


@define
class LinearWorld:
    """A polling source that is asked as a runtime asks it, and everything it reported."""

    workspace: Workspace = field(factory=Workspace)
    clock: Clock = field(factory=Clock)
    server: LinearServer = field(init=False)
    checkpoint: str | None = None
    reported: list[EventDraft] = field(factory=list)
    options: dict[str, Any] = field(factory=dict)
    source: LinearSource = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.server = LinearServer(self.workspace)
        self.restart()

    def context(self) -> PluginContext:
        return lend(
            Path("/nowhere"),
            http=self.server.client(),
            clock=self.clock,
            now_ms=lambda: self.workspace.now_ms,
        )

    def restart(self) -> None:
        """Make a new source, which knows nothing but the checkpoint."""
        options = {"team": "ENG", "api_key": "lin_api_test", **self.options}
        self.source = LinearSource(LinearConfig(**options), self.context())

    def poll(self, *, crash: bool = False) -> list[EventDraft]:
        """Poll; with ``crash``, the events are kept and the checkpoint is not."""
        result = result_of(self.source.poll(self.checkpoint))
        self.reported += result.events
        if crash:
            self.restart()
        else:
            self.checkpoint = result.checkpoint
        return list(result.events)


def accepted(drafts: list[EventDraft]) -> list[EventDraft]:
    """Return what intake makes events of: the first draft of each key."""
    return list({draft.key: draft for draft in reversed(drafts)}.values())[::-1]


def kinds(drafts: list[EventDraft]) -> list[str]:
    return [draft.provenance["platform_event"] for draft in drafts]


def hooked(
    workspace: Workspace, source: LinearWebhookSource | None = None, *payloads: dict[str, Any]
) -> list[EventDraft]:
    """Deliver webhooks, all that the workspace has if none is given; return the drafts."""
    source = source or webhook_source()
    drafts: list[EventDraft] = []
    for payload in payloads or tuple(workspace.webhooks):
        request = webhook_request(payload, SECRET, workspace.now_ms)
        assert source.verify(request)
        drafts += result_of(source.receive(request)).events
    return drafts


def webhook_source(context: PluginContext | None = None, **options: Any) -> LinearWebhookSource:
    config = LinearWebhookConfig(**{"secret": SECRET, **options})
    return LinearWebhookSource(config, context or lend(Path("/nowhere")))
