"""``linear-webhook``: Linear says by itself what changed."""

from orgloop.connectors.linear.api import KEYS_PAGE
from orgloop.connectors.linear.check import check_signing, check_webhook
from orgloop.connectors.linear.config import LinearWebhookConfig
from orgloop.connectors.linear.samples import samples
from orgloop.connectors.linear.webhook.source import LinearWebhookSource
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
            EnvironmentVariable(
                "LINEAR_API_KEY",
                "a personal API key of Linear, to look up names with",
                KEYS_PAGE,
                is_optional=True,
            ),
        ),
    ),
    check={"source": check_webhook},
    local_check={"source": check_signing},
    samples=samples,
)
