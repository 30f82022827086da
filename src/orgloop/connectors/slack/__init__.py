"""``slack``: post messages, and hear what happens in a workspace."""

from orgloop.connectors.slack.actor import SlackActor
from orgloop.connectors.slack.check import check_actor, check_source
from orgloop.connectors.slack.config import SlackActorConfig, SlackSourceConfig
from orgloop.connectors.slack.message import ROUTE_OPTIONS
from orgloop.connectors.slack.samples import samples
from orgloop.connectors.slack.source import SlackSource
from orgloop.plugin import EnvironmentVariable, Registration, Setup

registration = Registration(
    id="slack",
    source=SlackSource,
    actor=SlackActor,
    config={"source": SlackSourceConfig, "actor": SlackActorConfig},
    setup=Setup(
        summary="Posts messages through an incoming webhook or as a bot, and receives events of "
        "a Slack app. Make an app at https://api.slack.com/apps.",
        variables=(
            EnvironmentVariable(
                "SLACK_WEBHOOK_URL",
                "The URL of an incoming webhook, for an actor that posts to one channel",
                "https://api.slack.com/apps, your app, Incoming Webhooks",
                is_optional=True,
            ),
            EnvironmentVariable(
                "SLACK_BOT_TOKEN",
                "The token of a bot with the scope chat:write, for an actor that posts anywhere",
                "https://api.slack.com/apps, your app, OAuth & Permissions",
                is_optional=True,
            ),
            EnvironmentVariable(
                "SLACK_SIGNING_SECRET",
                "What Slack signs its requests with, for a source",
                "https://api.slack.com/apps, your app, Basic Information",
                is_optional=True,
            ),
        ),
    ),
    route_options=ROUTE_OPTIONS,
    check={"actor": check_actor},
    local_check={"source": check_source},
    samples=samples,
)
