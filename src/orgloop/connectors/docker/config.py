"""The options of ``docker``.

What an action is about is said here, where no template is filled: an event can never choose it.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from attrs import frozen

from orgloop.durations import Duration
from orgloop.errors import InvalidValue
from orgloop.options import ignored_option, option

DEFAULT_SOCKET = "/var/run/docker.sock"
"""Where the engine listens unless ``DOCKER_HOST`` says otherwise."""

# The engine's own rule for names; an id is one of these, too.
_CONTAINER = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]{0,253}")
# What kind takes as the name of a cluster.
_CLUSTER = re.compile(r"[a-z0-9][a-z0-9.-]{0,99}")
_OPTIONAL_TEXT = {"type": ["string", "null"]}


def duration(value: object) -> Duration:
    """Read a length of time; a bare number is milliseconds. Raises `InvalidValue`."""
    if isinstance(value, str) and not value.strip().isdigit():
        return Duration.parse(value.strip())
    if isinstance(value, str):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e12:
        raise InvalidValue("write a number and a unit, as in 500ms, 30s, 5m")
    return Duration(round(value))


def _container(value: object) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str) or not _CONTAINER.fullmatch(value):
        raise InvalidValue(
            "container_name is the name of one container, of letters, digits, _ . and -; it comes "
            "from the project alone, so there is no template"
        )
    return value


def _cluster(value: object) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str) or not _CLUSTER.fullmatch(value):
        raise InvalidValue(
            "cluster_name is the name of one cluster, of small letters, digits, . and -; it comes "
            "from the project alone, so there is no template"
        )
    return value


def _timeout(value: object) -> Duration | None:
    return None if value is None else duration(value)


def _socket(value: object) -> str | None:
    if value is None:
        return None
    path = value.removeprefix("unix://") if isinstance(value, str) else ""
    if not path.startswith("/"):
        raise InvalidValue(f"socket is the path of the engine's UNIX socket, as {DEFAULT_SOCKET}")
    return path


@frozen(kw_only=True)
class DockerConfig:
    """What a docker actor may be told."""

    container_name: str | None = option(
        "The container that `container.…` actions are about, by name or id. No template.",
        default=None,
        convert=_container,
        schema=_OPTIONAL_TEXT,
    )
    cluster_name: str | None = option(
        "The cluster that `cluster.…` actions are about. No template.",
        default=None,
        convert=_cluster,
        schema=_OPTIONAL_TEXT,
    )
    config_path: Path | None = option(
        "The configuration that `kind` makes the cluster from. A path that is relative begins "
        "beside the YAML file.",
        default=None,
    )
    timeout: Duration | None = option(
        "How long one action may take, `delay` not counted; what the delivery's own time-out "
        "allows by default. A bare number is milliseconds.",
        default=None,
        convert=_timeout,
        schema={"type": ["string", "number", "null"]},
    )
    socket: str | None = option(
        f"The engine's UNIX socket: what `DOCKER_HOST` says by default, else `{DEFAULT_SOCKET}`.",
        default=None,
        convert=_socket,
        schema=_OPTIONAL_TEXT,
    )
    track_delivery: Any = ignored_option("Every delivery is tracked until it is settled.")

    def __attrs_post_init__(self) -> None:
        if self.container_name is None and self.cluster_name is None:
            raise InvalidValue("say what to act on: container_name, cluster_name or both")
