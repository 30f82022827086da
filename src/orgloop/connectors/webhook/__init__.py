"""``webhook``: take JSON from anything that can send it, hand events to anything that listens."""

from orgloop.connectors.webhook.actor import WebhookActor
from orgloop.connectors.webhook.check import check_actor, check_source
from orgloop.connectors.webhook.config import WebhookActorConfig, WebhookSourceConfig
from orgloop.connectors.webhook.samples import samples
from orgloop.connectors.webhook.source import WebhookSource
from orgloop.plugin import Registration, Setup

registration = Registration(
    id="webhook",
    source=WebhookSource,
    actor=WebhookActor,
    config={"source": WebhookSourceConfig, "actor": WebhookActorConfig},
    setup=Setup(
        summary="Receives JSON over HTTP and sends events over HTTP. Needs no account; agree on a "
        "secret with the other side, so that each can tell who sent what."
    ),
    route_options=(),
    check={"actor": check_actor},
    local_check={"source": check_source},
    samples=samples,
)
