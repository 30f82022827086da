"""``linear-webhook``: Linear says by itself what changed."""

from orgloop.connectors.linear.config import LinearWebhookConfig
from orgloop.connectors.linear.webhook.source import LinearWebhookSource
from orgloop.connectors.webhook.check import check_source
from orgloop.plugin import EnvironmentVariable, Registration, Setup

registration = Registration(
    id="linear-webhook",
    source=LinearWebhookSource,
    config=LinearWebhookConfig,
    setup=Setup(
        summary="Takes Linear's webhooks. Somebody who administers the workspace adds one that "
        "leads here, for issues and comments.",
        variables=(
            EnvironmentVariable(
                "LINEAR_WEBHOOK_SECRET",
                "the signing secret of a webhook in Linear",
                "Settings, API, Webhooks: https://linear.app/settings/api",
            ),
        ),
    ),
    local_check={"source": check_source},
)
