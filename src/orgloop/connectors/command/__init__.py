"""``command``: run a program for each delivery."""

from orgloop.connectors.command.actor import CommandActor
from orgloop.connectors.command.check import check
from orgloop.connectors.command.config import CommandConfig
from orgloop.plugin import Registration, Setup

registration = Registration(
    id="command",
    actor=CommandActor,
    config=CommandConfig,
    setup=Setup(summary="Runs a program per delivery. Needs the program to be installed."),
    default_timeout_seconds=3600.0,
    route_options=(),
    local_check=check,
)
