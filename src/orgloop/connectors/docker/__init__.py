"""``docker``: start, stop and use containers and clusters."""

from orgloop.connectors.docker.actor import DockerActor
from orgloop.connectors.docker.check import check, local_check
from orgloop.connectors.docker.config import DockerConfig
from orgloop.connectors.docker.request import ROUTE_OPTIONS
from orgloop.plugin import EnvironmentVariable, Registration, Setup

_HOUR_SECONDS = 3600.0

registration = Registration(
    id="docker",
    actor=DockerActor,
    config=DockerConfig,
    setup=Setup(
        summary="Starts, stops and uses containers of the Docker engine on this machine, and "
        "clusters through kind. The user that runs OrgLoop must be allowed to use the engine.",
        variables=(
            EnvironmentVariable(
                "DOCKER_HOST",
                "Where the engine listens, if not at its usual socket",
                "docker context inspect",
                is_optional=True,
            ),
        ),
    ),
    default_timeout_seconds=_HOUR_SECONDS,
    route_options=ROUTE_OPTIONS,
    check=check,
    local_check=local_check,
)
