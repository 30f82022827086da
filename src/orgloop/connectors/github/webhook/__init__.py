"""``github-webhook``: what happens in repositories, as GitHub tells of it."""

from orgloop.connectors.github.webhook.check import check_hooks, check_surroundings
from orgloop.connectors.github.webhook.config import GitHubWebhookConfig
from orgloop.connectors.github.webhook.debounce import debounce
from orgloop.connectors.github.webhook.reconciling import make_source
from orgloop.connectors.github.webhook.samples import samples
from orgloop.plugin import EnvironmentVariable, Registration, Setup

registration = Registration(
    id="github-webhook",
    source=make_source,
    config=GitHubWebhookConfig,
    debounce=debounce,
    check=check_hooks,
    local_check=check_surroundings,
    samples=samples,
    setup=Setup(
        summary="Takes what GitHub delivers. Add a webhook in the repository's settings that leads "
        "to /webhook/<source id>, with a secret; a token is for finding what was not delivered.",
        variables=(
            EnvironmentVariable(
                "GITHUB_WEBHOOK_SECRET",
                "the secret of the webhook in the repository's settings: GitHub signs with it",
                "make one up (openssl rand -hex 32) and enter it under Settings, Webhooks",
            ),
            EnvironmentVariable(
                "GITHUB_TOKEN",
                "a token that may read the repository and its webhooks, for reconciliation",
                "https://github.com/settings/personal-access-tokens (Issues, Pull requests "
                "and Webhooks, read-only)",
                is_optional=True,
            ),
        ),
    ),
)
