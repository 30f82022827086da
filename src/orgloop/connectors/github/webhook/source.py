"""The github-webhook source: what GitHub delivers becomes events."""

from __future__ import annotations

from urllib.parse import parse_qs

import orjson
from attrs import define, field
from zope.interface import implementer

from orgloop.connectors.github.webhook.config import GitHubWebhookConfig
from orgloop.connectors.github.webhook.delivered import PING, Delivered
from orgloop.connectors.github.webhook.wanted import wants
from orgloop.errors import InvalidPayload
from orgloop.event import EventDraft, JSONObject
from orgloop.interfaces import IWebhookSource
from orgloop.plugin import ComponentContext, PluginContext
from orgloop.reports import WebhookRequest, WebhookResult
from orgloop.sdk.signatures import verify

_FORM = "application/x-www-form-urlencoded"
_SIGNATURE = "x-hub-signature-256"


@implementer(IWebhookSource)
@define(eq=False)
class GitHubWebhookSource:
    """Report what GitHub delivers; see `IWebhookSource`."""

    config: GitHubWebhookConfig = field(repr=False)
    context: PluginContext
    hook_id: int | None = field(default=None, init=False)
    """The repository's webhook that has called last."""

    @property
    def path(self) -> str | None:
        return self.config.path

    @property
    def paths(self) -> tuple[str, ...]:
        """Every path it is served at."""
        return paths_of(self.config, self.context)

    @property
    def is_signed(self) -> bool:
        return self.config.secret is not None

    async def start(self) -> None:
        """Nothing needs to be ready."""

    async def stop(self) -> None:
        """Nothing is held."""

    def verify(self, request: WebhookRequest) -> bool:
        """See `IWebhookSource.verify`. GitHub signs in one way, and nothing else is taken."""
        secret, headers = self.config.secret, request.headers
        if secret is None or _SIGNATURE not in headers:
            return False
        signature = {_SIGNATURE: headers[_SIGNATURE]}
        return verify(signature, request.body, secret, request.received_at)

    async def receive(self, request: WebhookRequest) -> WebhookResult:
        """See `IWebhookSource.receive`."""
        name = request.headers.get("x-github-event", "").strip()
        if not name:
            raise InvalidPayload("there is no X-GitHub-Event header: this is not from GitHub")
        self._note_hook(request)
        guid = request.headers.get("x-github-delivery", "").strip() or None
        draft = self.reported(Delivered(name=name, guid=guid, body=_body(request)))
        return WebhookResult(() if draft is None else (draft,))

    def reported(self, delivered: Delivered) -> EventDraft | None:
        """Return what to report of an event that GitHub delivers or has kept, if anything."""
        draft = None if delivered.name == PING else delivered.draft()
        if draft is None:
            return None
        kind = str(draft.provenance["platform_event"])
        return draft if wants(self.config.events, kind, delivered.full_name) else None

    def _note_hook(self, request: WebhookRequest) -> None:
        """Remember which webhook calls: its deliveries are the ones to reconcile with."""
        hook = request.headers.get("x-github-hook-id", "")
        target = request.headers.get("x-github-hook-installation-target-type")
        if target == "repository" and hook.isdecimal():
            self.hook_id = int(hook)


def paths_of(config: GitHubWebhookConfig, context: ComponentContext) -> tuple[str, ...]:
    """Return every path that a source is served at."""
    own = f"/webhook/{context.id}"
    return (own,) if config.path is None else (config.path, own)


def _body(request: WebhookRequest) -> JSONObject:
    """Return the payload, whichever content type the webhook was given."""
    if not request.headers.get("content-type", "").startswith(_FORM):
        return request.json_object()
    try:
        fields = parse_qs(request.body.decode("ascii"), max_num_fields=8)
        document = orjson.loads(fields["payload"][0])
    except (ValueError, KeyError, RecursionError) as error:
        raise InvalidPayload("the form has no field payload that is JSON") from error
    if not isinstance(document, dict):
        raise InvalidPayload("the form's payload is JSON but not an object")
    return document
