"""The connectors of Linear pass the suite of sources."""

from pathlib import Path

from attrs import evolve

from orgloop.connectors.linear import registration as linear
from orgloop.connectors.linear.config import LinearConfig, LinearWebhookConfig
from orgloop.connectors.linear.webhook import registration as linear_webhook
from orgloop.interfaces import ISource
from orgloop.plugin import PluginContext
from orgloop.testing.lending import NOW_MS
from orgloop.testing.lending import lend as lend_context
from orgloop.testing.linear import LinearServer, Workspace, webhook_request
from orgloop.testing.source import SourceSuite


def busy_workspace() -> Workspace:
    space = Workspace()
    issue = space.create_issue("It breaks", labels=["bug"])
    space.update_issue(issue, state="Done", assignee=space.bob, priority=2)
    space.comment(issue, "Done")
    return space


class TestLinear(SourceSuite):
    def lend(self, directory: Path) -> PluginContext:
        return evolve(lend_context(directory), http=LinearServer(busy_workspace()).client())

    def make(self, context: PluginContext) -> ISource:
        assert linear.source is not None
        return linear.source(LinearConfig(team="ENG", api_key="lin_api_test"), context)


class TestLinearWebhook(SourceSuite):
    requests = tuple(
        webhook_request(payload, "secret", NOW_MS) for payload in busy_workspace().webhooks
    )

    def make(self, context: PluginContext) -> ISource:
        assert linear_webhook.source is not None
        return linear_webhook.source(LinearWebhookConfig(secret="secret"), context)
