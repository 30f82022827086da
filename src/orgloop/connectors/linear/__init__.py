"""``linear``: what happens to issues in Linear."""

from orgloop.connectors.linear.api import KEYS_PAGE
from orgloop.connectors.linear.check import check_source
from orgloop.connectors.linear.config import LinearConfig
from orgloop.connectors.linear.polling.source import LinearSource
from orgloop.connectors.linear.samples import samples
from orgloop.plugin import EnvironmentVariable, Registration, Setup

registration = Registration(
    id="linear",
    source=LinearSource,
    config=LinearConfig,
    setup=Setup(
        summary="Asks Linear what changed about a team's issues. Needs an API key that may read.",
        variables=(
            EnvironmentVariable(
                "LINEAR_API_KEY",
                "a personal API key of Linear, with read access to the team",
                KEYS_PAGE,
            ),
        ),
    ),
    check={"source": check_source},
    samples=samples,
)
