"""Find out whether the engine answers, whether the container is there, and whether kind is."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence

from orgloop.connectors.docker.clusters import PROGRAM
from orgloop.connectors.docker.config import DockerConfig
from orgloop.connectors.docker.engine import Engine, EngineRefused, container_path, engine_of
from orgloop.errors import RequestFailed
from orgloop.plugin import ComponentContext, Finding, PluginContext
from orgloop.sdk.checking import CHECK_SECONDS


async def check(config: DockerConfig, context: PluginContext) -> Sequence[Finding]:
    """See `Registration.check`."""
    engine = engine_of(config, context)
    try:
        version = await engine.get("/version", CHECK_SECONDS)
    except (RequestFailed, EngineRefused) as error:
        return [
            Finding(
                name=engine.socket,
                status="degraded",
                message=f"the Docker engine does not answer: {error}",
                fix="start Docker, let this user use its socket (the group docker), or correct "
                f"the socket of actor {context.id}; until then deliveries wait",
            )
        ]
    number = version.get("Version") or "?"
    found = [Finding(name=engine.socket, message=f"Docker {number} answers")]
    if config.container_name is not None:
        found.append(await _container(config.container_name, engine, context))
    return found


async def _container(name: str, engine: Engine, context: PluginContext) -> Finding:
    label = f"container {name}"
    try:
        state = await engine.get(container_path(name, "/json"), CHECK_SECONDS)
        status = state["State"]["Status"]
    except EngineRefused as refused:
        fix = f"create it, or correct the container_name of actor {context.id}"
        return Finding(name=label, status="degraded", message=str(refused), fix=fix)
    except (RequestFailed, KeyError, TypeError) as error:
        message = f"whether it is there is not known: {error}"
        return Finding(name=label, status="degraded", message=message, fix="try again")
    return Finding(name=label, message=f"it is there, and is {status}")


def local_check(config: DockerConfig, context: ComponentContext) -> Sequence[Finding]:
    """See `Registration.local_check`."""
    found = []
    if config.cluster_name is not None:
        path = shutil.which(PROGRAM, os.X_OK, context.environ.get("PATH", os.defpath))
        found.append(
            Finding(name=PROGRAM, message=f"{path} can be run")
            if path is not None
            else Finding(
                name=PROGRAM,
                status="degraded",
                message=f"there is no program {PROGRAM}",
                fix="install it (https://kind.sigs.k8s.io), and put it on PATH",
            )
        )
    if config.config_path is not None and not (context.directory / config.config_path).is_file():
        found.append(
            Finding(
                name="config_path",
                status="degraded",
                message=f"{context.directory / config.config_path} does not exist",
                fix=f"write it, or correct the config_path of actor {context.id}",
            )
        )
    return found
